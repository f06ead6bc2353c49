/// What the loss of one host would do to a cluster as it is now.
///
/// A content is served by its acting primary while that is up, and can be by its mirror while that is up and has every
/// acknowledged commit. The loss of a host stops the cluster when it takes the last such copy of any content; the
/// coordinator and its standby count as a content, since nobody gets in without a coordinator.
public struct HostLoss: Sendable, Equatable {
    /// One host that may not be lost now.
    public struct Lethal: Sendable, Equatable {
        public let host: String
        /// The contents whose last usable copy is there, −1 for the coordinator's, in order.
        public let contents: [ContentID]

        public init(host: String, contents: [ContentID]) {
            self.host = host
            self.contents = contents
        }
    }

    /// Hosts whose loss alone would stop the cluster, by name.
    public let lethal: [Lethal]
    /// Contents that no copy can serve already, in order.
    public let lost: [ContentID]
    /// How many usable copies each content has: 0, 1 or 2.
    public let copies: [ContentID: Int]

    /// Judges a cluster.
    ///
    /// - Parameters:
    ///   - isUp: whether an instance answers.
    ///   - standbyIsInSync: whether the standby has every acknowledged commit of the coordinator; its catalog row does
    ///     not tell. A pair of segments is in sync when its rows say so.
    public init(
        _ configuration: ClusterConfiguration, standbyIsInSync: Bool, isUp: (Segment) -> Bool
    ) {
        var byHost: [String: [ContentID]] = [:]
        var lost: [ContentID] = []
        var copies: [ContentID: Int] = [:]
        let coordinator = SegmentPair(primary: configuration.coordinator, mirror: configuration.standby)
        for pair in [coordinator] + configuration.pairs {
            let isInSync = pair.content == .coordinator ? standbyIsInSync : pair.isInSync
            var hosts = isUp(pair.primary) ? [pair.primary.hostname] : []
            if let mirror = pair.mirror, isInSync, isUp(mirror) { hosts.append(mirror.hostname) }
            copies[pair.content] = hosts.count
            if hosts.isEmpty { lost.append(pair.content) }
            if let only = hosts.first, hosts.allSatisfy({ $0 == only }) {
                byHost[only, default: []].append(pair.content)
            }
        }
        self.lost = lost
        self.copies = copies
        lethal = byHost.sorted { $0.key < $1.key }.map { Lethal(host: $0.key, contents: $0.value) }
    }
}

extension SegmentPair {
    /// Whether the catalog says that the mirror is up and has every acknowledged commit.
    public var isInSync: Bool {
        guard let mirror else { return false }
        return primary.mode == .inSync && mirror.mode == .inSync && mirror.status == .up
    }
}
