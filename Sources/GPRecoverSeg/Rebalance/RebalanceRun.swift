import ClusterModel
import ClusterOperations
import RemoteShell
import Reporting
import ToolSupport

/// `gprecoverseg -r`: gives the pairs whose instances play each other's parts their preferred roles back.
///
/// It recovers nothing: pairs with a mirror that is down stay as they are.
struct RebalanceRun: Sendable {
    let options: RebalanceOptions
    let context: ToolContext
    let cluster: OpenCluster
    let recovery: SegmentRecovery

    private var access: ClusterAccess { cluster.access }

    /// Plans, shows, asks, swaps, verifies.
    ///
    /// The caller must not close the shell when the run is asked to stop: a pair under way needs it to its end.
    /// - Throws: `ToolError` when nothing could begin, or the answer was no.
    func run() async throws -> ExitStatus {
        let pairs = RebalancePlan.switchedPairs(cluster.configuration)
        guard !pairs.isEmpty else { return nothingToDo() }
        let shell = access.shell
        let plan = try await context.stop.withHandler({ Task { await shell.close() } }) {
            () async throws -> RebalancePlan in try await planAndAsk(pairs)
        }
        if options.isDryRun {
            context.emit(json: RebalanceJSON.document(plan, nil))
            // As that of a recovery: 0 where every pair would swap.
            return plan.left.isEmpty ? .done : .incomplete
        }
        guard !plan.swaps.isEmpty else { return report(plan, []) }
        try context.killPoint(RebalanceStep.begun.rawValue)
        try context.stop.check()
        let board = context.progressBoard(isWanted: !options.hidesProgress, isSequential: options.isSequential)
        let apply = RebalanceApply(options: options, context: context, recovery: recovery, board: board)
        let outcomes = await apply.apply(plan)
        board.close()
        return report(plan, outcomes)
    }

    /// Everything up to the user's yes; nothing is changed.
    private func planAndAsk(_ pairs: [SegmentPair]) async throws -> RebalancePlan {
        let survey = RebalanceSurvey(
            access: access, build: recovery.build, hostCount: options.hostCount, hostTimeout: options.hostTimeout)
        let facts = await survey.gather(pairs, lagLimit: options.lagLimit)
        try context.stop.check()
        let plan = RebalancePlan(facts)
        context.report(RebalancePlanText(plan: plan, unreachable: facts.unreachable).lines)
        guard !options.isDryRun, !plan.swaps.isEmpty else { return plan }
        try await confirm()
        try await proveService()
        return plan
    }

    private func nothingToDo() -> ExitStatus {
        context.report(
            .info("No segments are running in their non-preferred role and need to be rebalanced."))
        let down = cluster.configuration.segments.filter { $0.status == .down }
        if !down.isEmpty {
            context.report(
                .warning("\(down.map(\.label).joined(separator: ", ")): down; run gprecoverseg to recover"))
        }
        let plan = RebalancePlan(RebalanceFacts(pairs: [], lagLimit: options.lagLimit))
        let status = ExitStatus.done
        context.emit(
            json: options.isDryRun
                ? RebalanceJSON.document(plan, nil)
                : RebalanceJSON.document(plan, [], exitStatus: Int(status.rawValue)))
        return status
    }

    private func confirm() async throws {
        guard !context.asksNothing else { return }
        context.report([
            .warning("This operation will cancel queries that are currently executing."),
            .warning("Connections to the database however will not be interrupted."),
        ])
        try await context.confirm("Continue with segment rebalance procedure", background: "")
    }

    /// Without a service nobody would promote: proved before anything is stopped.
    private func proveService() async throws {
        context.report(.info("Triggering FTS probe"))
        let service =
            access.engine.hasFaultToleranceProgram
            ? "start the service (gpftsd, or gpdemo start)"
            : "see what the coordinator's log says of its ftsprobe process"
        do {
            try await access.withCoordinator(.dispatch) { [engine = access.engine] in
                try Catalog.requestProbe(engine, on: $0)
            }
        } catch {
            throw ToolError(
                .plain, "the fault-tolerance service did not probe, nothing was stopped: \(error)",
                hint: "\(service), then run gprecoverseg -r again")
        }
    }

    private func report(_ plan: RebalancePlan, _ outcomes: [SwapOutcome]) -> ExitStatus {
        let text = RebalanceResultText(plan: plan, outcomes: outcomes)
        let status: ExitStatus = text.isComplete ? .done : .incomplete
        context.report(text.lines)
        context.emit(json: RebalanceJSON.document(plan, outcomes, exitStatus: Int(status.rawValue)))
        return status
    }
}
