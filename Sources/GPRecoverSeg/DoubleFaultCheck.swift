import ClusterModel
import ClusterOperations
import PostgresClient

/// Finds contents that nobody serves, which the catalog may not show: the service changes nothing about them.
struct DoubleFaultCheck: Sendable {
    let access: ClusterAccess
    let cluster: ClusterConfiguration
    let hostLimit: Int
    let hostTimeout: Duration

    /// The pairs whose acting primary does not answer; only those with `isOfInterest` are asked.
    func silentPairs(
        where isOfInterest: @Sendable (SegmentPair) -> Bool = { _ in true }
    ) async -> [SegmentPair] {
        let answers = await fanOut(cluster.pairs.filter(isOfInterest), limit: 64) { [access] pair -> SegmentPair? in
            let isAlive = try? await access.withSegment(pair.primary) { $0.isAlive }
            return isAlive == true ? nil : pair
        }
        return answers.compactMap { $0 }
    }

    /// The evidence on those of the pairs of which no copy runs.
    func faults(_ pairs: [SegmentPair]) async -> [DoubleFault] {
        guard !pairs.isEmpty else { return [] }
        let found = await DoubleFaultSurvey.ask(
            pairs, access, coordinator: cluster.coordinator.hostname, hostLimit: hostLimit,
            timeout: hostTimeout + .seconds(20))
        return found.filter { fault in !fault.copies.contains(where: \.isRunning) }
    }
}
