import ClusterModel
import ClusterOperations
import PostgresClient

/// What the standby's own server says of itself.
struct LocalServer: Sendable, Equatable {
    var isInRecovery: Bool
    /// The end of the WAL that it has; on a promoted server its own end.
    var received: WALPosition?
    var replayed: WALPosition?
    /// When the newest commit that it replayed was made.
    var lastCommit: String?
    var timeline: Int
    var systemIdentifier: String
    /// Whether WAL is coming in now: somebody sends it.
    var isReceiving = false
    /// Whom its own commits wait for.
    var synchronousNames = ""

    /// Asks; blocks.
    ///
    /// - Throws: `PostgresError`.
    static func ask(_ connection: borrowing PostgresConnection) throws -> LocalServer {
        // A standby keeps running WAL that it has on disk: what it replayed may be beyond what it received.
        let row = try connection.query(
            """
            SELECT r.yes,
                CASE WHEN r.yes THEN greatest(pg_catalog.pg_last_wal_receive_lsn(),
                    pg_catalog.pg_last_wal_replay_lsn()) ELSE pg_catalog.pg_current_wal_lsn() END,
                pg_catalog.pg_last_wal_replay_lsn(),
                pg_catalog.date_trunc('second', pg_catalog.pg_last_xact_replay_timestamp()),
                CASE WHEN r.yes THEN NULL ELSE pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) END,
                (SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()),
                (SELECT system_identifier FROM pg_catalog.pg_control_system()),
                EXISTS (SELECT FROM pg_catalog.pg_stat_wal_receiver WHERE status = 'streaming'),
                pg_catalog.current_setting('synchronous_standby_names')
            FROM (SELECT pg_catalog.pg_is_in_recovery() AS yes) AS r
            """
        ).row()
        let checkpointed = row[5].flatMap { Int($0) } ?? 0
        return LocalServer(
            isInRecovery: row[0] == "t", received: WALPosition(row[1]), replayed: WALPosition(row[2]),
            lastCommit: row[3], timeline: row[4].flatMap { Int($0.prefix(8), radix: 16) } ?? checkpointed,
            systemIdentifier: row[6] ?? "", isReceiving: row[7] == "t", synchronousNames: row[8] ?? "")
    }
}
