import ClusterModel
import ClusterOperations
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

    // `wal_status` came with PostgreSQL 13: read as JSON, it is null where there is none.

    /// The standby's own sender and its slot, and how far each place is behind the coordinator's flushed WAL.
    static func standbyStream(
        _ connection: borrowing PostgresConnection, _ engine: Engine
    ) throws -> StandbyStreamFacts {
        let row = try connection.query(
            """
            SELECT r.state, r.sync_state, own.place, r.sent_lsn, own.place - r.sent_lsn,
                r.flush_lsn, own.place - r.flush_lsn, r.replay_lsn, own.place - r.replay_lsn,
                pg_catalog.current_setting('synchronous_standby_names'),
                s.slot_name, s.active, pg_catalog.to_jsonb(s) ->> 'wal_status', own.place - s.restart_lsn
            FROM (SELECT pg_catalog.pg_current_wal_flush_lsn() AS place) AS own
            LEFT JOIN (SELECT * FROM pg_catalog.pg_stat_replication WHERE application_name = $1
                ORDER BY state = 'streaming' DESC, backend_start DESC LIMIT 1) AS r ON true
            LEFT JOIN pg_catalog.pg_replication_slots AS s ON s.slot_name = $2
            """, [Engine.walReceiverName, Engine.replicationSlot], timeout: timeout
        ).row()
        var facts = StandbyStreamFacts(state: row[0], syncState: row[1], currentLSN: row[2])
        facts.sent = StandbyStreamFacts.Place(lsn: row[3], behind: row[4])
        facts.flushed = StandbyStreamFacts.Place(lsn: row[5], behind: row[6])
        facts.replayed = StandbyStreamFacts.Place(lsn: row[7], behind: row[8])
        // Greenplum's server waits by itself for a standby that streams in sync.
        facts.commitsWait =
            engine.setsCoordinatorSync ? row[9] == Engine.synchronousNames : facts.isSynchronous
        facts.slot = row[10].map { name in
            StandbyStreamFacts.Slot(
                name: name, isActive: row[11] == "t", walStatus: row[12],
                retainedBytes: row[13].flatMap { Int($0) })
        }
        return facts
    }
}
