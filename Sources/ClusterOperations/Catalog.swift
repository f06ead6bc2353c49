public import ClusterModel
public import PostgresClient

/// Questions to, and changes of, the coordinator's catalog.
///
/// The SQL of `gp_segment_configuration` is only here.
///
/// Every function blocks; call it on a thread of `BlockingThreads`.
public enum Catalog {
    /// The server's `version()` text.
    public static func version(_ connection: borrowing PostgresConnection) throws -> String {
        try connection.query("SELECT pg_catalog.version()").value() ?? ""
    }

    /// All rows of `gp_segment_configuration`, arranged and checked.
    ///
    /// - Throws: `PostgresError`; `ConfigurationError` when the rows cannot be a cluster.
    public static func configuration(_ connection: borrowing PostgresConnection) throws -> ClusterConfiguration {
        try ClusterConfiguration(rows: rows(connection))
    }

    /// All rows of `gp_segment_configuration` by content, preferred primary first.
    ///
    /// - Parameter timeout: how long the statement may take.
    public static func rows(
        _ connection: borrowing PostgresConnection, timeout: Duration = .seconds(30)
    ) throws -> [Segment] {
        try connection.query(
            """
            SELECT \(Segment.catalogColumns)
            FROM pg_catalog.gp_segment_configuration ORDER BY content, preferred_role DESC
            """, timeout: timeout
        ).rows.map(segment)
    }

    private static func segment(_ row: [String?]) throws -> Segment {
        guard let segment = Segment(catalogRow: row) else {
            throw OperationError(
                "gp_segment_configuration has a row that makes no sense: "
                    + row.map { $0 ?? "" }.joined(separator: "|"))
        }
        return segment
    }

    /// Adds the rows of mirrors with the dbids that were planned, and their history rows, all in one transaction.
    ///
    /// Changes `gp_segment_configuration` and `gp_configuration_history`. Undo: `gp_remove_segment_mirror(content)`.
    /// - Throws: `PostgresError`, also when a dbid or a mirror's place was taken meanwhile; then no row is added.
    public static func addMirrors(
        _ mirrors: [Segment], history: String, on connection: borrowing PostgresConnection
    ) throws {
        try connection.transaction { connection in
            for mirror in mirrors { try addMirror(mirror, history: history, on: connection) }
        }
    }

    /// Gives the row of a mirror that is down another place, with its history row, in one transaction.
    ///
    /// Changes `gp_segment_configuration` and `gp_configuration_history`. Undo: the same with the two exchanged.
    /// - Throws: `PostgresError`; `OperationError` when the row is not any more what the plan was made for.
    public static func moveMirror(
        from old: Segment, to new: Segment, history: String, on connection: borrowing PostgresConnection
    ) throws {
        try connection.transaction { connection in
            // Read first: the removal leaves nothing to compare with.
            let before = try rows(connection).first { $0.dbid == old.dbid }
            try connection.query("SELECT pg_catalog.gp_remove_segment_mirror($1::int2)", ["\(old.content)"])
            guard let before, before.role == .mirror, before.status == .down, before.port == old.port,
                before.hostname == old.hostname, before.dataDirectory == old.dataDirectory
            else {
                throw OperationError(
                    "the row of dbid \(old.dbid) was changed meanwhile", hint: "run gprecoverseg again")
            }
            try addMirror(new, history: history, on: connection)
        }
    }

    private static func addMirror(
        _ mirror: Segment, history: String, on connection: borrowing PostgresConnection
    ) throws {
        try connection.query(
            """
            SELECT pg_catalog.gp_add_segment($1::int2, $2::int2, 'm', 'm', 'n', 'd', $3::int4, $4, $5, $6)
            """,
            [
                "\(mirror.dbid)", "\(mirror.content)", "\(mirror.port)", mirror.hostname, mirror.address,
                mirror.dataDirectory,
            ])
        // The server checks dbid and place under its own lock; this is the plan's promise rechecked.
        let stored = try rows(connection).first { $0.dbid == mirror.dbid }
        guard stored?.content == mirror.content, stored?.role == .mirror else {
            throw OperationError("dbid \(mirror.dbid) was not given to the mirror of content \(mirror.content)")
        }
        try connection.query(
            "UPDATE pg_catalog.gp_segment_configuration SET mode = 'n' WHERE content = $1::int2 AND role = 'p'",
            ["\(mirror.content)"])
        try addHistory(history, dbid: mirror.dbid, on: connection)
    }

    /// The dbids that the fault-tolerance service ever recorded as up (`gp_configuration_history`, FTS's own text).
    ///
    /// A dbid may be given again: what was recorded before its last mirror was entered is somebody else's story.
    public static func onceUp(_ connection: borrowing PostgresConnection) throws -> Set<DatabaseID> {
        let rows = try connection.query(
            """
            SELECT DISTINCT up.dbid FROM pg_catalog.gp_configuration_history AS up
            WHERE up."description" LIKE $1
                AND NOT EXISTS (
                    SELECT FROM pg_catalog.gp_configuration_history AS entry
                    WHERE entry.dbid = up.dbid AND entry."time" >= up."time"
                        AND entry."description" LIKE '%: inserted mirror segment configuration')
            """, [onceUpPattern]
        ).rows
        return Set(rows.compactMap { $0.first.flatMap { $0 }.flatMap { Int($0) } }.map { DatabaseID($0) })
    }

    /// What `LIKE` finds the service's history lines about an instance by that it set to status `u`.
    static let onceUpPattern = "FTS: update role, status, and mode for dbid % to _, u, and _"

    /// Adds one row to `gp_configuration_history`.
    public static func addHistory(
        _ text: String, dbid: DatabaseID, on connection: borrowing PostgresConnection
    ) throws {
        try connection.query(
            """
            INSERT INTO pg_catalog.gp_configuration_history (time, dbid, "description")
            VALUES (pg_catalog.now(), $1::int2, $2)
            """, ["\(dbid)", text])
    }

    /// Makes the fault-tolerance service probe now and waits for its result.
    ///
    /// - Parameter timeout: how long one probe cycle may take.
    public static func requestProbe(
        _ engine: Engine, on connection: borrowing PostgresConnection, timeout: Duration = .seconds(120)
    ) throws {
        for _ in 0..<engine.probeCalls {
            try connection.query("SELECT pg_catalog.gp_request_fts_probe_scan()", timeout: timeout)
        }
    }
}
