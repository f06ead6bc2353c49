/// What is to be known of a layout and of its present state, from the catalog alone.
public struct LayoutAdvice: Sendable, Equatable {
    /// What the loss of one host would mean, as things stand.
    public struct Loss: Sendable, Equatable {
        public let host: String
        /// The most acting primaries on one of the other hosts afterwards.
        public let mostPrimaries: Int
        /// The hosts that would carry so many.
        public let busiest: [String]
        /// Contents served now that nobody could serve then.
        public let lost: [ContentID]
    }

    /// What the layout is called, by the roles that instances were made for.
    public let name: LayoutName
    /// What the places mean with every mirror in sync.
    public let risk: LayoutRisk
    public let contents: Int
    /// Contents whose loss takes one host.
    public let bothOnOneHost: [ContentID]
    /// The hosts with the most acting primaries.
    public let busiestNow: [String]
    /// For each host that carries a segment, in host order.
    public let losses: [Loss]
    /// What is not as it should be, contents in order, the coordinator's pair last.
    public let exposures: [Exposure]
    /// What to type, in order; empty when nothing is to be done.
    public let steps: [AdviceStep]

    /// Computes it; reads nothing but the catalog rows.
    public init(_ configuration: ClusterConfiguration) {
        let pairs = configuration.pairs
        name = Self.name(of: pairs)
        risk = LayoutRisk(copies: pairs.map { ($0.primary.hostname, $0.mirror?.hostname) })
        contents = pairs.count
        bothOnOneHost = pairs.filter { $0.mirror?.hostname == $0.primary.hostname }.map(\.content)
        let hosts = HostOrder.sorted(configuration.segments.map(\.hostname))
        var acting: [String: Int] = [:]
        for pair in pairs where pair.isServed { acting[pair.primary.hostname, default: 0] += 1 }
        busiestNow = Self.busiest(acting, hosts).hosts
        let byHost = Dictionary(grouping: pairs.filter(\.isServed), by: \.primary.hostname)
        losses = hosts.map { host in Self.loss(of: host, acting, byHost[host] ?? [], hosts) }
        let exposures = Exposure.all(in: configuration)
        self.exposures = exposures
        steps = AdviceStep.all(for: exposures, contents: pairs.count)
    }

    /// The most acting primaries on one host now.
    public var mostPrimariesNow: Int { risk.mostPrimariesNow }

    /// The worst of all losses of one host.
    public var mostPrimariesAfterOneLoss: Int { losses.map(\.mostPrimaries).max() ?? 0 }

    /// The hosts that cannot be lost now without losing a content.
    public var indispensableHosts: [String] { losses.filter { !$0.lost.isEmpty }.map(\.host) }

    /// What the places that pairs were made for are called.
    static func name(of pairs: [SegmentPair]) -> LayoutName { LayoutName(copies: pairs.map { made($0) }) }

    /// The places of a pair as it was made.
    private static func made(_ pair: SegmentPair) -> (primary: String, mirror: String?) {
        guard let mirror = pair.mirror else { return (pair.primary.hostname, nil) }
        return pair.primary.isSwitched
            ? (mirror.hostname, pair.primary.hostname) : (pair.primary.hostname, mirror.hostname)
    }

    private static func loss(
        of host: String, _ acting: [String: Int], _ own: [SegmentPair], _ hosts: [String]
    ) -> Loss {
        var then = acting
        then[host] = nil
        var lost: [ContentID] = []
        for pair in own {
            guard let heir = pair.heir, heir.hostname != host else {
                lost.append(pair.content)
                continue
            }
            then[heir.hostname, default: 0] += 1
        }
        let (most, busiest) = busiest(then, hosts)
        return Loss(host: host, mostPrimaries: most, busiest: busiest, lost: lost)
    }

    private static func busiest(_ acting: [String: Int], _ hosts: [String]) -> (most: Int, hosts: [String]) {
        let most = acting.values.max() ?? 0
        return (most, most == 0 ? [] : hosts.filter { acting[$0] == most })
    }
}

extension SegmentPair {
    /// Whether the catalog counts the acting primary as up.
    var isServed: Bool { primary.status == .up }

    /// The mirror, if it can take its primary's place: up and in sync.
    var heir: Segment? { mirror.flatMap { $0.status == .up && primary.mode == .inSync ? $0 : nil } }
}
