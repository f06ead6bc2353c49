/// A file system.
public struct FileSystemRoom: Sendable, Equatable {
    public var device: String
    /// Nil when it could not be found out.
    public var freeBytes: Int?

    public init(device: String, freeBytes: Int?) {
        self.device = device
        self.freeBytes = freeBytes
    }
}

/// What a host says of a data directory whose instance is down.
public struct TargetRecoveryFacts: Sendable, Equatable {
    /// What is found at the path.
    public enum Directory: String, Sendable {
        case missing
        case notADirectory = "not a directory"
        case empty
        case present
        /// It is there, and this user may not look into it.
        case closed
    }

    /// A server that runs in the directory.
    public struct Postmaster: Sendable, Equatable {
        public var pid: Int
        /// The state of proc(5): `T` is stopped.
        public var state: String

        public init(pid: Int, state: String) {
            self.pid = pid
            self.state = state
        }

        /// Whether it is stopped and answers nobody.
        public var isStopped: Bool { state == "T" || state == "t" }
    }

    /// The outcome of a search for the last checkpoint before a place (`FailureSurvey.searchCheckpoint`).
    public enum EarlierCheckpoint: Sendable, Equatable {
        case found(position: WALPosition, redo: WALPosition)
        /// The WAL that is left holds none.
        case absent
    }

    /// A tablespace outside the data directory (`pg_tblspc`).
    public struct Tablespace: Sendable, Equatable {
        public var oid: String
        /// Where its link leads.
        public var directory: String
        /// Whether a directory is there.
        public var exists: Bool
        public var room: FileSystemRoom?
        public var usedBytes: Int?

        public init(oid: String, directory: String, exists: Bool, room: FileSystemRoom? = nil, usedBytes: Int? = nil) {
            self.oid = oid
            self.directory = directory
            self.exists = exists
            self.room = room
            self.usedBytes = usedBytes
        }
    }

    /// The instance, whose number Greenplum puts into tablespace directories; nil when nobody said.
    public var dbid: DatabaseID?
    public var dataDirectory: String
    public var directory: Directory = .missing
    /// Where the path leads when it is a symbolic link.
    public var linkTarget: String?
    public var isMountPoint = false
    /// The nearest directory above it that exists.
    public var nearestDirectory = ""
    /// The first line of `PG_VERSION`.
    public var version: String?
    public var postmaster: Postmaster?
    /// Processes that work in the directory without the postmaster of `postmaster.pid`.
    public var strayProcesses: [Int] = []
    /// Whether there is a `postmaster.pid` that names no process of this directory.
    public var hasStalePidFile = false
    public var control = ControlFile.missing
    /// Those of the newest timelines.
    public var histories: [TimelineHistory] = []
    /// What lies in `pg_wal`; the newest runs only where there are many.
    public var wal: [WALRun] = []
    /// Where the last whole record in `pg_wal` begins; nil when it was not found in time.
    public var lastRecord: WALPosition?
    /// The timeline of the newest WAL file.
    public var lastTimeline: UInt32?
    /// What was found before the place where its timeline and the source's part, when that was searched for.
    public var earlierCheckpoint: EarlierCheckpoint?
    public var hasStandbySignal = false
    public var hasBackupLabel = false
    /// Whether it has the replication slot of a mirror itself, which keeps WAL when a crashed primary recovers.
    public var hasSlot = false
    /// The mark of a copy of ours, beside the directory or in it.
    public var mark: CopyMark?
    /// Whether that copy is complete.
    public var isCopyComplete = false
    /// What runs of ours left beside the directory, as paths.
    public var leftBeside: [String] = []
    /// The last line of its newest log files that tells of a fatal error; printable characters only.
    public var lastFatalLine: String?
    /// The file system of the data directory, or of the nearest directory above.
    public var room: FileSystemRoom?
    /// Without tablespaces; nil when adding it up took too long.
    public var usedBytes: Int?
    public var tablespaces: [Tablespace] = []
    /// Whether its host has rsync.
    public var hasRsync = false

    public init(dataDirectory: String) { self.dataDirectory = dataDirectory }

    /// Whether it could be looked into, and neither a process nor a `postmaster.pid` was in it.
    public var isAtRest: Bool {
        directory == .present && postmaster == nil && strayProcesses.isEmpty && !hasStalePidFile
    }

    /// The history of the timeline that its WAL or its control file ends on.
    ///
    /// A standby goes on along the newest timeline it has; until its next restart point its control file names an older
    /// one. A primary's recovery stays on the timeline of its control file.
    /// - Returns: nil when it cannot be known: the control file or the history file is missing.
    public var history: TimelineHistory? {
        guard let data = control.data else { return nil }
        let timeline = max(data.furthestTimeline, data.timeline)
        if hasStandbySignal, let last = lastTimeline, last > timeline,
            let found = histories.first(where: { $0.timeline == last }),
            case .some(.some(let end)) = found.end(of: timeline), data.furthest <= end
        {
            return found
        }
        if let found = histories.first(where: { $0.timeline == timeline }) { return found }
        return timeline == 1 ? TimelineHistory(timeline: 1) : nil
    }
}
