import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import PostgresClient
import RemoteShell
import Reporting
import ToolSupport

/// One run of gprecoverseg, from the open cluster to the result.
struct RecoverRun {
    let options: GPRecoverSeg
    let context: ToolContext
    let dataDirectory: String

    func run() async throws -> ExitStatus {
        var opening = ClusterOpening(
            dataDirectory: dataDirectory, environment: context.environment, logger: context.logger)
        opening.connectTimeout = .seconds(10)
        let cluster = try await opening.open(.dispatch) { configuration in
            options.shellOptions.shell(
                localHosts: [configuration.coordinator.hostname], width: options.parallel.hostCount,
                environment: context.environment)
        }
        await cluster.versions.announce(context.logger)
        try options.checkCombinations()
        guard cluster.configuration.hasMirrors else {
            throw ToolError(
                .operational, "GPDB Mirroring replication is not configured for this Greenplum Database instance.",
                hint: "gpaddmirrors adds mirrors")
        }
        let shell = cluster.access.shell
        // A rebalance arranges for its own interruption: a pair under way needs the shell to its end.
        let status =
            try await options.rebalances
            ? rebalance(cluster)
            : context.stop.withHandler({ Task { await shell.close() } }) { try await recover(cluster) }
        await shell.close()
        return status
    }

    private func rebalance(_ cluster: OpenCluster) async throws -> ExitStatus {
        let rebalance = RebalanceOptions(options)
        return try await RebalanceRun(
            options: rebalance, context: context, cluster: cluster, recovery: recovery(cluster.access)
        ).run()
    }

    private func recover(_ cluster: OpenCluster) async throws -> ExitStatus {
        var requests = try RequestReading(options: options, cluster: cluster.configuration).requests()
        let (related, skipped) = await HostRelation(
            threads: cluster.access.threads, cluster: cluster.configuration
        ).check(requests.list)
        requests.list = related
        requests.warnings += skipped.flatMap(\.warnings)
        context.report(requests.warnings.map { .warning($0) })
        if let file = options.outputFile { return try write(requests.list, to: file) }
        let recovery = recovery(cluster.access)
        if options.inputFile == nil, !options.isDryRun { await tidy(cluster, recovery) }
        let check = DoubleFaultCheck(
            access: cluster.access, cluster: cluster.configuration, hostLimit: options.parallel.hostCount,
            hostTimeout: options.shellOptions.hostTimeout)
        guard !requests.list.isEmpty || !skipped.isEmpty else { return await nothingToRecover(requests, check) }
        let asked = Set(requests.list.map(\.failed.content))
        async let others = check.silentPairs { !asked.contains($0.content) }
        var (plan, facts) = try await plan(cluster, requests, recovery)
        plan.leftOut += skipped.map(\.leftOut)
        let hosts = plan.newHosts(cluster.configuration)
        if cluster.access.engine.hasPackages, !hosts.isEmpty {
            plan.warnings.append("Please run `gppkg sync` after successful segment recovery.")
        }
        // Whoever answered for the plan lives.
        let unanswered = asked.filter { facts.source($0) == nil }
        let silent = await check.silentPairs { unanswered.contains($0.content) }
        plan.doubleFaults = await check.faults((await others + silent).sorted { $0.content < $1.content })
        try context.killPoint(RecoveryStep.planned.rawValue)
        guard !plan.items.isEmpty else { return nothingBegins(plan) }
        context.report(RecoveryPlanText(plan: plan, isDetailed: options.isDryRun).lines)
        if options.isDryRun {
            let status: ExitStatus = plan.leftOut.isEmpty && plan.doubleFaults.isEmpty ? .done : .incomplete
            context.emit(json: RecoveryJSON.document(plan, applied: nil, status: status))
            return status
        }
        try await context.confirm("Continue with segment recovery procedure", background: "")
        return try await RecoveryApply(
            options: options, context: context, access: cluster.access, recovery: recovery, looks: facts.looks
        ).apply(plan)
    }

    /// What a run that was cut off after its work left beside mirrors that are in sync.
    private func tidy(_ cluster: OpenCluster, _ recovery: SegmentRecovery) async {
        let pairs = cluster.configuration.pairs.compactMap { pair -> (mirror: Segment, source: Segment)? in
            guard let mirror = pair.mirror, mirror.status == .up, mirror.mode == .inSync else { return nil }
            return (mirror, pair.primary)
        }
        let data = DataRecovery(recovery: recovery, maxRate: nil)
        _ = await fanOut(pairs, limit: options.parallel.hostCount) { [context] pair -> Void in
            // A host that does not answer has nothing to do with what was asked for.
            guard let didTidy = try? await data.tidy(pair.mirror, of: pair.source), didTidy else { return }
            context.report(.info("removed what an earlier run left beside \(pair.mirror.dataDirectory)"))
        }
    }

    private func recovery(_ access: ClusterAccess) -> SegmentRecovery {
        let build = MirrorBuild(
            engine: access.engine, binaryDirectory: access.location.binaryDirectory, user: access.user)
        return SegmentRecovery(
            access: access, build: build, runID: "\(LocalTime.compact).\(getpid())", logger: context.logger)
    }

