import ClusterModel

/// What the facts say of one segment.
struct SegmentAssessment: Sendable, Equatable {
    let segment: Segment
    let facts: InstanceFacts
    let state: InstanceState
    /// The text of `Mirror status`.
    let mirrorStatus: String
    /// The text of `Mirror recovery start`.
    let recoveryStart: String?

    /// Whether the original counts it among the downed.
    var isProbablyDown: Bool { state.isWarning }
}

/// What the facts say of all segments together: the judgement behind `-s`, `-e` and the pipe rows.
struct ClusterAssessment: Sendable {
    /// In array order, without the coordinator's pair.
    let segments: [SegmentAssessment]
    /// By content; empty in a cluster without mirrors.
    let replication: [ContentID: PairReplication]
    /// Trouble met while primaries were asked, in the order of contents.
    let warnings: [String]
    /// Contents that nobody seems to serve.
    let unservedContents: [ContentID]
    /// Pairs whose primary does not answer, and whose mirror cannot take its place.
    let doublyFailed: [SegmentPair]

    var isProbablyUnavailable: Bool { !unservedContents.isEmpty }

    init(_ facts: ClusterFacts) {
        let configuration = facts.configuration
        var replication: [ContentID: PairReplication] = [:]
        var segments: [SegmentAssessment] = []
        var unserved: [ContentID] = []
        for pair in configuration.pairs {
            let view = configuration.hasMirrors ? PairReplication(pair, facts.replication(of: pair)) : nil
            replication[pair.content] = view
            let members = [pair.primary] + (pair.mirror.map { [$0] } ?? [])
            let assessed = members.map {
                Self.assess($0, facts: facts.instance($0), replication: view, hasMirrors: configuration.hasMirrors)
            }
            segments += assessed
            let isServed = assessed.contains {
                !$0.isProbablyDown && ($0.segment.role == .primary || pair.primary.mode == .inSync)
            }
            if !isServed { unserved.append(pair.content) }
        }
        self.segments = segments
        self.replication = replication
        warnings = configuration.pairs.flatMap { replication[$0.content]?.warnings ?? [] }
        unservedContents = unserved
        doublyFailed = configuration.pairs.filter { unserved.contains($0.content) && Self.isDoublyFailed($0, facts) }
    }

    /// One that only its host could not tell of, or that refuses sessions for a while, is no failed primary.
    private static func isDoublyFailed(_ pair: SegmentPair, _ facts: ClusterFacts) -> Bool {
        guard pair.mirror != nil, case .failed = facts.synchronization(of: pair) else { return false }
        return InstanceState(pair.primary, facts.instance(pair.primary)) != .database(.rejectingConnections)
    }

    private static func assess(
        _ segment: Segment, facts: InstanceFacts, replication: PairReplication?, hasMirrors: Bool
    ) -> SegmentAssessment {
        let rebuild = segment.role == .primary ? replication?.rebuild : nil
        let streaming = segment.role == .mirror ? replication?.mirror.state.map(capitalized) : nil
        let fallback = hasMirrors ? segment.mode.label : "Physical replication not configured"
        return SegmentAssessment(
            segment: segment, facts: facts, state: InstanceState(segment, facts),
            mirrorStatus: rebuild?.text ?? streaming ?? fallback, recoveryStart: rebuild?.started)
    }

    private static func capitalized(_ state: String) -> String { state.prefix(1).uppercased() + state.dropFirst() }
}

extension ClusterConfiguration {
    /// How the mirrors seem to lie.
    enum MirrorLayout: String, Sendable {
        case group = "Group"
        case spread = "Spread"
    }

    /// `Group` as soon as one host has two of its mirrors on the same other host: the original's guess.
    var guessedLayout: MirrorLayout {
        var seen: Set<[String]> = []
        for primary in segments where primary.preferredRole == .primary {
            guard let mirror = peer(of: primary), mirror.preferredRole == .mirror else { continue }
            guard seen.insert([primary.hostname, mirror.hostname]).inserted else { return .group }
        }
        return .spread
    }
}
