import BlockingWork
import ClusterModel

/// Where the old coordinator's data directory is looked for when no catalog names it (Greenplum's standby takes no
/// sessions).
enum FormerDirectory {
    /// The same path as here, which its system identifier must prove, or on this very machine what its socket's lock
    /// file names; nil when there is none: the path here is the standby's own.
    ///
    /// - Parameters:
    ///   - own: the standby's data directory.
    ///   - isHere: whether the old coordinator's host is this machine.
    ///   - lock: the text of the lock file of its socket (the server's `miscinit.c`: PID, data directory, …).
    static func guess(own: String, isHere: Bool, lock: String?) -> String? {
        guard isHere else { return own }
        let lines = lock?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
        guard lines.count > 1 else { return nil }
        let named = String(lines[1])
        return DataDirectory.isUsable(named) && named != own ? named : nil
    }

    /// The text of the lock file that a server on this machine keeps, or left behind, at its socket.
    static func lockText(port: Int) -> String? {
        try? LocalFiles.read("/tmp/.s.PGSQL.\(port).lock", limit: 65536)
    }
}
