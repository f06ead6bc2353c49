/// What the acting primary says of itself when its partner is to be recovered from it.
public struct SourceRecoveryFacts: Sendable, Equatable {
    /// The replication slot that keeps WAL for the partner.
    public struct Slot: Sendable, Equatable {
        /// From where on it keeps WAL; nil when that is lost or it never kept any.
        public var restart: WALPosition?
        /// `pg_replication_slots.wal_status`; nil before PostgreSQL 13.
        public var status: String?
        public var isActive: Bool

        public init(restart: WALPosition?, status: String? = nil, isActive: Bool = false) {
            self.restart = restart
            self.status = status
            self.isActive = isActive
        }
    }

    /// A tablespace outside the data directory.
    public struct Tablespace: Sendable, Equatable {
        public var oid: String
        /// Its location, as `pg_tablespace_location` has it.
        public var location: String
        /// Nil when it could not be added up in time.
        public var bytes: Int?

        public init(oid: String, location: String, bytes: Int? = nil) {
            self.oid = oid
            self.location = location
            self.bytes = bytes
        }
    }

    public var systemIdentifier: String
    public var isInRecovery = false
    /// The timeline it writes, with its ancestors; nil in recovery, or when its history file cannot be read.
    public var history: TimelineHistory?
    /// The timeline of its latest checkpoint: an older one for a while after a promotion.
    public var checkpointTimeline: UInt32?
    /// How far it has written; in recovery, how far it has replayed.
    public var position: WALPosition?
    /// `log_directory`; nil when it was not asked.
    public var logDirectory: String?
    public var checksums = false
    public var logsHints = false
    public var fullPageWrites = true
    /// Bytes per WAL file.
    public var segmentSize = 16 << 20
    /// `wal_keep_size` in bytes (`wal_keep_segments` before PostgreSQL 13).
    public var keptWALBytes = 0
    /// The number of the oldest WAL file from which on none is missing; nil when none was found.
    public var oldestFile: UInt64?
    public var walBytes = 0
    public var slot: Slot?
    /// Without WAL and tablespaces; nil when it could not be added up in time.
    public var dataBytes: Int?
    public var tablespaces: [Tablespace] = []
    /// Whether its host has rsync; nil when nobody asked.
    public var hasRsync: Bool?

    public init(systemIdentifier: String) { self.systemIdentifier = systemIdentifier }

    /// Data and tablespaces; nil when it is not known.
    public var copiedBytes: Int? {
        guard let dataBytes else { return nil }
        return tablespaces.reduce(dataBytes) { $0 + ($1.bytes ?? 0) }
    }

    /// Room that the data directory of a copy needs: data, the WAL there is, and what is written meanwhile.
    ///
    /// The growth is an estimate: a tenth of the data, at least four WAL files.
    public var neededBytes: Int? { dataBytes.map { $0 + walBytes + max(4 * segmentSize, $0 / 10) } }
}
