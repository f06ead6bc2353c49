import ClusterModel
import ClusterOperations

/// The fence on an engine whose standby shows its catalog only once it is promoted.
///
/// Between the promotion and this fence the old coordinator's sessions reach the segments.
struct LateFence: Sendable {
    let run: ActivationRun
    let former: FormerCoordinator?

    /// Reads the catalog, which the server changed itself, and plans anew with what it says.
    ///
    /// Adds the history row about the activation.
    func plan(after plan: ActivationPlan, _ access: ClusterAccess) async throws -> ActivationPlan {
        var facts = try await run.survey.local()
        if let former { facts.former = former }
        await run.survey.others(&facts, access.shell, window: ActivationRun.shortLook)
        let choice = SegmentFence.choose(facts.formerAddresses, staying: facts.staying)
        var next = plan
        next.dbid = facts.own?.dbid
        next.hostname = facts.hostname
        next.clientHost = facts.own.map { access.engine.connectionHost(of: $0) } ?? facts.hostname
        next.fenceObstacles = choice.obstacles
        next.stayingAddresses = Set(facts.staying.values.flatMap { $0 }).sorted()
        if !run.options.leavesSegmentsOpen, !choice.addresses.isEmpty {
            next.fence = SegmentFence(host: former?.hostname ?? "", addresses: choice.addresses)
            next.fencedSegments = facts.segments.filter { facts.silentHosts[$0.hostname] == nil }
            next.leftOut = facts.segments.compactMap { segment in
                facts.silentHosts[segment.hostname].map { .init(instance: segment, reason: $0) }
            }
        }
        if let dbid = next.dbid, var former {
            former.fencedAddresses = next.fence?.addresses ?? []
            let history = former.history
            try await access.withCoordinator(.standbyChange) { try Catalog.addHistory(history, dbid: dbid, on: $0) }
        }
        return next
    }
}
