import BlockingWork
import ClusterModel
import Glibc

/// The catalog as the last run of a monitor read it, kept in the log directory for a time without a coordinator.
struct RememberedCatalog: Sendable {
    let path: String

    /// - Parameter dataDirectory: the coordinator's; clusters of one account have a file each.
    init(logDirectory: String, dataDirectory: String) {
        // FNV-1a, 64 bits: a name for any path.
        let hash = dataDirectory.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        path = "\(logDirectory)/gpstate_catalog_\(String(hash, radix: 16))"
    }

    private static let title = "gpstate catalog 1"

    /// Writes the file at one stroke.
    ///
    /// - Throws: `LocalFileError`.
    func write(_ configuration: ClusterConfiguration) throws(LocalFileError) {
        var rows = [[Self.title, "\(time(nil))"]]
        rows += configuration.allInstances.map { segment in
            [
                "\(segment.dbid)", "\(segment.content)", segment.role.rawValue, segment.preferredRole.rawValue,
                segment.mode.rawValue, segment.status.rawValue, segment.hostname, segment.address, "\(segment.port)",
                segment.dataDirectory,
            ]
        }
        // No value holds a control character: the catalog was checked.
        let text = rows.map { $0.joined(separator: "\t") + "\n" }.joined()
        try LocalFiles.write(text, to: path)
    }

    /// The catalog and its age in seconds; nil where there is none that makes sense.
    func read() -> (configuration: ClusterConfiguration, age: Int)? {
        guard let text = try? LocalFiles.read(path) else { return nil }
        let rows = text.split(separator: "\n").map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
        guard let head = rows.first, head.count == 2, head[0] == Self.title, let written = Int(head[1]) else {
            return nil
        }
        let segments = rows.dropFirst().map { Segment(catalogRow: $0) }
        guard !segments.contains(nil),
            let configuration = try? ClusterConfiguration(rows: segments.compactMap { $0 })
        else { return nil }
        return (configuration, max(0, time(nil) - written))
    }
}
