import ClusterModel
import ClusterOperations
import Reporting
import ToolSupport

/// `gprecoverseg -r`: gives the pairs whose instances play each other's parts their preferred roles back.
///
/// It recovers nothing: pairs with a mirror that is down stay as they are.
struct RebalanceRun: Sendable {
    let options: RebalanceOptions
    let context: ToolContext
    let cluster: OpenCluster

    private var access: ClusterAccess { cluster.access }
    private var build: MirrorBuild {
        MirrorBuild(engine: access.engine, binaryDirectory: access.location.binaryDirectory, user: access.user)
    }

    /// Plans, shows, asks, swaps, verifies.
    ///
    /// The caller must not close the shell when the run is asked to stop: a pair under way needs it to its end.
    /// - Throws: `ToolError` when nothing could begin, or the answer was no.
    func run() async throws -> ExitStatus {
        let pairs = RebalancePlan.switchedPairs(cluster.configuration)
        guard !pairs.isEmpty else { return nothingToDo() }
        let survey = RebalanceSurvey(
            access: access, build: build, hostCount: options.hostCount, hostTimeout: options.hostTimeout)
        let facts = await survey.gather(pairs, lagLimit: options.lagLimit)
        let plan = RebalancePlan(facts)
        context.report(RebalancePlanText(plan: plan, unreachable: facts.unreachable).lines)
        if options.isDryRun {
            context.emit(json: RebalanceJSON.document(plan, nil))
            return .done
        }
        guard !plan.swaps.isEmpty else { return report(plan, []) }
        try await confirm()
        try await proveService()
        try context.killPoint(RebalanceStep.begun.rawValue)
        let board = context.progressBoard(isWanted: !options.hidesProgress)
        let apply = RebalanceApply(
            options: options, context: context, access: access, build: build, board: board)
        let outcomes = await apply.apply(plan)
        board.close()
        return report(plan, outcomes)
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
        do {
            try await access.withCoordinator(.dispatch) { [engine = access.engine] in
                try Catalog.requestProbe(engine, on: $0)
            }
        } catch {
            throw ToolError(
                .plain, "the fault-tolerance service did not probe, nothing was stopped: \(error)",
                hint: "start the service (gpftsd, or gpdemo start), then run gprecoverseg -r again")
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
