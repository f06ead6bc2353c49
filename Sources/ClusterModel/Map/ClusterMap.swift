/// A cluster as a picture shows it: hosts, and on them who is what for whom.
public struct ClusterMap: Sendable, Equatable {
    /// How an instance is marked.
    public enum State: Sendable, Equatable, CaseIterable {
        case inSync
        case notInSync
        case down
        /// Not there yet: a plan's mirror.
        case planned
        /// A primary without any mirror.
        case alone
    }

    public struct Instance: Sendable, Equatable {
        public let segment: Segment
        /// The other copy of its content.
        public let partner: Segment?
        public let state: State
        /// Whether it changed since the picture before.
        public let isChanged: Bool

        public var isSwitched: Bool { segment.isSwitched }
    }

    /// A host that carries segments.
    public struct Host: Sendable, Equatable {
        public let name: String
        /// Acting primaries by content.
        public let primaries: [Instance]
        /// Acting mirrors by content.
        public let mirrors: [Instance]
        public var instances: [Instance] { primaries + mirrors }
    }

    public let name: LayoutName
    public let coordinator: Segment
    public let standby: Segment?
    /// In host order.
    public let hosts: [Host]
    /// Hosts that share contents, as indices into `hosts`: blocks, pairs, or all of them.
    public let groups: [[Int]]
    public let contents: Int
    /// Contents by what is not as it should be, in order.
    public let unsynchronized: [ContentID]
    public let down: [ContentID]
    public let alone: [ContentID]
    public let switched: [ContentID]

    /// Arranges a catalog.
    ///
    /// - Parameters:
    ///   - planned: mirrors that are not made yet.
    ///   - changed: instances that are to be marked as changed.
    public init(_ configuration: ClusterConfiguration, planned: Set<DatabaseID> = [], changed: Set<DatabaseID> = []) {
        self.init(
            coordinator: configuration.coordinator, standby: configuration.standby, pairs: configuration.pairs,
            planned: planned, changed: changed)
    }

    /// The same from rows that nobody has checked.
    init(
        coordinator: Segment, standby: Segment?, pairs: [SegmentPair], planned: Set<DatabaseID> = [],
        changed: Set<DatabaseID> = []
    ) {
        name = LayoutAdvice.name(of: pairs)
        self.coordinator = coordinator
        self.standby = standby
        contents = pairs.count
        var byHost: [String: (primaries: [Instance], mirrors: [Instance])] = [:]
        for pair in pairs {
            for (segment, partner) in [(pair.primary, pair.mirror), (pair.mirror, pair.primary)] {
                guard let segment else { continue }
                let instance = Instance(
                    segment: segment, partner: partner, state: Self.state(segment, partner, planned),
                    isChanged: changed.contains(segment.dbid))
                if segment.role == .primary {
                    byHost[segment.hostname, default: ([], [])].primaries.append(instance)
                } else {
                    byHost[segment.hostname, default: ([], [])].mirrors.append(instance)
                }
            }
        }
        let names = byHost.keys.sorted(by: HostOrder.precedes)
        hosts = names.map { Host(name: $0, primaries: byHost[$0]?.primaries ?? [], mirrors: byHost[$0]?.mirrors ?? []) }
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        let neighbours = Dictionary(
            grouping: pairs.flatMap { pair in [(pair.primary.hostname, pair.mirror?.hostname ?? pair.primary.hostname)]
            },
            by: \.0
        ).mapValues { $0.map(\.1) }
        groups = HostGroups.connected(neighbours).map { $0.compactMap { numbers[$0] } }
        let instances = hosts.flatMap(\.instances)
        func having(_ state: State, _ role: SegmentRole? = nil) -> [ContentID] {
            Set(
                instances.filter { $0.state == state && (role == nil || $0.segment.role == role) }.map(
                    \.segment.content)
            )
            .sorted()
        }
        unsynchronized = having(.notInSync, .mirror)
        down = having(.down)
        alone = having(.alone)
        switched = pairs.filter(\.primary.isSwitched).map(\.content)
    }

    /// What the picture shows, in a few words.
    var title: String {
        "layout \(name): \(hosts.count) host\(hosts.count == 1 ? "" : "s"), "
            + "\(contents) content\(contents == 1 ? "" : "s")"
    }

    /// The states that occur, for the legend.
    public var states: Set<State> { Set(hosts.flatMap(\.instances).map(\.state)) }

    private static func state(_ segment: Segment, _ partner: Segment?, _ planned: Set<DatabaseID>) -> State {
        if planned.contains(segment.dbid) { return .planned }
        if segment.status == .down { return .down }
        guard let partner else { return .alone }
        // A planned mirror says nothing against its primary.
        if planned.contains(partner.dbid) { return .inSync }
        return segment.mode == .inSync ? .inSync : .notInSync
    }
}

/// How a picture in text may look.
public struct MapStyle: Sendable, Equatable {
    /// The width that no line exceeds where that is possible at all.
    public var columns: Int
    public var hasColour: Bool
    /// Whether lines and arrows may leave ASCII.
    public var isUnicode: Bool
    /// What this line of servers calls its coordinator.
    public var coordinatorWord = "coordinator"

    public init(columns: Int = 80, hasColour: Bool = false, isUnicode: Bool = false) {
        self.columns = columns
        self.hasColour = hasColour
        self.isUnicode = isUnicode
    }
}
