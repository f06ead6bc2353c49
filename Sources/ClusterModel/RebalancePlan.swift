/// How a primary's mirror follows it, as the primary says.
public struct PairReplication: Sendable, Equatable {
    /// Whether exactly one mirror streams.
    public var isStreaming: Bool
    /// Bytes of WAL that the mirror has on disk and not replayed (`flush_lsn - replay_lsn`); nil when unknown.
    public var replayLagBytes: Int?
    /// Client sessions on the primary, which its stop ends.
    public var sessions: Int

    public init(isStreaming: Bool, replayLagBytes: Int?, sessions: Int = 0) {
        self.isStreaming = isStreaming
        self.replayLagBytes = replayLagBytes
        self.sessions = sessions
    }
}

/// How much WAL a mirror may still have to replay when it is to become the primary.
public struct ReplayLagLimit: Sendable, Equatable {
    /// The original's default, in GB of 1024³ bytes.
    public static let standardGigabytes = 10
    /// As given; nil for the default.
    public let gigabytes: Double?

    public init(gigabytes: Double? = nil) { self.gigabytes = gigabytes }

    /// The number as the original prints it: the default without a fraction.
    public var text: String { gigabytes.map { "\($0)" } ?? "\(Self.standardGigabytes)" }

    /// Whether so many bytes are too many.
    public func forbids(_ bytes: Int) -> Bool {
        Double(bytes) >= (gigabytes ?? Double(Self.standardGigabytes)) * 1_073_741_824
    }
}

/// What is known of the pairs that play each other's parts.
public struct RebalanceFacts: Sendable {
    /// By the parts they play now.
    public var pairs: [SegmentPair]
    /// Hosts that do not answer, and why.
    public var unreachable: [String: String] = [:]
    /// What each acting primary says; the text says why it says nothing.
    public var replication: [ContentID: Result<PairReplication, Silence>] = [:]
    /// Pairs whose mirror would not let the present primary replicate from it, and why.
    public var noWayBack: [ContentID: String] = [:]
    /// Nil: not checked.
    public var lagLimit: ReplayLagLimit?
    /// How long the fault-tolerance service waits before it believes that a primary is gone.
    public var servicePause: Duration = .zero

    /// Why an acting primary could not be asked.
    public struct Silence: Error, Sendable, Equatable {
        public let reason: String
        public init(_ reason: String) { self.reason = reason }
    }

    public init(pairs: [SegmentPair], lagLimit: ReplayLagLimit?) {
        self.pairs = pairs
        self.lagLimit = lagLimit
    }
}

/// Which pairs get their preferred roles back, and which cannot and why.
public struct RebalancePlan: Sendable, Equatable {
    /// Why a pair stays as it is.
    public enum Obstacle: Sendable, Equatable {
        /// It has one copy only.
        case noMirror
        case down(Segment)
        case unreachable(host: String, reason: String)
        /// The catalog, or the primary itself, says that the mirror lacks something.
        case notInSync(String)
        /// The primary could not be asked.
        case silent(String)
        case lag(bytes: Int)
        /// The primary of today could not come back as a mirror.
        case noWayBack(String)
    }

    /// One pair.
    public struct Item: Sendable, Equatable {
        /// By the parts they play now.
        public let pair: SegmentPair
        /// Nil: it swaps.
        public let obstacle: Obstacle?
        public let replayLagBytes: Int?
        public let sessions: Int?
        /// How long new connections to the pair's primary are expected to be refused; nil when it does not swap.
        public let interruption: Duration?
    }

    /// In the order of content IDs.
    public let items: [Item]
    public let lagLimit: ReplayLagLimit?

    public var swaps: [Item] { items.filter { $0.obstacle == nil } }
    public var left: [Item] { items.filter { $0.obstacle != nil } }

    /// Decides for every pair; pure.
    public init(_ facts: RebalanceFacts) {
        lagLimit = facts.lagLimit
        items = facts.pairs.sorted { $0.content < $1.content }.map { pair in
            let said = try? facts.replication[pair.content]?.get()
            let obstacle = Self.obstacle(pair, facts)
            return Item(
                pair: pair, obstacle: obstacle, replayLagBytes: said?.replayLagBytes, sessions: said?.sessions,
                interruption: obstacle == nil
                    ? Self.interruption(lagBytes: said?.replayLagBytes ?? 0, facts.servicePause) : nil)
        }
    }

    /// The pairs whose instances play other parts than they were made for.
    public static func switchedPairs(_ cluster: ClusterConfiguration) -> [SegmentPair] {
        cluster.pairs.filter { $0.primary.isSwitched || $0.mirror?.isSwitched == true }
    }

    private static func obstacle(_ pair: SegmentPair, _ facts: RebalanceFacts) -> Obstacle? {
        guard let mirror = pair.mirror else { return .noMirror }
        for segment in [pair.primary, mirror] where segment.status == .down { return .down(segment) }
        for segment in [pair.primary, mirror] {
            if let reason = facts.unreachable[segment.hostname] {
                return .unreachable(host: segment.hostname, reason: reason)
            }
        }
        guard pair.primary.mode == .inSync, mirror.mode == .inSync else {
            return .notInSync("the catalog has the pair not in sync")
        }
        switch facts.replication[pair.content] {
        case nil: return .silent("it was not asked")
        case .failure(let silence): return .silent(silence.reason)
        case .success(let said): return obstacle(said, facts) ?? facts.noWayBack[pair.content].map { .noWayBack($0) }
        }
    }

    private static func obstacle(_ said: PairReplication, _ facts: RebalanceFacts) -> Obstacle? {
        guard said.isStreaming else { return .notInSync("the mirror does not stream from the primary now") }
        guard let limit = facts.lagLimit else { return nil }
        guard let bytes = said.replayLagBytes else { return .notInSync("how much the mirror has replayed is unknown") }
        return limit.forbids(bytes) ? .lag(bytes: bytes) : nil
    }

    /// WAL that a server replays in a second, for the estimate only: what one core does on a slow disk.
    static let replayedBytesPerSecond = 32 << 20
    /// Stop after a checkpoint, the service's look, promotion: measured on small clusters, rounded up.
    static let swapSeconds = 2

    private static func interruption(lagBytes: Int, _ servicePause: Duration) -> Duration {
        servicePause + .seconds(swapSeconds + lagBytes / replayedBytesPerSecond)
    }
}
