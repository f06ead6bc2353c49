import ClusterModel
import PostgresClient

/// What a primary is asked about its mirror's replication.
///
/// SQL of `pg_stat_replication` (PostgreSQL manual, 28.2.4).
enum ReplicationQuestion {
    private static let timeout = Duration.seconds(5)

    /// The walsenders, the current LSN and, for a mirror that is down, rewinding sessions.
    static func replication(
        _ connection: borrowing PostgresConnection, mirrorIsDown: Bool
    ) throws -> ReplicationAnswer {
        let rows = try connection.query(
            """
            SELECT application_name, state, sent_lsn, flush_lsn, sent_lsn - flush_lsn, replay_lsn,
                sent_lsn - replay_lsn, backend_start, pg_catalog.pg_current_wal_lsn() - sent_lsn
            FROM pg_catalog.pg_stat_replication
            """, timeout: timeout
        ).rows
        var answer = ReplicationAnswer()
        answer.senders = rows.map(sender)
        answer.currentLSN = try connection.query("SELECT pg_catalog.pg_current_wal_lsn()", timeout: timeout).value()
        if mirrorIsDown {
            answer.rewindStarts = try connection.query(
                """
                SELECT backend_start FROM pg_catalog.pg_stat_activity
                WHERE application_name = '__gprecoverseg_pg_rewind__'
                """, timeout: timeout
            ).rows.compactMap { $0.first ?? nil }.map(BackendStart.reportForm)
        }
        return answer
    }

    private static func sender(_ row: [String?]) -> WALSender {
        WALSender(
            applicationName: row[0], state: row[1], sentLSN: row[2], flushLSN: row[3],
            bytesToFlush: row[4].flatMap { Int($0) }, replayLSN: row[5], bytesToReplay: row[6].flatMap { Int($0) },
            backendStart: row[7].map(BackendStart.reportForm), bytesToSend: row[8].flatMap { Int($0) })
    }

    /// How far each walsender is behind, and whether commits wait for it.
    static func synchronization(_ connection: borrowing PostgresConnection) throws -> [SynchronizationRow] {
        try connection.query(
            """
            SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_flush_lsn(), sent_lsn), sync_state
            FROM pg_catalog.pg_stat_replication
            """, timeout: timeout
        ).rows.map { SynchronizationRow(bytes: $0[0].flatMap { Int($0) }, syncState: $0[1]) }
    }

    /// The coordinator's own walsenders, for `-f`.
    static func standby(_ connection: borrowing PostgresConnection) throws -> [StandbyReplicationRow] {
        try connection.query(
            "SELECT state, sync_state, sent_lsn, flush_lsn, replay_lsn FROM pg_catalog.pg_stat_replication",
            timeout: timeout
        ).rows.map {
            StandbyReplicationRow(state: $0[0], syncState: $0[1], sentLSN: $0[2], flushLSN: $0[3], replayLSN: $0[4])
        }
    }
}
