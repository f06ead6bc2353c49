import ClusterModel
import ClusterOperations
import Reporting
import ToolSupport

/// The fence at the segments, and the promotion behind the gate where the segments are not known before.
extension ActivationApply {
    /// Sets the fence where the segments are known.
    ///
    /// - Returns: the segments that still let the old coordinator in.
    func fence(_ access: ClusterAccess) async -> [SegmentFencing.LeftOut] {
        run.state(.fence, plan)
        guard let fence = plan.fence, plan.situation != .activated else { return plan.leftOut }
        guard plan.dbid != nil else {
            context.report(.info("the segments are known once the standby is promoted; they are fenced then"))
            return []
        }
        let failed = await SegmentFencing(access: access, hostTimeout: run.options.shellOptions.hostTimeout)
            .set(fence, at: plan.fencedSegments, staying: plan.stayingAddresses)
        let done = plan.fencedSegments.count - failed.count
        context.report(
            .info(
                "\(done) of \(plan.fencedSegments.count + plan.leftOut.count) segments turn "
                    + "\(fence.addresses.joined(separator: ", ")) away"))
        let leftOut = plan.leftOut + failed
        context.report(ActivationPlanText.leftOut(leftOut))
        return leftOut
    }

    func reportPromoted() {
        context.report(
            .info(
                plan.situation == .activated
                    ? "this instance is the coordinator already and accepts connections: nothing to promote"
                    : "this instance was promoted by an earlier run: going on from there"))
    }

    /// Ends the recovery, behind the gate where the plan has one.
    ///
    /// - Throws: `OperationError`; with the server a standby as before the gate is opened by whoever ends the run.
    func promote(_ access: ClusterAccess) async throws {
        context.report(.info("found standby postmaster process"))
        if plan.shutsGate { try await run.gate.shut() }
        try context.killPoint(ActivationStep.gateShut.rawValue)
        let promotion = Promotion(context: context, access: access, timeout: .seconds(run.options.timeoutSeconds))
        run.gate.promotionBegins()
        do { try await promotion.request() } catch let error as OperationError {
            run.gate.promotionRefused()
            throw error
        }
        try context.killPoint(ActivationStep.promotionRequested.rawValue)
        try await promotion.awaitEnd()
        if plan.shutsGate, let weakness = await run.gate.weakness(access) {
            context.report(
                .warning("between the promotion and the fence the new coordinator may have let others in: \(weakness)"))
        }
        try context.killPoint(ActivationStep.promoted.rawValue)
    }

    /// Where the server changed the catalog itself: the row of the history that tells whose place was taken.
    func noteActivation(_ access: ClusterAccess) async throws {
        guard access.engine.changesCatalogAtPromotion, let dbid = plan.dbid, var former = plan.former else { return }
        if let fence = plan.fence { former.fencedAddresses = fence.addresses }
        let noted = former
        try await access.withCoordinator(.standbyChange) { try Catalog.noteActivation(of: dbid, former: noted, on: $0) }
    }
}
