public import ClusterModel
public import PostgresClient

extension SourceRecoveryFacts {
    /// Asks the acting primary; blocks.
    ///
    /// - Parameters:
    ///   - known: what it has just said of its sizes, which are not asked again then: adding them up looks at every
    ///     file.
    ///   - sizeTimeout: after this the sizes stay unknown.
    /// - Throws: `PostgresError` when anything but the sizes cannot be had.
    public static func ask(
        _ connection: borrowing PostgresConnection, known: SourceSurvey? = nil, sizeTimeout: Duration = .seconds(120)
    ) throws(PostgresError) -> SourceRecoveryFacts {
        let settings = try connection.query(
            """
            SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system()), pg_catalog.pg_is_in_recovery(),
                pg_catalog.current_setting('data_checksums'), pg_catalog.current_setting('wal_log_hints'),
                pg_catalog.current_setting('full_page_writes'),
                pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size')),
                pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_keep_size', true)),
                pg_catalog.current_setting('wal_keep_segments', true),
                CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                    ELSE pg_catalog.pg_current_wal_lsn() END,
                (SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()),
                pg_catalog.current_setting('log_directory')
            """
        ).row()
        var facts = SourceRecoveryFacts(systemIdentifier: settings[0] ?? "")
        facts.isInRecovery = settings[1] == "t"
        facts.checksums = settings[2] == "on"
        facts.logsHints = settings[3] == "on"
        facts.fullPageWrites = settings[4] == "on"
        facts.segmentSize = settings[5].flatMap { Int($0) } ?? facts.segmentSize
        facts.keptWALBytes =
            settings[6].flatMap { Int($0) } ?? (settings[7].flatMap { Int($0) } ?? 0) * facts.segmentSize
        facts.checkpointTimeline = settings[9].flatMap { UInt32($0) }
        facts.logDirectory = settings[10]
        facts.position = settings[8].flatMap { WALPosition($0) }
        try facts.askWAL(connection)
        try facts.askSlot(connection)
        facts.askSizes(connection, known, sizeTimeout)
        return facts
    }

    private mutating func askWAL(_ connection: borrowing PostgresConnection) throws(PostgresError) {
        guard !isInRecovery, let position else { return }
        let digits = try connection.query(
            "SELECT pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8)"
        ).value()
        guard let digits, let timeline = UInt32(digits, radix: 16) else { return }
        let text = try connection.query(
            "SELECT pg_catalog.pg_read_file('pg_wal/' || $1::text || '.history', 0, 65536, true)", [digits]
        ).value()
        if let text {
            history = TimelineHistory(timeline: timeline, text: text)
        } else if timeline == 1 {
            history = TimelineHistory(timeline: 1)
        }
        // Files beyond the current one are made ahead; the run without a gap that holds the current one counts.
        let row = try connection.query(
            """
            WITH files AS (
                SELECT DISTINCT ('x' || pg_catalog.substr(name, 9, 8))::bit(32)::bigint * (4294967296 / $1::bigint)
                    + ('x' || pg_catalog.substr(name, 17, 8))::bit(32)::bigint AS number
                FROM pg_catalog.pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'),
            runs AS (SELECT number, number - pg_catalog.row_number() OVER (ORDER BY number) AS run FROM files)
            SELECT (SELECT pg_catalog.min(number) FROM runs
                    WHERE run = (SELECT run FROM runs WHERE number = $2::bigint)),
                (SELECT pg_catalog.sum(size) FROM pg_catalog.pg_ls_waldir())
            """, ["\(segmentSize)", "\(WALFileName.number(of: position, size: segmentSize))"]
        ).row()
        oldestFile = row[0].flatMap { UInt64($0) }
        walBytes = row[1].flatMap { Int($0) } ?? 0
    }

    private mutating func askSlot(_ connection: borrowing PostgresConnection) throws(PostgresError) {
        // `wal_status` came with PostgreSQL 13.
        let rows = try connection.query(
            """
            SELECT restart_lsn, pg_catalog.to_jsonb(s) ->> 'wal_status', active
            FROM pg_catalog.pg_replication_slots s WHERE slot_name = $1
            """, [Engine.replicationSlot]
        ).rows
        slot = rows.first.map {
            Slot(restart: $0[0].flatMap { WALPosition($0) }, status: $0[1], isActive: $0[2] == "t")
        }
    }

    /// Last of all: a session that ran into its deadline is lost.
    private mutating func askSizes(
        _ connection: borrowing PostgresConnection, _ known: SourceSurvey?, _ timeout: Duration
    ) {
        let question = "SELECT oid, pg_catalog.pg_tablespace_location(oid)"
        let tail = " FROM pg_catalog.pg_tablespace"
        guard let places = try? connection.query(question + tail).rows else { return }
        tablespaces = places.compactMap { row in
            guard let oid = row[0], let location = row[1], location.hasPrefix("/") else { return nil }
            return Tablespace(
                oid: oid, location: location, bytes: known?.tablespaces.first { $0.directory == location }?.bytes)
        }
        dataBytes = known?.dataBytes
        guard dataBytes == nil else { return }
        let sizes = try? connection.query(
            question + ", pg_catalog.pg_tablespace_size(oid)" + tail, timeout: timeout
        ).rows
        guard let sizes else { return }
        var data = 0
        for row in sizes {
            let bytes = row[2].flatMap { Int($0) } ?? 0
            if let index = tablespaces.firstIndex(where: { $0.oid == row[0] }) {
                tablespaces[index].bytes = bytes
            } else {
                data += bytes
            }
        }
        dataBytes = data
    }
}

extension RecoveryVerdict {
    /// Judges by an engine's rules; asks nobody.
    public static func judge(
        target: TargetRecoveryFacts, source: SourceRecoveryFacts, engine: Engine
    ) -> RecoveryVerdict {
        var rules = Rules(postgresMajor: engine.postgresMajor)
        if let dbid = target.dbid {
            for tablespace in source.tablespaces {
                rules.tablespaceDirectories[tablespace.location] = engine.tablespaceDirectory(
                    tablespace.location, of: dbid)
            }
        }
        return judge(target: target, source: source, rules: rules)
    }
}
