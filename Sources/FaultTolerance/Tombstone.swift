import BlockingWork
import ClusterOperations

/// The mark that an activation leaves beside the data directory of the coordinator that it replaced.
///
/// Beside and not inside: no backup copies it.
enum Tombstone {
    static let suffix = ".gpha-superseded"

    /// There is one.
    struct Found: Error, CustomStringConvertible {
        let directory: String
        var description: String {
            "the coordinator in \(directory) was replaced by its activated standby (\(directory)\(suffix))"
        }
        var operationError: OperationError {
            OperationError(
                description, hint: "make it a standby of the new coordinator: run gpinitstandby -s <this host> there")
        }
    }

    /// Refuses a data directory that has one.
    ///
    /// - Throws: `Found`.
    static func check(dataDirectory: String) throws(Found) {
        var directory = dataDirectory[...]
        while directory.count > 1, directory.hasSuffix("/") { directory.removeLast() }
        guard !LocalFiles.exists("\(directory)\(suffix)") else { throw Found(directory: String(directory)) }
    }
}
