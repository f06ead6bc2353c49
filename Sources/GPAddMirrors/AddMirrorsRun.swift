import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient
import RemoteShell
import Reporting
import ToolSupport

/// One run of gpaddmirrors, from the open cluster to the result.
struct AddMirrorsRun {
    let options: GPAddMirrors
    let context: ToolContext
    let dataDirectory: String

    func run() async throws -> ExitStatus {
        var opening = ClusterOpening(
            dataDirectory: dataDirectory, environment: context.environment, logger: context.logger)
        opening.connectTimeout = .seconds(10)
        let cluster = try await opening.open(.dispatch) { configuration in
            options.shellOptions.shell(
                localHosts: [configuration.coordinator.hostname], width: options.hostCount,
                environment: context.environment)
        }
        await cluster.versions.announce(context.logger)
        let shell = cluster.access.shell
        return try await context.stop.withHandler({ Task { await shell.close() } }) {
            let status = try await work(cluster)
            await shell.close()
            return status
        }
    }

    private func work(_ cluster: OpenCluster) async throws -> ExitStatus {
        let placements = Placements(options: options, context: context, cluster: cluster.configuration)
        try checkPortOffset(cluster.configuration)
        guard try await acceptsShape(cluster.configuration) else {
            context.report(.info("User Aborted. Exiting..."))
            return .done
        }
        if let file = options.outputFile { return try await writeFile(file, placements) }
        let (origin, wanted) = try await placements.wanted()
        let plan = try await plan(cluster, origin, wanted)
        try context.killPoint(AddMirrorsStep.planned.rawValue)
        guard !plan.items.isEmpty || !plan.problems.isEmpty else {
            throw Self.alreadyMirrored
        }
        show(plan, cluster)
        if let form = options.map, !context.isJSON { try draw(plan, cluster.configuration, form) }
        guard plan.problems.isEmpty else {
            context.emit(json: PlanJSON.document(plan, applied: nil))
            throw ToolError(
                .plain, "gpaddmirrors: \(plan.problems.count) problem(s) found, nothing was changed",
                hint: "put them right, then run gpaddmirrors again")
        }
        if options.isDryRun {
            context.emit(json: PlanJSON.document(plan, applied: nil))
            return .done
        }
        try await context.confirm("Continue with add mirrors procedure", background: "")
        return try await MirrorsApply(options: options, context: context, access: cluster.access).apply(plan)
    }

    private static let alreadyMirrored = ToolError(
        .operational, "GPDB physical mirroring cannot be added.  The cluster is already configured with Mirrors.",
        hint: "gpstate -e shows their state; gprecoverseg -F builds those that are down")

    /// An uneven cluster is said to be one, and without -a asked about; the answer no ends with status 0, as ever.
    private func acceptsShape(_ cluster: ClusterConfiguration) async throws -> Bool {
        let isBare = cluster.pairs.allSatisfy { $0.mirror == nil }
        guard isBare, let reason = StandardArrayCheck.reason(cluster) else { return true }
        context.report([
            .warning("The current system appears to be non-standard."), .warning(reason),
            .warning("gpaddmirrors will not be able to symmetrically distribute the new mirrors."),
            .warning("It is recommended that you specify your own input file with appropriate values."),
        ])
        if options.standard.asksNothing || options.isDryRun { return true }
        return try await context.answersYes(
            "Are you sure you want to continue with this gpaddmirrors session?", background: "")
    }

    private func writeFile(_ file: String, _ placements: Placements) async throws -> ExitStatus {
        let (_, missing) = try await placements.missing()
        guard !missing.isEmpty else { throw Self.alreadyMirrored }
        try LocalFiles.write(MirrorFile.text(missing), to: file, mode: 0o644)
        context.report(.info("Configuration file output to \(file) successfully."))
        return .done
    }

