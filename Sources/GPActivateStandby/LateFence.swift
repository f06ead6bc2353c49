import ClusterModel
import ClusterOperations
import Reporting
import ToolSupport

/// The plan of an activation whose standby shows its catalog only once it is promoted.
///
/// The gate (`GateKeeper`) keeps everybody out meanwhile.
struct LateFence: Sendable {
    let run: ActivationRun
    let plan: ActivationPlan

    /// Reads the catalog and plans the fence anew with what it says.
    func planned(_ access: ClusterAccess) async throws -> ActivationPlan {
        var facts = try await run.survey.local()
        // Where the server has taken the old coordinator's row out, what was known before is all there is.
        if let former = plan.former, facts.former?.dbid == nil { facts.former = former }
        // The look before the promotion counts: another one at a host that is gone would take its time again.
        facts.old = plan.old
        await run.survey.segments(&facts, access.shell)
        let choice = SegmentFence.choose(facts.formerAddresses, staying: facts.staying)
        var next = plan
        next.dbid = facts.own?.dbid
        next.former = facts.former
        next.hostname = facts.hostname
        next.clientHost = facts.own.map { access.engine.connectionHost(of: $0) } ?? facts.hostname
        next.fenceObstacles = choice.obstacles
        next.stayingAddresses = Set(facts.staying.values.flatMap { $0 }).sorted()
        next.fence = nil
        guard !run.options.leavesSegmentsOpen else { return next }
        guard !choice.addresses.isEmpty else {
            if plan.fence != nil {
                run.context.report(
                    .warning("this fence cannot be set at the segments: \(choice.obstacles.joined(separator: "; "))"))
            }
            return next
        }
        next.fence = SegmentFence(host: facts.former?.hostname ?? "", addresses: choice.addresses)
        next.fencedSegments = facts.segments.filter { facts.silentHosts[$0.hostname] == nil }
        next.leftOut = facts.segments.compactMap { segment in
            facts.silentHosts[segment.hostname].map { .init(instance: segment, reason: $0) }
        }
        return next
    }
}
