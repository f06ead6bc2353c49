public import ClusterModel

/// The kind of server a cluster is made of, and every fact in which the kinds differ.
///
/// This is the one place for such facts; each names its source. The embedded engine is plain PostgreSQL whose
/// coordinator carries Greenplum's catalog table, views and functions in database `postgres`.
public struct Engine: Sendable, Hashable {
    /// The family and its line.
    public enum Family: String, Sendable, CaseIterable {
        case embedded
        case greenplum7
    }

    /// What a connection is for.
    public enum SessionKind: Sendable {
        /// To one instance alone (Greenplum: `gp_role=utility`).
        case utility
        /// To the coordinator as a client sees it.
        case dispatch
        /// To the coordinator, to change its catalog.
        case catalogChange
        /// To the coordinator alone, to change its standby's row (Greenplum: the functions want utility mode).
        case standbyChange
    }

    public let family: Family
    /// The server's major PostgreSQL version, from `PG_VERSION` in the data directory.
    public let postgresMajor: Int

    public init(family: Family, postgresMajor: Int) {
        self.family = family
        self.postgresMajor = postgresMajor
    }

    /// Chooses the engine by `PG_VERSION`: Greenplum 7 is PostgreSQL 12 inside, the embedded engine 15 or later.
    ///
    /// - Throws: `OperationError` for any other version: it is refused, not guessed.
    public init(versionFile text: String) throws(OperationError) {
        switch Int(text.trimmed) {
        case 12: self.init(family: .greenplum7, postgresMajor: 12)
        case .some(let major) where major >= 15: self.init(family: .embedded, postgresMajor: major)
        default:
            throw OperationError(
                "server version '\(text.trimmed)' in PG_VERSION is not supported",
                hint: "gpha works with Greenplum 7 and with the embedded engine on PostgreSQL 15 or later")
        }
    }

    /// Where the catalog table lives: shared in Greenplum, in one database of the embedded engine.
    public var database: String { family == .embedded ? "postgres" : "template1" }

    /// Start-up options of a session (`postgres -c name=value`).
    public func settings(_ kind: SessionKind) -> [String] {
        var settings = ["search_path="]
        let isAlone = kind == .utility || kind == .standbyChange
        let changes = kind == .catalogChange || kind == .standbyChange
        if family != .embedded && isAlone { settings.insert("gp_role=utility", at: 0) }
        if changes { settings.append("allow_system_table_mods=true") }
        settings.append("client_min_messages=error")
        // The embedded coordinator's catalog must stay writable while its standby is gone.
        if family == .embedded && changes { settings.append("synchronous_commit=local") }
        return settings
    }

    /// How often `gp_request_fts_probe_scan()` is called: Greenplum's first call may return early (manual, §FTS).
    public var probeCalls: Int { family == .greenplum7 ? 2 : 1 }

    /// Whether a session can be one with a single instance only (Greenplum: `gp_role=utility`).
    public var hasUtilityMode: Bool { family == .greenplum7 }

    /// Whether a mirror accepts read-only sessions: PostgreSQL's hot standby does, Greenplum's mirrors refuse.
    public var mirrorsAcceptSessions: Bool { family == .embedded }

    /// The database for replication-level and per-segment sessions.
    public var segmentDatabase: String { database }

    /// Whether replication and database connections go to the catalog's `address` (embedded) or `hostname`.
    public var connectsByAddress: Bool { family == .embedded }

    /// Whether a copy's tablespaces lie in directories of its own below the source's (`--target-gp-dbid`), so that two
    /// instances may share a tablespace's location.
    public var tablespacesAreSeparate: Bool { family == .greenplum7 }

    /// Where an instance keeps its part of a tablespace: Greenplum below the location, in a directory named by the
    /// dbid (seen on 7.0.0: the links in `pg_tblspc` and what `pg_basebackup --target-gp-dbid` fills).
    public func tablespaceDirectory(_ location: String, of instance: DatabaseID) -> String {
        tablespacesAreSeparate ? "\(location)/\(instance)" : location
    }

