/// What the places of all copies are called.
public enum LayoutName: Sendable, Hashable, CustomStringConvertible {
    /// No content has a mirror.
    case none
    /// All mirrors of a host on one other host, round in a ring: what `group` mirroring makes.
    case ring
    /// Two hosts each hold the other's mirrors.
    case pairs
    /// Each mirror of a host on another host, over all hosts.
    case spread
    /// Spread evenly inside blocks of this many hosts.
    case block(Int)
    /// None of these: uneven, or a copy is missing, or both copies of a content are on one host.
    case irregular

    public var description: String {
        switch self {
        case .none: "none"
        case .ring: "ring"
        case .pairs: "pairs"
        case .spread: "spread"
        case .block(let size): "block of \(size)"
        case .irregular: "irregular"
        }
    }

    /// The name with what people also call it.
    public var explained: String {
        switch self {
        case .none: "none: there are no mirrors"
        case .ring: "ring (group mirroring)"
        case .pairs: "pairs (group mirroring, two hosts each)"
        case .spread, .block, .irregular: description
        }
    }

    /// Finds the name of where the two copies of each content were made to be.
    ///
    /// With one primary on each host a ring is a spread layout too, and in blocks of two hosts the blocks are pairs:
    /// they are called ring and pairs.
    ///
    /// - Parameter copies: the host of each content's primary and of its mirror; nil for a missing mirror.
    public init(copies: [(primary: String, mirror: String?)]) {
        guard copies.contains(where: { $0.mirror != nil }) else {
            self = .none
            return
        }
        var targets: [String: [String: Int]] = [:]
        for (primary, mirror) in copies {
            guard let mirror, mirror != primary else {
                self = .irregular
                return
            }
            targets[primary, default: [:]][mirror, default: 0] += 1
        }
        let hosts = Set(targets.keys).union(targets.values.flatMap(\.keys))
        guard targets.count == hosts.count else {
            self = .irregular
            return
        }
        let next = targets.compactMapValues { $0.count == 1 ? $0.keys.first : nil }
        self = next.count == hosts.count ? Self.circle(next) : Self.scattered(targets)
    }

    /// Each host has one target.
    private static func circle(_ next: [String: String]) -> LayoutName {
        guard Set(next.values).count == next.count else { return .irregular }
        let mutual = next.count { host, target in next[target] == host }
        return mutual == next.count ? .pairs : mutual == 0 ? .ring : .irregular
    }

    private static func scattered(_ targets: [String: [String: Int]]) -> LayoutName {
        let groups = HostGroups.connected(targets.mapValues { Array($0.keys) })
        guard let size = groups.first?.count, groups.allSatisfy({ $0.count == size }) else { return .irregular }
        if groups.count == 1, targets.values.allSatisfy({ $0.values.allSatisfy { $0 == 1 } }) { return .spread }
        return targets.values.allSatisfy { isEven($0, others: size - 1) } ? .block(size) : .irregular
    }

    /// Whether a host's mirrors are spread as evenly over the other hosts of its block as their number allows.
    private static func isEven(_ counts: [String: Int], others: Int) -> Bool {
        let (least, most) = (counts.values.min() ?? 0, counts.values.max() ?? 0)
        return counts.count == min(others, counts.values.reduce(0, +)) && most - least <= 1
    }
}

/// Hosts that hold each other's copies, directly or by way of others.
public enum HostGroups {
    /// The groups, each in host order, in the order of their first hosts.
    ///
    /// - Parameter neighbours: for each host those it shares a content with; a one-sided entry counts for both.
    public static func connected(_ neighbours: [String: [String]]) -> [[String]] {
        var near: [String: Set<String>] = [:]
        for (host, others) in neighbours {
            near[host, default: []].formUnion(others)
            for other in others { near[other, default: []].insert(host) }
        }
        var seen: Set<String> = []
        var groups: [[String]] = []
        for host in HostOrder.sorted(near.keys) where seen.insert(host).inserted {
            var group = [host]
            var index = 0
            while index < group.count {
                group += (near[group[index]] ?? []).filter { seen.insert($0).inserted }
                index += 1
            }
            groups.append(group.sorted(by: HostOrder.precedes))
        }
        return groups
    }
}
