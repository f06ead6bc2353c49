public import ClusterModel
public import PostgresClient

/// One row of `gp_configuration_history`.
public struct HistoryEntry: Sendable, Equatable {
    /// As the server gives it.
    public var time: String
    public var dbid: DatabaseID
    /// The words of who wrote it.
    public var description: String

    public init(time: String, dbid: DatabaseID, description: String) {
        self.time = time
        self.dbid = dbid
        self.description = description
    }
}

/// From when on the history is asked for.
public enum HistoryStart: Sendable, Equatable {
    /// A time in ISO 8601; without an offset it is one of the server's time zone.
    case time(String)
    /// So many seconds before the server's now.
    case ago(seconds: Int)
}

extension Catalog {
    /// The rows of `gp_configuration_history`, oldest first.
    ///
    /// - Throws: `PostgresError`, also for a time that the server cannot read.
    public static func history(
        since start: HistoryStart?, on connection: borrowing PostgresConnection
    ) throws -> [HistoryEntry] {
        let (condition, value): (String, String?) =
            switch start {
            case nil: ("", nil)
            case .time(let text): ("WHERE \"time\" >= $1::pg_catalog.timestamptz", text)
            case .ago(let seconds):
                (
                    "WHERE \"time\" >= pg_catalog.now() - $1::pg_catalog.float8 * '1 second'::pg_catalog.interval",
                    "\(seconds)"
                )
            }
        let rows = try connection.query(
            """
            SELECT "time"::pg_catalog.text, dbid, "description" FROM pg_catalog.gp_configuration_history
            \(condition) ORDER BY "time", dbid
            """, value.map { [$0] } ?? []
        ).rows
        return rows.map { row in
            HistoryEntry(
                time: row[0] ?? "", dbid: DatabaseID(row[1].flatMap { Int($0) } ?? 0), description: row[2] ?? "")
        }
    }
}
