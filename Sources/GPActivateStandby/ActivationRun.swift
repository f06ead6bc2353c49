import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient
import RemoteShell
import Reporting
import ToolSupport

/// One run of gpactivatestandby, from the facts to the result.
struct ActivationRun: Sendable {
    let options: GPActivateStandby
    let context: ToolContext
    let dataDirectory: String
    let port: Int
    let gate: GateKeeper

    init(options: GPActivateStandby, context: ToolContext, dataDirectory: String, port: Int) {
        self.options = options
        self.context = context
        self.dataDirectory = dataDirectory
        self.port = port
        gate = GateKeeper(
            context: context, dataDirectory: dataDirectory, environment: Self.ownEnvironment(context.environment))
    }

    /// How long a look takes at most where its answer does not decide.
    static let shortLook = Duration.seconds(3)

    /// `PGHOST` names the old coordinator more often than not: the standby is this machine's.
    var environment: [String: String] { Self.ownEnvironment(context.environment) }

    private static func ownEnvironment(_ environment: [String: String]) -> [String: String] {
        environment.filter { $0.key != "PGHOST" }
    }

    var survey: ActivationSurvey {
        ActivationSurvey(
            dataDirectory: dataDirectory, port: port, environment: environment,
            threads: BlockingThreads(width: 128), hostTimeout: options.shellOptions.hostTimeout, gate: gate)
    }

    private var fenceTimeout: Duration { .seconds(options.fenceTimeoutSeconds) }

    func policy(succeeded: Bool = false) -> FencePolicy {
        FencePolicy(
            requiresProof: options.requiresFencing, hasCommand: options.fenceCommand != nil,
            commandSucceeded: succeeded, seconds: options.fenceTimeoutSeconds)
    }

    /// Why a directory that is no data directory is refused, in the original's words.
    static func notHere(_ dataDirectory: String, _ context: ToolContext) -> OperationError {
        let problem = ActivationPlanBuilder.noStandby(dataDirectory)
        context.report(problem.lines)
        return OperationError(problem.text, hint: problem.hint)
    }

    func makeShell(_ hostname: String) -> any Shell {
        options.shellOptions.shell(localHosts: [hostname], width: 16, environment: context.environment)
    }

    /// Does what was asked for; a gate that an earlier run left shut is opened, or the run says that it stays.
    func run() async throws -> ExitStatus {
        do {
            let status = try await options.finishes ? FinishRun(run: self).finish() : activate()
            if gate.isShut { await gate.settle(try? await survey.local(), isDryRun: options.isDryRun) }
            return status
        } catch {
            if gate.isShut { await gate.settle(try? await survey.local(), isDryRun: options.isDryRun) }
            throw error
        }
    }

    private func activate() async throws -> ExitStatus {
        var facts = try await settledFacts()
        let shell = makeShell(facts.hostname)
        return try await context.stop.withHandler({ Task { await shell.close() } }) {
            do {
                try await inspect(&facts, shell)
                let status = try await work(&facts, shell)
                await shell.close()
                return status
            } catch {
                await shell.close()
                throw error
            }
        }
    }

    /// Looks at the others; where the answer does not decide, the look is short.
    private func inspect(_ facts: inout ActivationFacts, _ shell: any Shell) async throws {
        guard !facts.isNoStandby else { return }
        let decides = options.fenceCommand == nil && facts.situation != .activated
        await survey.others(&facts, shell, window: decides ? fenceTimeout : min(fenceTimeout, Self.shortLook))
    }

    private func plan(_ facts: ActivationFacts, commandSucceeded: Bool = false) -> ActivationPlan {
        ActivationPlanBuilder(
            facts: facts, policy: policy(succeeded: commandSucceeded), isForced: options.isForced,
            fencesSegments: !options.leavesSegmentsOpen
        ).build()
    }

    private func work(_ facts: inout ActivationFacts, _ shell: any Shell) async throws -> ExitStatus {
        var plan = plan(facts)
        show(plan)
        try refuse(plan)
        if options.isDryRun {
            context.emit(json: ActivationJSON.plan(plan))
            return .done
        }
        if plan.situation != .activated { try await confirm() }
        try context.killPoint(ActivationStep.agreed.rawValue)
        if plan.runsFenceCommand { plan = try await fenceCoordinator(&facts) }
        try context.killPoint(ActivationStep.coordinatorFenced.rawValue)
        if plan.startsStandby { plan = try await startStandby(&facts, plan) }
        try context.killPoint(ActivationStep.standbyRuns.rawValue)
        var apply = ActivationApply(run: self, plan: plan, shell: shell)
        return try await apply.apply()
    }