    private func checkPortOffset(_ cluster: ClusterConfiguration) throws(ToolError) {
        guard options.inputFile == nil else { return }
        guard PortOffsetCheck.accepts(offset: options.portOffset, ports: cluster.allInstances.map(\.port)) else {
            throw ToolError(
                .validation,
                "Value of port offset supplied via -p option produces ports outside of the valid range"
                    + "Mirror port base range must be between 6432 and 61000")
        }
    }

    private func plan(
        _ cluster: OpenCluster, _ origin: MirrorPlan.Source, _ wanted: [PlanFacts.Wanted]
    ) async throws -> MirrorPlan {
        let planner = MirrorPlanner(
            access: cluster.access, hostLimit: options.hostCount, hostTimeout: options.shellOptions.hostTimeout)
        async let checksums = cluster.access.withCoordinator { connection in
            try connection.query("SELECT pg_catalog.current_setting('data_checksums')").value() == "on"
        }
        var facts = try await planner.gather(cluster.configuration, wanted, origin)
        facts.leaveOutForeignRows()
        let coordinatorChecksums = try await checksums
        try reportChecksums(facts, coordinator: coordinatorChecksums)
        return PlanBuilder(
            facts: facts, engine: cluster.access.engine, user: cluster.access.user, hbaMethod: options.hbaMethod,
            usesHostnames: options.usesHostnames, serverVersion: await cluster.versions.local
        ).build()
    }

    private func reportChecksums(_ facts: PlanFacts, coordinator: Bool) throws(ToolError) {
        let answers = facts.sources.compactMap { content, answer in (try? answer.get()).map { (content, $0.checksums) }
        }
        guard !answers.isEmpty else { return }
        let odd = answers.filter { $0.1 != coordinator }
        guard odd.isEmpty else {
            context.report([
                ReportLine(.critical, "Cluster heap checksum setting differences reported"),
                ReportLine(
                    .critical,
                    "Heap checksum settings on \(odd.count) of \(answers.count) segment instances "
                        + "do not match coordinator <<<<<<<<"),
            ])
            throw ToolError(.failure, "Segments have heap_checksum set inconsistently to coordinator")
        }
        context.report(.info("Heap checksum setting consistent across cluster"))
    }

    private func show(_ plan: MirrorPlan, _ cluster: OpenCluster) {
        context.report(
            PlanText(
                plan: plan, dataDirectory: cluster.access.location.dataDirectory,
                port: cluster.configuration.coordinator.port, hostCount: options.hostCount,
                segmentCount: options.segmentCount, isDetailed: options.isDryRun
            ).lines)
    }
    private func draw(_ plan: MirrorPlan, _ cluster: ClusterConfiguration, _ form: MapForm) throws {
        let style = MapStyle(
            columns: context.columns ?? 80, hasColour: context.hasColour, isUnicode: context.isUnicode)
        for line in try PlannedMap.lines(plan, cluster, form: form, style: style) { context.printPlain(line) }
    }
}

extension PlanFacts {
    /// Drops mirrors that have a row and a host that does not answer, a directory that is not ours, or none although
    /// they were up once: bringing a failed mirror back is gprecoverseg's work.
    mutating func leaveOutForeignRows() {
        let isForeign = { (wanted: Wanted) -> Bool in
            guard let row = wanted.row else { return false }
            guard let survey = try? hosts[wanted.placement.hostname]?.get() else { return true }
            switch survey.places.first(where: { $0.dataDirectory == wanted.placement.dataDirectory })?.directory {
            case .foreign: return true
            case .absent, .empty: return onceUp.contains(row.dbid)
            case .incomplete, .complete, nil: return false
            }
        }
        leftOut = wanted.filter(isForeign).compactMap(\.row)
        wanted.removeAll(where: isForeign)
        let names = Set(wanted.flatMap { [$0.placement.hostname, $0.placement.primary.hostname] })
        hosts = hosts.filter { names.contains($0.key) }
        let contents = Set(wanted.map(\.placement.primary.content))
        sources = sources.filter { contents.contains($0.key) }
    }
}
