/// One segment that shall be recovered, before anything is known about it but its catalog row.
public struct RecoveryDemand: Sendable, Equatable {
    /// Its row now.
    public var failed: Segment
    /// The place it shall have, as a row; nil when it stays.
    ///
    /// The same place as now asks for a full copy there.
    public var target: Segment?
    /// The line of the input file that asked.
    public var line: Int?

    public init(failed: Segment, target: Segment? = nil, line: Int? = nil) {
        self.failed = failed
        self.target = target
        self.line = line
    }

    /// The row that results.
    public var result: Segment { target ?? failed }
}

/// Turns a catalog and what the user asked for into requests.
public enum RecoveryDemands {
    /// All segments that the catalog has down, in the order of displays.
    public static func inPlace(_ cluster: ClusterConfiguration) -> [RecoveryDemand] {
        cluster.segments.filter { $0.status == .down }.map { RecoveryDemand(failed: $0) }
    }

    /// What an input file asks for.
    ///
    /// A line that moved its segment in an earlier run names it by its new place; it asks for no more than to bring
    /// it up there.
    /// - Throws: `InputFileError` for a segment that the catalog does not have.
    public static func from(
        _ entries: [RecoveryFile.Entry], in cluster: ClusterConfiguration, file: String
    ) throws(InputFileError) -> [RecoveryDemand] {
        var requests: [RecoveryDemand] = []
        for entry in entries {
            guard let failed = cluster.allInstances.first(where: entry.failed.names) else {
                if let target = entry.target, let moved = cluster.segments.first(where: target.names) {
                    requests.append(RecoveryDemand(failed: moved, line: entry.line))
                    continue
                }
                throw InputFileError(
                    "A segment to recover was not found in configuration. "
                        + "This segment is described by '\(entry.failed.text)' (line \(entry.line) of file \(file))")
            }
            let target = entry.target.map { group in
                var target = failed
                target.hostname = group.hostname ?? group.address
                target.address = group.address
                target.port = group.port
                target.dataDirectory = group.dataDirectory
                // The form with three fields says nothing of the host's name: the same address is the same host.
                if group.hostname == nil, let known = cluster.allInstances.first(where: { $0.address == group.address })
                {
                    target.hostname = known.hostname
                }
                return target
            }
            requests.append(RecoveryDemand(failed: failed, target: target, line: entry.line))
        }
        return requests
    }

    /// All failed segments, those of each host together on one of the given hosts.
    ///
    /// - Returns: the requests, and the hosts that were not needed.
    /// - Throws: `PlacementConflict` in the original's words.
    public static func onHosts(
        _ hosts: [String], _ cluster: ClusterConfiguration
    ) throws(PlacementConflict) -> (requests: [RecoveryDemand], unneeded: [String]) {
        let failed = Dictionary(grouping: inPlace(cluster).map(\.failed), by: \.hostname).sorted { $0.key < $1.key }
        guard failed.count <= hosts.count else {
            throw PlacementConflict(description: "Not enough new recovery hosts given for recovery.")
        }
        var used: [String: Set<Int>] = [:]
        for instance in cluster.allInstances { used[instance.hostname, default: []].insert(instance.port) }
        let lowest = cluster.segments.map(\.port).min() ?? 1
        var requests: [RecoveryDemand] = []
        for ((_, segments), host) in zip(failed, hosts) {
            for segment in segments {
                guard let port = (lowest...65535).first(where: { used[host]?.contains($0) != true }) else {
                    throw PlacementConflict(description: "Unable to assign port on \(host)")
                }
                used[host, default: []].insert(port)
                var target = segment
                target.hostname = host
                target.address = cluster.allInstances.first { $0.hostname == host }?.address ?? host
                target.port = port
                requests.append(RecoveryDemand(failed: segment, target: target))
            }
        }
        return (requests, Array(hosts.dropFirst(failed.count)))
    }

    /// The hosts of `-p`: trimmed, each once, in their order.
    public static func hostList(_ text: String) -> [String] {
        var seen: Set<String> = []
        return text.split(separator: ",").map { $0.trimmingBlanks }.filter { !$0.isEmpty && seen.insert($0).inserted }
    }

    /// Why a request cannot be begun, in the original's words; nil when it can.
    ///
    /// - Parameter unreachable: hosts that do not answer.
    public static func problem(
        of request: RecoveryDemand, in cluster: ClusterConfiguration, unreachable: Set<String>
    ) -> String? {
        let (failed, content) = (request.failed, request.failed.content)
        guard let source = cluster.peer(of: failed) else {
            return "No peer found for dbid \(failed.dbid). liveSegment is None"
        }
        if source.isCoordinatorPair {
            return "Segment to recover from for content \(content) is not a correct segment "
                + "(it is a coordinator or standby coordinator)"
        }
        if source.role != .primary { return "Segment to recover from for content \(content) is not a primary" }
        if source.status != .up { return "Primary segment is not up for content \(content)" }
        if unreachable.contains(source.hostname) {
            return "The recovery source segment \(source.hostname) (content \(content)) is unreachable."
        }
        if unreachable.contains(request.result.hostname) {
            return "The recovery target segment \(request.result.hostname) (content \(content)) is unreachable."
        }
        return nil
    }

    /// Looks for two instances in one place, over the cluster as it will be.
    ///
    /// - Throws: `PlacementConflict` in the original's words.
    public static func checkConflicts(
        _ requests: [RecoveryDemand], in cluster: ClusterConfiguration
    ) throws(PlacementConflict) {
        let changed = Set(requests.map(\.failed.dbid))
        try PlacementConflict.check(
            cluster.allInstances.filter { !changed.contains($0.dbid) } + requests.map(\.result))
    }
}
