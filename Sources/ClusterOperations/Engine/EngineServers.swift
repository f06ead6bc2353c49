public import ClusterModel

/// How instances are copied, started and followed.
extension Engine {
    /// Options of `pg_ctl start -o` for a segment (Greenplum 7: `-c gp_role=execute`; 6 starts recovered mirrors with
    /// `gp_role=utility`).
    public var segmentStartOptions: String? {
        switch family {
        case .embedded: nil
        case .greenplum6: "-c gp_role=utility"
        case .greenplum7, .cloudberry: "-c gp_role=execute"
        }
    }

    /// Options of `pg_ctl start -o` for an instance (Greenplum's coordinator and standby: `-c gp_role=dispatch`; 6 has
    /// `-E` for it).
    public func startOptions(of instance: Segment) -> String? {
        guard instance.isCoordinatorPair, isGreenplum else { return segmentStartOptions }
        return family == .greenplum6 ? "-E" : "-c gp_role=dispatch"
    }

    /// An option for the first start of a copy, and wherever a tool starts an instance; it stays in force for as long as
    /// that server runs.
    ///
    /// A copy starts as a server does that crashed, which opens every file and brings it to the disk by itself, one after
    /// the other, although all were brought there when they were copied. `syncfs(2)` does the same for whole file systems
    /// (`recovery_init_sync_method`, in all versions of the embedded engine; since PostgreSQL 14).
    public var copyStartOption: String? { isGreenplum ? nil : "-c recovery_init_sync_method=syncfs" }

    /// Variables that a server is started with: Greenplum's `pg_ctl` tells its backends by this one.
    public var startEnvironment: [(name: String, value: String)] { isGreenplum ? [("GPSESSID", "0000000000")] : [] }

    /// Whether `pg_ctl -w` ends when a standby of the coordinator runs.
    ///
    /// Greenplum's waits for the dispatcher's recovery, which a standby whose coordinator is gone never gets to (seen on
    /// 7.0.0: `postmaster.pid` says `standby`, and it waits on until its time is over).
    public var awaitsStandbyStart: Bool { !isGreenplum }

    /// Whether the coordinator waits for its standby because `synchronous_standby_names` is set.
    ///
    /// Greenplum's server arranges that by itself when the standby streams.
    public var setsCoordinatorSync: Bool { !isGreenplum }

    /// Whether an instance's dbid is in `internal.auto.conf` of its data directory, where `pg_basebackup
    /// --target-gp-dbid` puts it.
    public var keepsDatabaseIDFile: Bool { isGreenplum }

    /// Whether a copy's tablespaces lie in directories of its own below the source's (`--target-gp-dbid`), so that two
    /// instances may share a tablespace's location.
    public var tablespacesAreSeparate: Bool { isGreenplum }

    /// Where an instance keeps its part of a tablespace: Greenplum below the location, in a directory named by the
    /// dbid (seen on 7.0.0: the links in `pg_tblspc` and what `pg_basebackup --target-gp-dbid` fills).
    public func tablespaceDirectory(_ location: String, of instance: DatabaseID) -> String {
        tablespacesAreSeparate ? "\(location)/\(instance)" : location
    }

    /// What a copy leaves out besides what `pg_basebackup` leaves out itself (the originals' `-E`).
    public var copyExclusions: [String] {
        switch family {
        case .embedded: []
        case .greenplum6: ["./db_dumps", "./gpperfmon/data", "./gpperfmon/logs", "./promote"]
        case .greenplum7, .cloudberry: ["./db_dumps", "./promote", "./db_analyze"]
        }
    }

    /// The options of `pg_basebackup` for a copy that shall follow its source from `slot`.
    ///
    /// 9.4 does not make the slot, and calls the WAL `xlog`.
    public func followingOptions(slot: String) -> [String] {
        family == .greenplum6
            ? ["--xlog-method", "stream", "--slot", slot, "--write-recovery-conf"]
            : ["--wal-method", "stream", "--create-slot", "--slot", slot, "--write-recovery-conf"]
    }

    /// The options of `pg_basebackup` that Greenplum's has besides: append-optimized files have no page checksums to
    /// verify (9.4 verifies none), and the copy's dbid goes to its `internal.auto.conf`.
    public func identityOptions(dbid: DatabaseID) -> [String] {
        guard isGreenplum else { return [] }
        let unverified = family == .greenplum6 ? [] : ["--no-verify-checksums"]
        return unverified + ["--target-gp-dbid", "\(dbid)"] + copyExclusions.flatMap { ["-E", $0] }
    }

    /// Whether a session can hold a backup of its own, inside which files are copied (since PostgreSQL 9.6; the
    /// gprecoverseg of Greenplum 6 has no differential recovery).
    public var hasSessionBackups: Bool { family != .greenplum6 }

    /// Whether a backup may belong to the whole server (`pg_is_in_backup()`; plain PostgreSQL has none since 15).
    public var hasExclusiveBackups: Bool { postgresMajor < 15 }

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
}
