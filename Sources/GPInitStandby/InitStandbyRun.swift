import ClusterModel
import ClusterOperations
import PostgresClient
import RemoteShell
import Reporting
import ToolSupport

/// One run of gpinitstandby, from the open cluster to the result.
struct InitStandbyRun {
    let options: GPInitStandby
    let context: ToolContext
    let dataDirectory: String

    func run(_ action: GPInitStandby.Action) async throws -> ExitStatus {
        var opening = ClusterOpening(
            dataDirectory: dataDirectory, environment: context.environment, logger: context.logger)
        opening.connectTimeout = .seconds(10)
        let cluster = try await opening.open(.utility) { configuration in
            makeShell([configuration.coordinator.hostname])
        }
        await cluster.versions.announce(context.logger)
        let shell = cluster.access.shell
        return try await context.stop.withHandler({ Task { await shell.close() } }) {
            do {
                let status =
                    switch action {
                    case .add: try await add(cluster)
                    case .start: try await StandbyStart(context: context, options: options, cluster: cluster).run()
                    case .remove: try await remove(cluster)
                    case .finish: try await finish(cluster)
                    }
                await shell.close()
                return status
            } catch {
                await shell.close()
                throw error
            }
        }
    }

    private func makeShell(_ localHosts: Set<String>) -> any Shell {
        options.shellOptions.shell(localHosts: localHosts, width: 16, environment: context.environment)
    }

    // MARK: -s

    private func add(_ cluster: OpenCluster) async throws -> ExitStatus {
        let wanted = wantedPlace(cluster.configuration)
        context.report([
            .info("Validating environment and parameters for standby initialization..."),
            .info("Checking for data directory \(wanted.dataDirectory) on \(wanted.host)"),
        ])
        let plan = try await plan(cluster, wanted)
        guard plan.problems.isEmpty else {
            context.report(plan.problems.flatMap(\.lines))
            context.emit(json: StandbyJSON.plan(plan))
            throw ToolError(
                .plain,
                plan.problems.count == 1
                    ? plan.problems[0].text : "\(plan.problems.count) problem(s) found, nothing was changed",
                hint: hint(plan))
        }
        show(plan)
        try context.killPoint(StandbyStep.planned.rawValue)
        if options.isDryRun {
            context.emit(json: StandbyJSON.plan(plan))
            return .done
        }
        try await confirm("Do you want to continue with standby coordinator initialization?")
        return try await apply(plan, cluster)
    }

    /// `-s`, `-P`, `-S`; what is not given is the old standby's with `--replace` on its host, else the coordinator's.
    private func wantedPlace(_ cluster: ClusterConfiguration) -> StandbyPlace {
        let host = options.standbyHost ?? ""
        let old = options.replaces ? cluster.standby.flatMap { $0.hostname == host ? $0 : nil } : nil
        let model = old ?? cluster.coordinator
        var directory = options.standbyDirectory ?? model.dataDirectory
        while directory.count > 1, directory.hasSuffix("/") { directory.removeLast() }
        return StandbyPlace(host: host, port: options.standbyPort ?? model.port, dataDirectory: directory)
    }

    private func plan(_ cluster: OpenCluster, _ wanted: StandbyPlace) async throws -> StandbyPlan {
        let planner = StandbyPlanner(access: cluster.access, hostTimeout: options.shellOptions.hostTimeout)
        let facts = try await planner.gather(cluster.configuration, wanted, replaces: options.replaces)
        return StandbyPlanBuilder(
            facts: facts, engine: cluster.access.engine, user: cluster.access.user, hbaMethod: options.hbaMethod,
            usesHostnames: options.usesHostnames, serverVersion: await cluster.versions.local
        ).build()
    }

    private func hint(_ plan: StandbyPlan) -> String {
        plan.problems.contains { $0.text == "standby coordinator already configured" }
            ? "start it with gpinitstandby -n, remove it with gpinitstandby -r, or replace it: --replace -s <host>"
            : "put it right, then run gpinitstandby again"
    }

    private func show(_ plan: StandbyPlan) {
        context.report(StandbyPlanText(coordinator: plan.coordinator, standby: plan.standby).summary)
        if options.isDryRun { context.report(StandbyPlanText.changes(plan)) }
        context.report(plan.warnings.map { .warning($0) } + StandbyPlanText.leftOut(plan.leftOut))
    }

