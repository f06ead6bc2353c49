import BlockingWork
import ClusterModel
import PostgresClient

/// Names from the catalog for somebody who is typing a command line: quickly, or not at all.
public enum CatalogNames {
    /// How long the coordinator may take, from the first look at its files to its last row.
    public static let limit = Duration.seconds(1)

    /// The cluster's host names in the order of their names, each once; empty when the coordinator could not say.
    ///
    /// Blocks up to `limit`. Reads the coordinator's files and asks it with one statement; changes nothing.
    /// - Parameters:
    ///   - words: the command line so far: a data directory after `-d` or its long names goes before the variables.
    ///   - environment: `COORDINATOR_DATA_DIRECTORY`, `MASTER_DATA_DIRECTORY`, `PGHOST`, `PGUSER`.
    public static func hosts(words: [String], environment: [String: String]) -> [String] {
        let rows = rows(words: words, environment: environment)
        // A name ends in a command line: one that is more than a name is not offered.
        return Set(rows.map(\.hostname)).filter(HostName.isUsable).sorted()
    }

    private static func rows(words: [String], environment: [String: String]) -> [Segment] {
        let variables = ["COORDINATOR_DATA_DIRECTORY", "MASTER_DATA_DIRECTORY"].compactMap { environment[$0] }
        let deadline = Deadline.after(limit)
        guard let directory = ([dataDirectory(in: words) ?? ""] + variables).first(where: { !$0.isEmpty }),
            let location = try? CoordinatorLocation(dataDirectory: directory)
        else { return [] }
        let parameters = location.parameters(.utility, environment: environment, connectTimeout: deadline.remaining)
        guard let connection = try? PostgresConnection.connect(parameters) else { return [] }
        return (try? Catalog.rows(connection, timeout: deadline.remaining)) ?? []
    }

    /// The value of the last data directory option on a command line, quotes taken off.
    static func dataDirectory(in words: [String]) -> String? {
        let names = ["coordinator", "master"].flatMap { ["--\($0)_data_directory", "--\($0)-data-directory"] }
        var found: String?
        for (word, next) in zip(words, words.dropFirst() + [""]) {
            if (["-d"] + names).contains(word) {
                found = next
            } else if let name = names.first(where: { word.hasPrefix($0 + "=") }) {
                found = String(word.dropFirst(name.count + 1))
            }
        }
        return found.map { $0.filter { $0 != "'" && $0 != "\"" } }
    }
}
