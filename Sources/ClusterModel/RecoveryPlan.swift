/// How a segment gets its primary's data again, the cheapest way first.
public enum RecoveryMethod: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Rewind to the point where the two histories part (`pg_rewind`), or just start a mirror that only stopped.
    case incremental
    /// Compare every file with the primary's and move what differs (`rsync`).
    case differential
    /// Copy everything (`pg_basebackup`).
    case full

    /// As the original prints it.
    public var label: String {
        switch self {
        case .incremental: "Incremental"
        case .differential: "Differential"
        case .full: "Full"
        }
    }

    public static func < (left: RecoveryMethod, right: RecoveryMethod) -> Bool {
        guard let first = allCases.firstIndex(of: left), let second = allCases.firstIndex(of: right) else {
            return false
        }
        return first < second
    }
}

/// What a method would mean for one segment.
public struct MethodOutlook: Sendable, Equatable {
    public var method: RecoveryMethod
    /// Why it cannot work; nil when nothing is known against it.
    public var obstacle: String?
    /// How an estimate of time is meant.
    public enum Bound: String, Sendable {
        case about
        case atMost = "at most"
        case atLeast = "at least"
    }

    /// Bytes that would be moved; nil when it cannot be told before.
    public var bytes: Int?
    /// How long it takes; nil when it cannot be told.
    public var seconds: Int?
    public var bound = Bound.about
    /// What else is worth knowing.
    public var note: String?

    public init(
        _ method: RecoveryMethod, obstacle: String? = nil, bytes: Int? = nil, seconds: Int? = nil, note: String? = nil
    ) {
        self.method = method
        self.obstacle = obstacle
        self.bytes = bytes
        self.seconds = seconds
        self.note = note
    }
}

/// What has to be done to give failed segments their data and their service again: shown, written as JSON, applied.
public struct RecoveryPlan: Sendable, Equatable {
    /// Where the requests come from.
    public enum Source: Sendable, Equatable {
        /// Every segment that is down, in its place.
        case standard
        case file(String)
        /// `-p`: in the order of use.
        case hosts([String])
    }

    /// Where a full copy is made.
    public enum Place: Sendable, Equatable {
        /// In a new directory beside the old one, swapped in by rename when it is good.
        case beside
        /// In the data directory itself, and why not beside it.
        case inPlace(String)
    }

    /// One segment.
    public struct Item: Sendable, Equatable {
        /// Its catalog row now.
        public var failed: Segment
        /// Its catalog row as it shall be: another place when it moves.
        public var target: Segment
        /// The acting primary it gets its data from.
        public var source: Segment
        public var method: RecoveryMethod
        /// What follows when the method fails, with the user's consent, in order.
        public var fallbacks: [RecoveryMethod]
        /// Why it is down, as far as can be told.
        public var causes: [String]
        /// All methods, what they would move and why some cannot work.
        public var outlooks: [MethodOutlook]
        /// What could not be found out and may still stand in the way.
        public var doubts: [String] = []
        /// Whether an incremental recovery has to rewind it, though it was a mirror all the time.
        public var mustRewind = false
        public var place: Place
        /// Settings that are the segment's own and must not come from its source.
        public var settings: [InstanceSetting]
        /// The source's tablespace locations outside its data directory, as the source names them.
        public var tablespaces: [String]
        /// The lines that `pg_hba.conf` of either instance needs, for either role.
        public var authentication: [String]
        /// The source's, which the result must share.
        public var systemIdentifier: String

        public init(
            failed: Segment, target: Segment, source: Segment, method: RecoveryMethod,
            fallbacks: [RecoveryMethod] = [], causes: [String] = [], outlooks: [MethodOutlook] = [],
            place: Place = .beside, settings: [InstanceSetting] = [], tablespaces: [String] = [],
            authentication: [String] = [], systemIdentifier: String = ""
        ) {
            self.failed = failed
            self.target = target
            self.source = source
            self.method = method
            self.fallbacks = fallbacks
            self.causes = causes
            self.outlooks = outlooks
            self.place = place
            self.settings = settings
            self.tablespaces = tablespaces
            self.authentication = authentication
            self.systemIdentifier = systemIdentifier
        }

        public var content: ContentID { source.content }
        public var dbid: DatabaseID { target.dbid }

        /// Whether its catalog row changes its place.
        public var moves: Bool {
            failed.hostname != target.hostname || failed.address != target.address || failed.port != target.port
                || failed.dataDirectory != target.dataDirectory
        }

        /// The rungs of the ladder from the chosen method on.
        public var ladder: [RecoveryMethod] { [method] + fallbacks }

        public func outlook(_ method: RecoveryMethod) -> MethodOutlook? { outlooks.first { $0.method == method } }

        /// Bytes that the chosen method moves; nil when it cannot be told.
        public var bytes: Int? { outlook(method)?.bytes }
    }

    /// A segment that is not begun, and why.
    public struct LeftOut: Sendable, Equatable {
        public var segment: Segment
        public var reason: String
        /// The host that does not answer, when that is why.
        public var unreachableHost: String?
        /// Its acting primary's host.
        public var sourceHost: String?

        public init(
            _ segment: Segment, _ reason: String, unreachableHost: String? = nil, sourceHost: String? = nil
        ) {
            self.sourceHost = sourceHost
            self.segment = segment
            self.reason = reason
            self.unreachableHost = unreachableHost
        }
    }

    public var origin: Source
    public var items: [Item]
    public var leftOut: [LeftOut]
    /// Lines that a primary's `pg_hba.conf` lacks.
    public var authentication: [AuthenticationChange]
    /// Things to know that do not stop the work.
    public var warnings: [String]
    /// Contents of which no copy runs: there is nothing to recover them from.
    public var doubleFaults: [DoubleFault] = []
    /// `--max-rate`; nil is as fast as it goes.
    public var maxRate: String?

    /// Hosts on which the cluster has nothing now.
    public func newHosts(_ cluster: ClusterConfiguration) -> [String] {
        Set(items.map(\.target.hostname)).subtracting(cluster.allInstances.map(\.hostname)).sorted()
    }

    public init(
        origin: Source, items: [Item], leftOut: [LeftOut] = [], authentication: [AuthenticationChange] = [],
        warnings: [String] = [], maxRate: String? = nil
    ) {
        self.origin = origin
        self.items = items
        self.leftOut = leftOut
        self.authentication = authentication
        self.warnings = warnings
        self.maxRate = maxRate
    }
}
