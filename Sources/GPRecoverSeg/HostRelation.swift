import BlockingWork
import ClusterModel
import ClusterOperations

/// Whether the address that an input file gives a new place is one of the host that it names.
///
/// A slip there would make a mirror on one host that the cluster looks for on another. The coordinator's host resolves
/// both, as the original does. Of a name that only SSH knows nothing can be said, and nothing is.
struct HostRelation: Sendable {
    let threads: BlockingThreads
    let cluster: ClusterConfiguration

    private static let lookupTime = Duration.seconds(5)

    /// A request that is skipped, and the original's words on it.
    struct Skipped: Sendable, Equatable {
        let leftOut: RecoveryPlan.LeftOut
        let warnings: [String]
    }

    /// Parts the requests whose host and address are known to be strangers from all others.
    func check(_ requests: [RecoveryDemand]) async -> (kept: [RecoveryDemand], skipped: [Skipped]) {
        let found = await fanOut(requests, limit: 16) { request in (request, await check(request)) }
        return (found.filter { $0.1 == nil }.map(\.0), found.compactMap(\.1))
    }

    private func check(_ request: RecoveryDemand) async -> Skipped? {
        guard let target = request.target, target.hostname != target.address,
            !cluster.allInstances.contains(where: { $0.hostname == target.hostname && $0.address == target.address })
        else { return nil }
        let host = await addresses(of: target.hostname)
        let address = await addresses(of: target.address)
        guard !host.isEmpty, !address.isEmpty, Set(host).isDisjoint(with: address) else { return nil }
        return Self.skipped(request, target, host)
    }

    static func skipped(_ request: RecoveryDemand, _ target: Segment, _ addresses: [String]) -> Skipped {
        let list = addresses.map { "'\($0)'" }.joined(separator: ", ")
        let words =
            "Not able to co-relate hostname:\(target.hostname) with address:\(target.address). "
            + "Skipping recovery for segments with contentId \(target.content)"
        return Skipped(
            leftOut: RecoveryPlan.LeftOut(
                request.failed, "address \(target.address) is none of host \(target.hostname)'s"),
            warnings: [
                "Given address:\(target.address) not present in resolved hostname:\(target.hostname) address list we "
                    + "got:[\(list)]", words,
            ])
    }

    /// In digits; none where the name does not resolve in time.
    private func addresses(of name: String) async -> [String] {
        let outcome = await threads.run {
            HostLookup.addresses(of: name, port: 1, until: .after(Self.lookupTime))
        }
        guard case .found(let list) = outcome else { return [] }
        var seen: Set<String> = []
        return list.compactMap(\.numeric).filter { seen.insert($0).inserted }
    }
}
