/// Something in the catalog that makes a cluster less safe than it was made to be.
public enum Exposure: Sendable, Hashable {
    /// The catalog counts the acting primary as down: nobody is known to serve its content.
    case primaryDown(Segment)
    /// The mirror is down: the content has one copy.
    case mirrorDown(Segment)
    /// Both are up, and the mirror lacks commits; the acting primary.
    case notInSync(Segment)
    /// The primary of a content that never got a mirror, or lost its row.
    case noMirror(Segment)
    /// The primary of a content whose mirror is on the same host.
    case bothOnOneHost(Segment)
    /// An acting primary that was made as a mirror.
    case switched(Segment)
    case noStandby
    case standbyDown(Segment)
    /// The standby on the coordinator's own host.
    case standbyWithCoordinator(Segment)

    /// One word for JSON.
    public var code: String {
        switch self {
        case .primaryDown: "primary_down"
        case .mirrorDown: "mirror_down"
        case .notInSync: "not_in_sync"
        case .noMirror: "no_mirror"
        case .bothOnOneHost: "both_on_one_host"
        case .switched: "switched"
        case .noStandby: "no_standby"
        case .standbyDown: "standby_down"
        case .standbyWithCoordinator: "standby_with_coordinator"
        }
    }

    /// The instance that it is about.
    public var segment: Segment? {
        switch self {
        case .primaryDown(let segment), .mirrorDown(let segment), .notInSync(let segment), .noMirror(let segment),
            .bothOnOneHost(let segment), .switched(let segment), .standbyDown(let segment),
            .standbyWithCoordinator(let segment):
            segment
        case .noStandby: nil
        }
    }

    /// One line about it.
    ///
    /// - Parameter word: what this line of servers calls its coordinator.
    public func text(coordinator word: String = "coordinator") -> String {
        let place = segment.map { "\($0.hostname):\($0.port)" } ?? ""
        let content = segment.map { "content \($0.content)" } ?? ""
        return switch self {
        case .primaryDown: "\(content): the acting primary \(place) is down"
        case .mirrorDown: "\(content): the mirror \(place) is down"
        case .notInSync: "\(content): the mirror of \(place) is up and not in sync"
        case .noMirror: "\(content): \(place) has no mirror"
        case .bothOnOneHost: "\(content): both copies are on host \(segment?.hostname ?? "")"
        case .switched: "\(content): \(place), made as a mirror, acts as primary"
        case .noStandby: "the \(word) has no standby"
        case .standbyDown: "the \(word)'s standby \(place) is down"
        case .standbyWithCoordinator: "the standby \(place) is on the \(word)'s own host"
        }
    }

    /// Everything that the catalog shows, contents in order, the coordinator's pair last.
    static func all(in configuration: ClusterConfiguration) -> [Exposure] {
        var found: [Exposure] = []
        for pair in configuration.pairs {
            if pair.primary.status == .down { found.append(.primaryDown(pair.primary)) }
            switch pair.mirror {
            case nil: found.append(.noMirror(pair.primary))
            case let mirror? where mirror.status == .down: found.append(.mirrorDown(mirror))
            case .some where pair.primary.mode == .notInSync: found.append(.notInSync(pair.primary))
            case .some: break
            }
            if pair.mirror?.hostname == pair.primary.hostname { found.append(.bothOnOneHost(pair.primary)) }
            if pair.primary.isSwitched { found.append(.switched(pair.primary)) }
        }
        guard let standby = configuration.standby else { return found + [.noStandby] }
        if standby.status == .down { found.append(.standbyDown(standby)) }
        if standby.hostname == configuration.coordinator.hostname { found.append(.standbyWithCoordinator(standby)) }
        return found
    }
}