    /// Whether the rows of all mirrors have to appear at once, before the copies.
    ///
    /// Greenplum's coordinator takes a catalog with mirrors to have one for every content: seen on 7.0.0, with rows
    /// for some contents only its sessions end with a segmentation fault when they dispatch, and with them the whole
    /// coordinator restarts. The embedded engine has no dispatcher.
    public var addsMirrorRowsTogether: Bool { family == .greenplum7 }

    /// The name a peer is connected by, from this engine's column.
    public func connectionHost(of segment: Segment) -> String {
        connectsByAddress ? segment.address : segment.hostname
    }

    /// Options of `pg_ctl start -o` for a segment (Greenplum: `-c gp_role=execute`).
    public var segmentStartOptions: String? { family == .embedded ? nil : "-c gp_role=execute" }

    /// Options of `pg_ctl start -o` for an instance (Greenplum's coordinator and standby: `-c gp_role=dispatch`).
    public func startOptions(of instance: Segment) -> String? {
        guard instance.isCoordinatorPair, family != .embedded else { return segmentStartOptions }
        return "-c gp_role=dispatch"
    }

    /// Whether `pg_ctl -w` ends when a standby of the coordinator runs.
    ///
    /// Greenplum's waits for the dispatcher's recovery, which a standby whose coordinator is gone never gets to (seen on
    /// 7.0.0: `postmaster.pid` says `standby`, and it waits on until its time is over).
    public var awaitsStandbyStart: Bool { family == .embedded }

    /// Whether the coordinator waits for its standby because `synchronous_standby_names` is set.
    ///
    /// Greenplum's server arranges that by itself when the standby streams.
    public var setsCoordinatorSync: Bool { family == .embedded }

    /// Whether the server itself takes the old coordinator's row out and makes the standby's row the coordinator's when
    /// it is promoted (Greenplum: `UpdateCatalogForStandbyPromotion`, xlog.c).
    public var changesCatalogAtPromotion: Bool { family == .greenplum7 }

    /// Whether the fault-tolerance service is a program of ours beside the coordinator; Greenplum has it inside.
    public var hasFaultToleranceProgram: Bool { family == .embedded }

    /// Whether one statement on the coordinator reaches every content: Greenplum dispatches, the embedded engine's
    /// contents are asked one by one.
    public var dispatches: Bool { family == .greenplum7 }

    /// Whether extensions come as packages that every host needs (Greenplum's `gppkg`).
    public var hasPackages: Bool { family == .greenplum7 }

    /// The program that names the installed version soonest.
    ///
    /// `pg_ctl` comes with `postgres` and starts ten times as fast: that one has libraries to load. Greenplum's build is
    /// told by `postgres` alone.
    public var versionProgram: String { family == .embedded ? "pg_ctl" : "postgres" }

    /// Whether `postgres --gp-version` exists; else `--version` is asked.
    public var versionArgument: String { family == .embedded ? "--version" : "--gp-version" }

    /// The statement that begins a backup for a session: one checkpoint at once (`pg_backup_start` since PostgreSQL 15).
    var backupStart: String {
        postgresMajor >= 15
            ? "SELECT pg_catalog.pg_backup_start('gpha', true) AS lsn"
            : "SELECT pg_catalog.pg_start_backup('gpha', true, false) AS lsn"
    }

    /// The statement that ends it and answers with the text of `backup_label`; archiving is not waited for.
    var backupStop: String {
        postgresMajor >= 15
            ? "SELECT labelfile FROM pg_catalog.pg_backup_stop(false);"
            : "SELECT labelfile FROM pg_catalog.pg_stop_backup(false, false);"
    }

    /// The application name of a mirror's WAL receiver (`pg_stat_replication.application_name`).
    public static let walReceiverName = "gp_walreceiver"
    /// The one value of `synchronous_standby_names` that makes commits wait for that receiver and for nobody else:
    /// `*` would also take a `pg_basebackup` for a standby.
    public static let synchronousNames = walReceiverName
    /// The replication slot every mirror streams from.
    public static let replicationSlot = "internal_wal_replication_slot"
}
