public import ClusterModel
public import PostgresClient

/// What the fault-tolerance service writes to `gp_configuration_history` of the coordinator's standby.
///
/// Its row in `gp_segment_configuration` stays `m`, `s`, `u` whatever becomes of it, as Greenplum leaves it
/// (compatibility table §11.1); the newest of these lines is the record.
public enum StandbyHistory: Sendable, CaseIterable {
    /// The standby has every acknowledged commit, and commits wait for it.
    case inSync
    /// It does not stream; the coordinator commits without it.
    case gone
    /// It may stream, and commits do not wait for it, or not for it alone.
    case notInSync

    private static let start = "FTS: standby coordinator dbid "

    /// The line of a standby.
    public func line(_ dbid: DatabaseID) -> String {
        let fate =
            switch self {
            case .inSync: "is in sync: commits wait for it"
            case .gone: "is gone: the coordinator commits without it"
            case .notInSync: "is not in sync: commits do not wait for it alone"
            }
        return Self.start + "\(dbid) \(fate)"
    }

    /// Whether the newest line about a standby says that it is in sync; blocks.
    ///
    /// A line older than the row's entering by `gpinitstandby` is about another standby with the same dbid. On a
    /// standby this is what it had received: it cannot know of a later line.
    /// - Throws: `PostgresError`.
    public static func isInSync(_ standby: DatabaseID, on connection: borrowing PostgresConnection) throws -> Bool {
        let rows = try connection.query(
            """
            SELECT "description" = $2 FROM pg_catalog.gp_configuration_history
            WHERE dbid = $1::int2 AND ("description" LIKE $3 OR "description" LIKE 'gpinitstandby: %')
            ORDER BY "time" DESC LIMIT 1
            """, ["\(standby)", Self.inSync.line(standby), Self.start + "%"]
        ).rows
        return rows.first?.first == "t"
    }

    /// Adds the line of a standby, later than every line before it even if the clock was set back.
    ///
    /// - Throws: `PostgresError`.
    public func add(_ standby: DatabaseID, on connection: borrowing PostgresConnection) throws {
        try connection.query(
            """
            INSERT INTO pg_catalog.gp_configuration_history ("time", dbid, "description")
            SELECT greatest(pg_catalog.now(), pg_catalog.max("time") + '1 microsecond'::interval), $1::int2, $2
            FROM pg_catalog.gp_configuration_history
            """, ["\(standby)", line(standby)])
    }
}
