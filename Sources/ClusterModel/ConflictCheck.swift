/// Two instances that cannot share a host.
public struct PlacementConflict: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    /// Looks for two instances on one host with the same port or data directory.
    ///
    /// - Parameter segments: the whole cluster as it will be, the new instances after the old ones.
    /// - Throws: the first conflict, in the original's words.
    public static func check(_ segments: [Segment]) throws(PlacementConflict) {
        for (host, members) in Dictionary(grouping: segments, by: \.hostname).sorted(by: { $0.key < $1.key }) {
            var ports: [Int: Segment] = [:]
            var directories: [String: Segment] = [:]
            for segment in members {
                if let other = ports.updateValue(segment, forKey: segment.port) {
                    throw PlacementConflict(
                        description: "Segment dbid's \(segment.dbid) and \(other.dbid) on host \(host) "
                            + "cannot have the same port \(segment.port).")
                }
                if let other = directories.updateValue(segment, forKey: segment.dataDirectory) {
                    throw PlacementConflict(
                        description: "Segment dbid's \(segment.dbid) and \(other.dbid) on host \(host) "
                            + "cannot have the same data directory '\(segment.dataDirectory)'.")
                }
            }
        }
    }
}

/// The range in which mirror ports may lie, as the original checks it before anything else.
public enum PortOffsetCheck {
    /// Whether an offset keeps every derived port between 6432 and 61000.
    ///
    /// - Parameter ports: the ports of all instances, the coordinator's included.
    public static func accepts(offset: Int, ports: [Int]) -> Bool {
        guard let lowest = ports.min(), let highest = ports.max() else { return true }
        // Beyond any port the sums below could overflow.
        guard (-65_535...65_535).contains(offset) else { return false }
        let far = 3 * offset
        return offset >= 0
            ? lowest + offset >= 6432 && highest + far <= 61000
            : lowest + far >= 6432 && highest + offset <= 61000
    }
}

/// Whether a cluster has the even shape for which layouts are computed.
public enum StandardArrayCheck {
    /// Why the cluster is not even, in the original's words; nil when it is.
    public static func reason(_ cluster: ClusterConfiguration) -> String? {
        if let reason = uneven(
            cluster, role: .primary, "The number of primary segments is not consistent across all nodes: ")
        {
            return reason
        }
        if let reason = uneven(
            cluster, role: .mirror, "The number of mirror segments is not consistent across all nodes. ")
        {
            return reason
        }
        return addresses(cluster)
    }

    private static func uneven(_ cluster: ClusterConfiguration, role: SegmentRole, _ text: String) -> String? {
        var order: [String] = []
        var counts: [String: Int] = [:]
        for segment in cluster.segments {
            if counts[segment.hostname] == nil { order.append(segment.hostname) }
            counts[segment.hostname, default: 0] += segment.role == role ? 1 : 0
        }
        guard let first = order.first, let odd = order.first(where: { counts[$0] != counts[first] }) else { return nil }
        return "\(text)\(odd) != \(first)."
    }

    private static func addresses(_ cluster: ClusterConfiguration) -> String? {
        var suffixed: Set<String> = []
        for segment in cluster.allInstances where segment.dbid != cluster.coordinator.dbid {
            if segment.address == segment.hostname {
                guard !suffixed.contains(segment.hostname) else {
                    return "The address value for \(segment.address) is the same as the host name, "
                        + "but other addresses on the host are not."
                }
                continue
            }
            // A number says nothing about a naming scheme; the original calls it non-standard.
            if HostName.isNumeric(segment.address) { continue }
            guard hasNumberSuffix(segment.address) else {
                return "The address value for \(segment.address) does not correspond to a standard address."
            }
            suffixed.insert(segment.hostname)
        }
        return nil
    }

    private static func hasNumberSuffix(_ address: String) -> Bool {
        guard let dash = address.lastIndex(of: "-") else { return false }
        let digits = address[address.index(after: dash)...]
        return !digits.isEmpty && digits.allSatisfy { $0.isASCII && $0.isNumber }
    }
}
