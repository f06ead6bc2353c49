/// One row of `pg_stat_replication` on a primary.
///
/// Any column may be null.
struct WALSender: Sendable, Equatable {
    var applicationName: String?
    var state: String?
    var sentLSN: String?
    var flushLSN: String?
    /// `sent_lsn - flush_lsn`.
    var bytesToFlush: Int?
    var replayLSN: String?
    /// `sent_lsn - replay_lsn`.
    var bytesToReplay: Int?
    /// As the report prints it (`BackendStart`).
    var backendStart: String?
    /// `pg_current_wal_lsn() - sent_lsn`.
    var bytesToSend: Int?

    /// Whether it feeds the pair's mirror.
    var isMirrorConnection: Bool { applicationName == "gp_walreceiver" }
}

/// What a primary says of its replication.
struct ReplicationAnswer: Sendable, Equatable {
    var senders: [WALSender] = []
    /// `pg_current_wal_lsn()`.
    var currentLSN: String?
    /// `backend_start` of every session of `gprecoverseg`'s pg_rewind; asked when the mirror is down in the catalog.
    var rewindStarts: [String] = []
}

/// The outcome of asking a primary for its replication.
enum ReplicationFacts: Sendable, Equatable {
    case answered(ReplicationAnswer)
    /// The primary could not be asked; the reason is for JSON and the log.
    case failed(reason: String?)
}

/// How far one WAL sender is behind the primary's flushed WAL, as `-e` asks.
struct SynchronizationRow: Sendable, Equatable {
    /// `pg_wal_lsn_diff(pg_current_wal_flush_lsn(), sent_lsn)`.
    var bytes: Int?
    var syncState: String?
}

/// The outcome of asking a primary whether its mirror is synchronous.
enum SynchronizationFacts: Sendable, Equatable {
    case answered([SynchronizationRow])
    case failed(reason: String?)
}

/// One row of `pg_stat_replication` on the coordinator.
struct StandbyReplicationRow: Sendable, Equatable {
    var state: String?
    var syncState: String?
    var sentLSN: String?
    var flushLSN: String?
    var replayLSN: String?
}