    private func show(_ plan: ActivationPlan) {
        context.report(
            ActivationPlanText.summary(plan, logDirectory: options.log.logDirectory, isForced: options.isForced))
        if options.isDryRun { context.report(ActivationPlanText(plan: plan).lines) } else { state(.inspect, plan) }
        context.report(plan.evidence + plan.warnings.map { .warning($0) })
    }

    /// Logs a state and what is found or to be done in it.
    func state(_ state: ActivationPlan.State, _ plan: ActivationPlan) {
        let number = (ActivationPlan.State.allCases.firstIndex(of: state) ?? 0) + 1
        let lines = plan.parts.first { $0.state == state }?.lines ?? []
        context.report(
            [.info("state \(number) of \(ActivationPlan.State.allCases.count): \(state.rawValue)")]
                + (state == .inspect ? lines.map { .info($0) } : []))
    }

    private func refuse(_ plan: ActivationPlan) throws {
        guard let first = plan.problems.first else { return }
        context.report(plan.problems.flatMap(\.lines))
        context.emit(json: ActivationJSON.plan(plan))
        for problem in plan.problems.dropFirst() { context.report(.error(problem.text)) }
        throw ToolError(.critical, first.text, hint: first.hint)
    }

    /// Asks, unless `-a` was given; the answer no ends as every failure of this tool.
    private func confirm() async throws {
        if context.asksNothing { return }
        let question = "Do you want to continue with standby coordinator activation?"
        guard try await context.answersYes(question, background: "") else {
            throw ToolError(.critical, "User canceled")
        }
    }

    /// Runs the fence command, then looks again: a port that answers, or a server that its host shows, overrules it.
    private func fenceCoordinator(_ facts: inout ActivationFacts) async throws -> ActivationPlan {
        let said = plan(facts).warnings
        guard let command = options.fenceCommand, let former = facts.former else { return plan(facts) }
        context.report(.info("running the fence command"))
        try await FenceCommand(command: command, former: former).run(LocalShell())
        // A connection from before may be to a host that is off by now.
        let fresh = makeShell(facts.hostname)
        facts.old = await survey.look(facts, fresh, window: min(fenceTimeout, Self.shortLook))
        await fresh.close()
        context.report(.info("the fence command ended with 0; the old coordinator is \(facts.old.label)"))
        let plan = plan(facts, commandSucceeded: true)
        context.report(plan.evidence + plan.warnings.filter { !said.contains($0) }.map { .warning($0) })
        try refuse(plan)
        return plan
    }

    /// Starts the standby and plans again with what it says.
    private func startStandby(
        _ facts: inout ActivationFacts, _ plan: ActivationPlan
    ) async throws -> ActivationPlan {
        context.report(.info("Starting standby coordinator database..."))
        let build = MirrorBuild(
            engine: facts.directory.engine, binaryDirectory: facts.directory.binaryDirectory,
            user: CoordinatorLocation.user(environment) ?? "")
        let standby = Segment(
            dbid: DatabaseID(0), content: .coordinator, role: .mirror, preferredRole: .mirror, mode: .inSync,
            status: .up, hostname: facts.hostname, address: facts.hostname, port: port, dataDirectory: dataDirectory)
        let limit = Duration.seconds(options.timeoutSeconds)
        let output = try await LocalShell().run(
            ShellCommand(
                build.start(standby, timeout: limit), purpose: "the start of the standby",
                timeout: limit + .seconds(30)), on: "localhost")
        guard output.succeeded else {
            throw OperationError("the standby does not start: \(output.lastErrorLine)")
        }
        let old = facts.old
        facts = try await survey.local()
        let fresh = makeShell(facts.hostname)
        await survey.others(&facts, fresh, window: min(fenceTimeout, Self.shortLook))
        await fresh.close()
        // A short look proves less than the long one before.
        if case .unreachable = facts.old { facts.old = old }
        let next = self.plan(facts, commandSucceeded: options.fenceCommand != nil)
        context.report(next.evidence + next.warnings.filter { !plan.warnings.contains($0) }.map { .warning($0) })
        try refuse(next)
        return next
    }
}
