public import PostgresClient

/// How the coordinator's standby streams, as the coordinator sees it (`pg_stat_replication`).
public struct StandbyStream: Sendable, Equatable {
    /// `startup`, `catchup`, `streaming`; nil when nobody is connected.
    public var state: String?
    public var syncState: String?
    /// Bytes that the standby has not flushed; nil when unknown.
    public var lagBytes: Int?
    /// The coordinator's own position, the sum by which progress is told.
    public var flushed: String?
    /// `synchronous_standby_names` as a new session sees it.
    public var synchronousNames: String
    /// The slot; nil when there is none.
    public var slot: Slot?

    /// The standby's replication slot.
    public struct Slot: Sendable, Equatable {
        public var isActive: Bool
        /// Whether the WAL that the standby needs is still kept.
        public var isKept: Bool
        public var walStatus: String
    }

    public var isStreaming: Bool { state == "streaming" }
    public var isSynchronous: Bool { syncState == "sync" || syncState == "quorum" }
    /// Whether commits wait for the standby, or would if it were there.
    public var waits: Bool { synchronousNames == Engine.synchronousNames }

    // `wal_status` came with PostgreSQL 13: read as JSON, it is null where there is none.

    /// Asks the coordinator; blocks.
    ///
    /// - Throws: `PostgresError`.
    public static func ask(_ connection: borrowing PostgresConnection) throws -> StandbyStream {
        let row = try connection.query(
            """
            SELECT r.state, r.sync_state,
                pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_flush_lsn(), r.flush_lsn)::bigint, r.flush_lsn,
                pg_catalog.current_setting('synchronous_standby_names'),
                s.active, s.restart_lsn IS NOT NULL, pg_catalog.to_jsonb(s) ->> 'wal_status'
            FROM (SELECT 1) AS one
            LEFT JOIN (SELECT * FROM pg_catalog.pg_stat_replication WHERE application_name = $1
                ORDER BY state = 'streaming' DESC, backend_start DESC LIMIT 1) AS r ON true
            LEFT JOIN pg_catalog.pg_replication_slots AS s ON s.slot_name = $2
            """, [Engine.walReceiverName, Engine.replicationSlot]
        ).row()
        let slot = row[5].map { active in
            Slot(
                isActive: active == "t", isKept: row[6] == "t" && row[7] != "lost", walStatus: row[7] ?? "unknown")
        }
        return StandbyStream(
            state: row[0], syncState: row[1], lagBytes: row[2].flatMap { Int($0) }, flushed: row[3],
            synchronousNames: row[4] ?? "", slot: slot)
    }
}
