import EmbeddedCluster
import ToolSupport

/// The hosts of a demo cluster, for somebody who is typing a command line.
enum DemoHostCompletion {
    /// The names of the hosts of the cluster that the words so far mean; none where there is no such cluster.
    @Sendable static func names(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        var location = DirectoryOptions()
        location.directory = zip(words, words.dropFirst()).last { $0.0 == "--dir" }?.1
        guard let path = try? location.path(ToolRunner.processEnvironment()),
            let cluster = try? DemoCluster.open(directory: path)
        else { return [] }
        return cluster.hosts.map(\.name)
    }
}
