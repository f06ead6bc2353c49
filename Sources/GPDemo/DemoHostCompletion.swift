import EmbeddedCluster
import ToolSupport

/// The hosts of a demo cluster, for somebody who is typing a command line.
enum DemoHostCompletion {
    /// The names of the hosts of the cluster that the words so far mean; none where there is no such cluster.
    @Sendable static func names(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        var location = DirectoryOptions()
        location.directory = words.lastIndex(of: "--dir").flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
        guard let path = try? location.path(ToolRunner.processEnvironment()),
            let cluster = try? DemoCluster.open(directory: path)
        else { return [] }
        return cluster.hosts.map(\.name)
    }
}