    /// The catalog has nothing down; whether that is true is asked, since nobody changes it for a double fault.
    private func nothingToRecover(_ requests: RequestReading.Result, _ check: DoubleFaultCheck) async -> ExitStatus {
        var plan = RecoveryPlan(origin: requests.origin, items: [])
        let silent = await check.silentPairs()
        plan.doubleFaults = await check.faults(silent)
        for pair in silent where !plan.doubleFaults.contains(where: { $0.content == pair.content }) {
            plan.warnings.append(
                "primary \(pair.primary.label) of content \(pair.content) does not answer, and the service has not "
                    + "given it up yet: look with gpstate -e, then run gprecoverseg again")
        }
        context.report(DoubleFaultReport.lines(plan.doubleFaults) + plan.warnings.map { .warning($0) })
        let status: ExitStatus = silent.isEmpty ? .done : plan.doubleFaults.isEmpty ? .incomplete : .refused
        if silent.isEmpty { context.report(.info("No segments to recover")) }
        context.emit(json: RecoveryJSON.document(plan, applied: nil, status: status))
        return status
    }

    private func write(_ requests: [RecoveryDemand], to file: String) throws -> ExitStatus {
        try LocalFiles.write(try RecoveryFile.text(requests), to: file, mode: 0o644)
        context.report(.info("Configuration file output to \(file) successfully."))
        return .done
    }

    private func plan(
        _ cluster: OpenCluster, _ requests: RequestReading.Result, _ recovery: SegmentRecovery
    ) async throws -> (RecoveryPlan, RecoveryFacts) {
        // A plan that is only looked at says of each method whether it can work; one that is carried out, of its own ones.
        let ladder = [options.method] + options.fallbacks(after: options.method)
        let gathering = RecoveryGathering(
            access: cluster.access, recovery: recovery, hostLimit: options.parallel.hostCount,
            hostTimeout: options.shellOptions.hostTimeout,
            provesWay: options.isDryRun || ladder.contains(.differential),
            keepsWay: options.method == .differential && !options.isDryRun)
        async let checksums = cluster.access.withCoordinator { connection in
            try connection.query("SELECT pg_catalog.current_setting('data_checksums')").value() == "on"
        }
        let facts = await gathering.gather(cluster.configuration, requests)
        context.report(facts.unreachableWarnings)
        try checkNewHosts(facts)
        try reportChecksums(facts, coordinator: try await checksums)
        context.report(facts.runningWarnings)
        let plan = RecoveryPlanBuilder(
            facts: facts, engine: cluster.access.engine, user: cluster.access.user, method: options.method,
            fallbacks: options.fallbacks, hbaMethod: options.hbaMethod, usesHostnames: options.usesHostnames,
            maxRate: options.maxRate
        ).build()
        return (plan, facts)
    }

    /// A host that the user chose and that does not answer is a mistake, and nothing was begun.
    private func checkNewHosts(_ facts: RecoveryFacts) throws(ToolError) {
        guard case .hosts(let hosts) = facts.origin else { return }
        let missing = hosts.filter { facts.unreachable.contains($0) }
        guard !missing.isEmpty else { return }
        let list = missing.map { "'\($0)'" }.joined(separator: ", ")
        throw ToolError(
            .operational, "Cannot recover. The following recovery target hosts are unreachable: [\(list)]",
            hint: "name other hosts with -p")
    }

    private func reportChecksums(_ facts: RecoveryFacts, coordinator: Bool) throws(ToolError) {
        let answers = facts.requests.compactMap { request -> (host: String, checksums: Bool)? in
            guard let source = facts.cluster.peer(of: request.failed), let survey = facts.source(source.content) else {
                return nil
            }
            return (source.hostname, survey.checksums)
        }
        guard !answers.isEmpty else { return }
        let odd = answers.filter { $0.checksums != coordinator }
        guard odd.isEmpty else {
            let lines =
                ["Heap checksum setting differences reported on segments", "Failed checksum consistency validation:"]
                + odd.map {
                    "\($0.host) checksum set to \($0.checksums ? 1 : 0) differs from coordinator checksum set to "
                        + "\(coordinator ? 1 : 0)"
                }
            context.report(lines.map { ReportLine(.critical, $0) })
            throw ToolError(.failure, "Heap checksum setting differences reported on segments")
        }
        context.report(
            .info(
                "Heap checksum setting is consistent between coordinator and the segments that are candidates for "
                    + "recoverseg"))
    }

    /// Every segment asked for is out of reach, or cannot be recovered as asked: they are named, and why.
    private func nothingBegins(_ plan: RecoveryPlan) -> ExitStatus {
        let isOutOfReach = plan.leftOut.allSatisfy { $0.unreachableHost != nil }
        let status: ExitStatus = isOutOfReach ? .incomplete : .refused
        context.report(
            RecoveryResultText.leftOut(plan.leftOut) + DoubleFaultReport.lines(plan.doubleFaults)
                + plan.warnings.map { .warning($0) })
        context.report([
            .error("none of the \(plan.leftOut.count) segment(s) can be recovered; nothing was changed"),
            .error(
                isOutOfReach
                    ? "hint: bring the hosts back, or recover to another one with -p or -i"
                    : "hint: put right what the lines above name, then run gprecoverseg again"),
        ])
        context.emit(json: RecoveryJSON.document(plan, applied: nil, status: status))
        return status
    }
}
