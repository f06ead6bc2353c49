import ClusterOperations
import ToolSupport

/// The cluster's hosts, for somebody who is typing a list of them.
enum HostCompletion {
    /// The names that may follow the last comma of `prefix`, each behind what stands before that comma.
    @Sendable static func list(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        let hosts = CatalogNames.hosts(words: words, environment: ToolRunner.processEnvironment())
        return candidates(hosts, after: prefix)
    }

    /// As above, from known names; one that is in the list already is not offered again.
    static func candidates(_ hosts: [String], after prefix: String) -> [String] {
        let parts = prefix.split(separator: ",", omittingEmptySubsequences: false).dropLast()
        let before = parts.map { $0 + "," }.joined()
        return hosts.filter { !parts.contains(Substring($0)) }.map { before + $0 }
    }
}
