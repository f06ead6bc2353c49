/// What things are called: in sentences, in the catalog, in a data directory.
///
/// Recorded from the originals of each line (the utilities' statements and texts) and from the catalogs' definitions.
extension Engine {
    /// What this line calls its first server.
    public var coordinatorWord: String { family == .greenplum6 ? "master" : "coordinator" }

    /// The variables that name the first server's data directory, the stronger one first.
    public var dataDirectoryVariables: [String] {
        family == .greenplum6
            ? ["MASTER_DATA_DIRECTORY"] : ["COORDINATOR_DATA_DIRECTORY", "MASTER_DATA_DIRECTORY"]
    }

    /// The column of `gp_configuration_history` that holds the text, quoted: `desc` is a keyword.
    public var historyColumn: String {
        family == .greenplum6 || family == .cloudberry ? "\"desc\"" : "\"description\""
    }

    /// The function that enters the coordinator's standby; Greenplum 7 knows the older name too.
    public var addStandbyFunction: String {
        family == .greenplum6 || family == .cloudberry ? "gp_add_master_standby" : "gp_add_coordinator_standby"
    }

    /// The function that takes the coordinator's standby out of the catalog.
    public var removeStandbyFunction: String {
        family == .greenplum6 || family == .cloudberry ? "gp_remove_master_standby" : "gp_remove_coordinator_standby"
    }

    /// Names of places in the WAL: PostgreSQL 10 renamed `xlog` to `wal` and `location` to `lsn`.
    public struct WALNames: Sendable, Hashable {
        /// Columns of `pg_stat_replication` and `gp_stat_replication`.
        public let sent, written, flushed, replayed: String
        /// Functions of `pg_catalog`.
        public let current, replay, difference, fileName: String
        /// The directory below the data directory.
        public let directory: String
        /// Whether the view tells lags in time (`write_lag` and so on, since PostgreSQL 10).
        public let hasLags: Bool

        init(place: String, word: String, hasLags: Bool) {
            (sent, written, flushed, replayed) = (
                "sent_\(place)", "write_\(place)", "flush_\(place)", "replay_\(place)"
            )
            current = "pg_current_\(word)_\(place)"
            replay = "pg_last_\(word)_replay_\(place)"
            difference = "pg_\(word)_\(place)_diff"
            fileName = "pg_\(word)file_name"
            directory = "pg_\(word)"
            self.hasLags = hasLags
        }
    }

    public var wal: WALNames {
        family == .greenplum6
            ? WALNames(place: "location", word: "xlog", hasLags: false)
            : WALNames(place: "lsn", word: "wal", hasLags: true)
    }

    /// The directory of the server's log files below the data directory.
    public var logDirectory: String { family == .greenplum6 ? "pg_log" : "log" }

    /// Where the server keeps its era below the data directory; nil where there is none.
    public var eraFile: String? { isGreenplum ? "\(logDirectory)/gp_era" : nil }

    /// The file that makes a server follow another one (PostgreSQL 12: `recovery.conf` became `standby.signal`).
    public var standbyFile: String { family == .greenplum6 ? "recovery.conf" : "standby.signal" }

    /// The file with the settings of a server that follows, and what it needs besides them to follow at all.
    public var followingSettings: (file: String, fixed: [String]) {
        family == .greenplum6
            ? ("recovery.conf", ["standby_mode = 'on'", "recovery_target_timeline = 'latest'"])
            : ("postgresql.auto.conf", [])
    }

    /// Whether the server shows what it made of its `pg_hba.conf` (`pg_hba_file_rules`, since PostgreSQL 10).
    public var hasAccessFileView: Bool { family != .greenplum6 }

    /// Whether SQL tells what is in `pg_control` and in the WAL's directory (PostgreSQL 9.6 and 10).
    public var hasControlFunctions: Bool { family != .greenplum6 }

    /// The application name of a mirror's WAL receiver (`pg_stat_replication.application_name`).
    public static let walReceiverName = "gp_walreceiver"
    /// The one value of `synchronous_standby_names` that makes commits wait for that receiver and for nobody else:
    /// `*` would also take a `pg_basebackup` for a standby.
    public static let synchronousNames = walReceiverName
    /// The replication slot every mirror streams from.
    public static let replicationSlot = "internal_wal_replication_slot"
}
