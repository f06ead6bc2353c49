public import PostgresClient

/// What a primary says of itself before it is copied.
public struct SourceSurvey: Sendable, Equatable {
    public var systemIdentifier: String
    public var checksums: Bool
    /// Bytes of the data directory without WAL; nil when the server could not add them up in time.
    public var dataBytes: Int?
    public var walBytes: Int
    /// Tablespaces outside the data directory.
    public var tablespaces: [Tablespace]
    public var hbaFile: String
    /// That file's text; nil when the server does not show it, for example because it is no text in its encoding.
    public var hbaText: String?
    public var listenAddresses: String
    public var socketDirectories: String
    public var freeWALSenders: Int
    /// The state of the mirror's replication slot; nil when there is none.
    public var slot: Slot?

    /// A replication slot (`pg_replication_slots`).
    public struct Slot: Sendable, Equatable {
        public var isActive: Bool
        /// The WAL file from which it keeps everything; nil when that is lost.
        public var file: String?

        public init(isActive: Bool, file: String?) {
            self.isActive = isActive
            self.file = file
        }
    }

    /// A tablespace with a directory of its own (`pg_tablespace_location`).
    public struct Tablespace: Sendable, Equatable {
        public var directory: String
        public var bytes: Int

        public init(directory: String, bytes: Int) {
            self.directory = directory
            self.bytes = bytes
        }
    }

    /// Adding up sizes looks at every file: a big primary takes minutes.
    private static let sizeTimeout = Duration.seconds(300)

    /// Asks over an open session; blocks.
    ///
    /// - Throws: `PostgresError`.
    public static func ask(_ connection: borrowing PostgresConnection) throws -> SourceSurvey {
        let row = try connection.query(
            """
            SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system()),
                pg_catalog.current_setting('data_checksums'),
                (SELECT sum(size) FROM pg_catalog.pg_ls_waldir()),
                pg_catalog.current_setting('hba_file'), pg_catalog.current_setting('listen_addresses'),
                pg_catalog.current_setting('unix_socket_directories'),
                pg_catalog.current_setting('max_wal_senders')::int
                    - (SELECT count(*) FROM pg_catalog.pg_stat_replication)
            """
        ).row().map { $0 ?? "" }
        let slots = try connection.query(
            """
            SELECT active, CASE WHEN restart_lsn IS NOT NULL THEN pg_catalog.pg_walfile_name(restart_lsn) END
            FROM pg_catalog.pg_replication_slots WHERE slot_name = $1
            """, [Engine.replicationSlot])
        // Superusers may read any file (PostgreSQL manual, "Generic File Access Functions").
        let text = try? connection.query("SELECT pg_catalog.pg_read_file($1)", [row[3]]).value()
        let sizes = try? connection.query(
            """
            SELECT pg_catalog.pg_tablespace_location(oid), pg_catalog.pg_tablespace_size(oid)
            FROM pg_catalog.pg_tablespace
            """, timeout: sizeTimeout
        ).rows.map { (directory: $0[0] ?? "", bytes: $0[1].flatMap { Int($0) } ?? 0) }
        return SourceSurvey(
            systemIdentifier: row[0], checksums: row[1] == "on",
            dataBytes: sizes.map { $0.filter { !$0.directory.hasPrefix("/") }.reduce(0) { $0 + $1.bytes } },
            walBytes: Int(row[2]) ?? 0,
            tablespaces: (sizes ?? []).filter { $0.directory.hasPrefix("/") }.map {
                Tablespace(directory: $0.directory, bytes: $0.bytes)
            }, hbaFile: row[3], hbaText: text ?? nil, listenAddresses: row[4], socketDirectories: row[5],
            freeWALSenders: Int(row[6]) ?? 0,
            slot: slots.rows.first.map { Slot(isActive: $0[0] == "t", file: $0[1]) })
    }

    /// Room that the data directory of a copy needs: data, the WAL there is, and what is written meanwhile.
    ///
    /// The growth is an estimate: a tenth of the data, at least 64 MiB (four WAL segments).
    public var neededBytes: Int {
        let data = dataBytes ?? 0
        return data + walBytes + max(64 << 20, data / 10)
    }

    /// Bytes a copy moves: data and tablespaces.
    public var copiedBytes: Int { (dataBytes ?? 0) + tablespaces.reduce(0) { $0 + $1.bytes } }
}
