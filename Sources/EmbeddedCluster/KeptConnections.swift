import ClusterOperations
import Glibc

/// The directories of SSH connections that recoveries kept open on the cluster's hosts, and that killed processes could
/// not take away.
enum KeptConnections {
    /// Removes those of the account that only this cluster has.
    ///
    /// Call it when the processes are gone and the account is not: its number may be another's then.
    static func remove(of account: Account) {
        for path in PrivateFiles.names(in: "/tmp").map({ "/tmp/\($0)" }) where path.hasPrefix(ProvedWay.prefix) {
            var facts = stat()
            guard lstat(path, &facts) == 0, facts.st_uid == account.user else { continue }
            try? PrivateFiles.removeTree(path)
        }
    }
}
