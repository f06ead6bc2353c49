public import PostgresClient

/// What a primary says of itself before it is copied.
public struct SourceSurvey: Sendable, Equatable {
    public var systemIdentifier: String
    public var checksums: Bool
    /// Bytes of all databases and tablespaces, and of WAL.
    public var dataBytes: Int
    public var walBytes: Int
    /// Tablespace directories outside the data directory.
    public var tablespaces: [String]
    public var hbaFile: String
    public var listenAddresses: String
    public var socketDirectories: String
    public var freeWALSenders: Int
    /// The state of the mirror's replication slot; nil when there is none.
    public var slot: Slot?

    /// A replication slot (`pg_replication_slots`).
    public struct Slot: Sendable, Equatable {
        public var isActive: Bool
        /// Whether the WAL it needs is still there.
        public var isKept: Bool
    }

    /// Asks over an open session; blocks.
    ///
    /// - Throws: `PostgresError`.
    public static func ask(_ connection: borrowing PostgresConnection) throws -> SourceSurvey {
        let row = try connection.query(
            """
            SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system()),
                pg_catalog.current_setting('data_checksums'),
                (SELECT sum(pg_catalog.pg_tablespace_size(oid)) FROM pg_catalog.pg_tablespace),
                (SELECT sum(size) FROM pg_catalog.pg_ls_waldir()),
                pg_catalog.current_setting('hba_file'), pg_catalog.current_setting('listen_addresses'),
                pg_catalog.current_setting('unix_socket_directories'),
                pg_catalog.current_setting('max_wal_senders')::int
                    - (SELECT count(*) FROM pg_catalog.pg_stat_replication)
            """
        ).row().map { $0 ?? "" }
        let tablespaces = try connection.query(
            """
            SELECT pg_catalog.pg_tablespace_location(oid) FROM pg_catalog.pg_tablespace
            WHERE pg_catalog.pg_tablespace_location(oid) LIKE '/%'
            """
        ).rows.compactMap { $0.first ?? nil }
        let slots = try connection.query(
            """
            SELECT active, restart_lsn IS NOT NULL FROM pg_catalog.pg_replication_slots WHERE slot_name = $1
            """, [Engine.replicationSlot])
        return SourceSurvey(
            systemIdentifier: row[0], checksums: row[1] == "on", dataBytes: Int(row[2]) ?? 0,
            walBytes: Int(row[3]) ?? 0, tablespaces: tablespaces, hbaFile: row[4], listenAddresses: row[5],
            socketDirectories: row[6], freeWALSenders: Int(row[7]) ?? 0,
            slot: slots.rows.first.map { Slot(isActive: $0.first == "t", isKept: $0.last == "t") })
    }

    /// Room a copy needs: data, the WAL there is, and what is written while it is copied.
    ///
    /// The growth is an estimate: a tenth of the data, at least 64 MiB (four WAL segments).
    public var neededBytes: Int { dataBytes + walBytes + max(64 << 20, dataBytes / 10) }
}
