/// How the coordinator's standby streams, as the coordinator sees it; beyond the original's `-f`.
struct StandbyStreamFacts: Sendable, Equatable {
    /// A place in the write-ahead log, and how many bytes the coordinator is ahead of it; nil is unknown.
    struct Place: Sendable, Equatable {
        var lsn: String?
        var behind: Int?

        init() {}

        /// From the server's text; the standby may be a moment ahead of a position that was read before.
        init(lsn: String?, behind: String?) {
            self.lsn = lsn
            self.behind = behind.flatMap { Int($0) }.map { max(0, $0) }
        }
    }

    /// The replication slot that keeps WAL for it.
    struct Slot: Sendable, Equatable {
        var name: String
        var isActive: Bool
        /// `reserved`, `extended`, `unreserved`, `lost`; nil where the server has no such column.
        var walStatus: String?
        /// From its restart position to the coordinator's flushed WAL; nil when it keeps none.
        var retainedBytes: Int?

        /// Whether the WAL that the standby needs next is still there for certain.
        var keepsWAL: Bool { retainedBytes != nil && walStatus != "lost" }
    }

    /// Of its WAL sender: `startup`, `catchup`, `streaming`; nil when nobody is connected.
    var state: String?
    var syncState: String?
    /// The coordinator's flushed WAL.
    var currentLSN: String?
    var sent = Place()
    var flushed = Place()
    var replayed = Place()
    /// Whether commits wait for it, or would if it were there.
    var commitsWait = false
    /// Nil when there is none.
    var slot: Slot?

    /// Whether a commit counts its flush.
    var isSynchronous: Bool { syncState == "sync" || syncState == "quorum" }
}
