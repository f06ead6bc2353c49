/// A primary and its mirror, by the parts they play now.
public struct SegmentPair: Hashable, Sendable {
    public var primary: Segment
    public var mirror: Segment?

    public init(primary: Segment, mirror: Segment?) {
        self.primary = primary
        self.mirror = mirror
    }

    public var content: ContentID { primary.content }
}

/// The whole catalog table, checked: one coordinator, at most one standby, one acting primary per content.
public struct ClusterConfiguration: Hashable, Sendable {
    public let coordinator: Segment
    public let standby: Segment?
    /// In the order of content IDs.
    public let pairs: [SegmentPair]

    /// Arranges catalog rows.
    ///
    /// - Throws: `ConfigurationError` when rows are missing, double, or name an unusable host, port or path.
    public init(rows: [Segment]) throws(ConfigurationError) {
        try ConfigurationCheck.checkRows(rows)
        let coordinators = rows.filter { $0.isCoordinatorPair && $0.role == .primary }
        guard let coordinator = coordinators.first else { throw .noCoordinator }
        self.coordinator = coordinator
        standby = rows.first { $0.isCoordinatorPair && $0.role == .mirror }
        let contents = Set(rows.filter { !$0.isCoordinatorPair }.map(\.content)).sorted()
        let byContent = Dictionary(grouping: rows, by: \.content)
        var pairs: [SegmentPair] = []
        for content in contents {
            let members = byContent[content] ?? []
            guard let primary = members.first(where: { $0.role == .primary }) else { throw .noPrimary(content) }
            pairs.append(SegmentPair(primary: primary, mirror: members.first { $0.role == .mirror }))
        }
        self.pairs = pairs
    }

    /// Coordinator, standby, then primary and mirror by content: the order of every display.
    public var allInstances: [Segment] { [coordinator] + (standby.map { [$0] } ?? []) + segments }

    /// Primary and mirror by content, without the coordinator's pair.
    public var segments: [Segment] { pairs.flatMap { [$0.primary] + ($0.mirror.map { [$0] } ?? []) } }

    /// The acting primaries by content.
    public var primaries: [Segment] { pairs.map(\.primary) }

    /// Whether any instance was made as a mirror.
    public var hasMirrors: Bool { segments.contains { $0.preferredRole == .mirror } }

    /// The names of all hosts, sorted, each once.
    public var hostnames: [String] { Set(allInstances.map(\.hostname)).sorted() }

    /// The names of the hosts that carry segments, sorted, each once.
    public var segmentHostnames: [String] { Set(segments.map(\.hostname)).sorted() }

    /// The other instance of the same content.
    public func peer(of segment: Segment) -> Segment? {
        allInstances.first { $0.content == segment.content && $0.dbid != segment.dbid }
    }
}