    private func apply(_ plan: StandbyPlan, _ cluster: OpenCluster) async throws -> ExitStatus {
        if let old = plan.removes { try await removeOld(old, cluster) }
        let coordinator = plan.coordinator.hostname
        let (options, environment) = (options, context.environment)
        let (stream, leftOut) = try await StandbyApply(
            options: options, context: context, access: cluster.access, plan: plan,
            freshShell: {
                options.shellOptions.shell(localHosts: [coordinator], width: 16, environment: environment)
            }
        ).apply()
        let ending = cluster.access.engine.setsCoordinatorSync ? "commits wait for it" : "it is in sync"
        context.report([
            .info("standby coordinator streams, \(stream.syncState ?? "state unknown"): \(ending)"),
            .info("Successfully created standby coordinator on \(plan.standby.hostname)"),
        ])
        context.emit(
            json: StandbyJSON.result("add", standby: plan.standby, succeeded: true, stream: stream, leftOut: leftOut))
        return .done
    }

    private func removeOld(_ old: Segment, _ cluster: OpenCluster) async throws {
        let removal = StandbyRemoval(
            context: context, access: cluster.access, coordinator: cluster.configuration.coordinator, standby: old)
        let problem = await removal.hostProblem()
        if let problem { context.report(.warning("the old standby's host does not answer: \(problem)")) }
        let left = try await removal.apply(hostProblem: problem)
        context.report(left.map { .warning("left behind: \($0)") })
    }

    // MARK: -r

    private func remove(_ cluster: OpenCluster) async throws -> ExitStatus {
        guard let standby = cluster.configuration.standby else {
            context.report(.error("Request made to remove warm coordinator standby, but no standby located."))
            throw ToolError(.plain, "no standby configured")
        }
        let coordinator = cluster.configuration.coordinator
        let removal = StandbyRemoval(
            context: context, access: cluster.access, coordinator: coordinator, standby: standby)
        let problem = await removal.hostProblem()
        context.report(StandbyPlanText(coordinator: coordinator, standby: standby, isRemoval: true).summary)
        if let problem {
            context.report([
                .warning("the standby's host does not answer: \(problem)"),
                .warning("its data directory \(standby.dataDirectory) and its server, if it runs, will stay there"),
            ])
        }
        if options.isDryRun {
            context.emit(json: StandbyJSON.result("remove", standby: standby, succeeded: true))
            return .done
        }
        try await confirm("Do you want to continue with deleting the standby coordinator?")
        let left = try await removal.apply(hostProblem: problem)
        context.report(left.map { .warning("left behind: \($0)") })
        if problem != nil {
            let directory = ShellQuoting.word(standby.dataDirectory)
            context.report(
                .warning(
                    "hint: when \(standby.hostname) is back, run there: "
                        + "pg_ctl -D \(directory) -m immediate stop; rm -rf \(directory)"))
        }
        context.report(.info("Successfully removed standby coordinator"))
        context.emit(json: StandbyJSON.result("remove", standby: standby, succeeded: true, leftBehind: left))
        return .done
    }

    // MARK: --finish

    /// Lets the configured standby in wherever that is still missing.
    private func finish(_ cluster: OpenCluster) async throws -> ExitStatus {
        guard let standby = cluster.configuration.standby else {
            throw ToolError(.plain, "Standby coordinator not configured", hint: "add one: gpinitstandby -s <host>")
        }
        var place = StandbyPlace(host: standby.hostname, port: standby.port, dataDirectory: standby.dataDirectory)
        place.host = standby.hostname
        let plan = try await plan(cluster, place)
        let changes = (plan.coordinatorAccess.map { [$0] } ?? []) + plan.segmentAccess
        context.report(changes.map { .info("\($0.file) on \($0.instance.hostname): \($0.lines.count) line(s) added") })
        if options.isDryRun {
            context.emit(json: StandbyJSON.plan(plan))
            return .done
        }
        let step = AccessStep(access: cluster.access, standby: standby, undo: nil)
        let fencing = SegmentFencing(access: cluster.access, hostTimeout: options.shellOptions.hostTimeout)
        let leftOut =
            plan.leftOut + (await step.writeAll(changes)) + (await fencing.openFences(plan) { context.report($0) })
        context.report(StandbyPlanText.leftOut(leftOut))
        context.report(
            changes.isEmpty
                ? .info("None of the reachable segments require update to pg_hba.conf")
                : .info("Successfully modified pg_hba.conf on primary segments to allow standby connection"))
        context.emit(
            json: StandbyJSON.result("finish", standby: standby, succeeded: leftOut.isEmpty, leftOut: leftOut))
        guard leftOut.isEmpty else {
            throw ToolError(
                .plain, "\(leftOut.count) instance(s) do not let the standby in yet",
                hint: "run gpinitstandby --finish again when their hosts are back")
        }
        return .done
    }

    /// Asks, unless `-a` was given; the answer no ends as every failure of this tool.
    private func confirm(_ question: String) async throws {
        if context.asksNothing { return }
        guard try await context.answersYes(question, background: "") else { throw ToolError(.plain, "User canceled") }
    }
}
