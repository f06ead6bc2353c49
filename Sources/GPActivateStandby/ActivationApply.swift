import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient
import RemoteShell
import Reporting
import ToolSupport

/// Applies a plan state by state; every step may have been done by an earlier run already.
struct ActivationApply {
    let run: ActivationRun
    private(set) var plan: ActivationPlan
    let shell: any Shell

    var context: ToolContext { run.context }

    /// How long the contents may take until they take writes, in all.
    private static let contentPatience = Duration.seconds(60)

    init(run: ActivationRun, plan: ActivationPlan, shell: any Shell) {
        self.run = run
        self.plan = plan
        self.shell = shell
    }

    mutating func apply() async throws -> ExitStatus {
        let location = try CoordinatorLocation(dataDirectory: run.dataDirectory)
        let local = ClusterAccess(location: location, environment: run.environment, shell: LocalShell())
        let remote = ClusterAccess(location: location, environment: run.environment, shell: shell)
        // An earlier run may have been cut off before the server's own change was noted.
        if !plan.promotes { try await noteActivation(local) }
        var leftOut = await fence(remote)
        try context.killPoint(ActivationStep.segmentsFenced.rawValue)
        run.state(.promote, plan)
        if plan.promotes { try await promote(local) } else { reportPromoted() }
        if plan.dbid == nil {
            plan = try await LateFence(run: run, plan: plan).planned(remote)
            try await noteActivation(local)
            leftOut = await fence(remote)
        }
        try context.killPoint(ActivationStep.segmentsFencedLate.rawValue)
        if try await run.gate.open(local) { context.report(.info("everybody is let in again as before")) }
        try context.killPoint(ActivationStep.gateOpen.rawValue)
        let corrected = try await changeCatalog(local, remote)
        let notes = try await aftermath(local)
        run.state(.verify, plan)
        let unverified = try await WriteVerification(
            access: remote, deadline: .after(min(Self.contentPatience, .seconds(run.options.timeoutSeconds)))
        ).run()
        try context.killPoint(ActivationStep.verified.rawValue)
        return try report(leftOut, corrected, unverified, notes)
    }

    // MARK: - Catalog

    private func changeCatalog(_ local: ClusterAccess, _ remote: ClusterAccess) async throws -> [Segment] {
        context.report(.info("Reading current configuration..."))
        if plan.changesCatalog, let dbid = plan.dbid {
            var former = plan.former
            former?.fencedAddresses = plan.fence?.addresses ?? []
            let history = former
            try await local.withCoordinator(.standbyChange) { connection in
                // A copy's own value is empty; anything else would keep every commit waiting for nobody.
                if try !(connection.query("SHOW synchronous_standby_names").value() ?? "").isEmpty {
                    try connection.query("ALTER SYSTEM RESET synchronous_standby_names")
                    try connection.query("SELECT pg_catalog.pg_reload_conf()")
                }
                try Catalog.activateStandby(dbid, former: history, on: connection)
            }
        }
        try context.killPoint(ActivationStep.catalogChanged.rawValue)
        // Where the service runs, it looks after the roles.
        var corrected: [Segment] = []
        if plan.startsService, try await !ServiceStart(access: local).isRunning() {
            corrected = try await correctRoles(remote)
        }
        try context.killPoint(ActivationStep.rolesCorrected.rawValue)
        return corrected
    }

    /// Asks every pair what it is and corrects the catalog where that is beyond doubt.
    private func correctRoles(_ access: ClusterAccess) async throws -> [Segment] {
        let rows = try await access.withCoordinator { try Catalog.rows($0) }
        let pairs = try ClusterConfiguration(rows: rows).pairs
        // A host that is gone must not keep the service waiting for long: it looks again, and again.
        let access = ClusterAccess(
            location: access.location, environment: access.environment, shell: access.shell, threads: access.threads,
            connectTimeout: .seconds(3))
        let truths = await fanOut(pairs, limit: 64) { pair in
            async let primary = Self.ask(pair.primary, access)
            async let mirror = Self.ask(pair.mirror, access)
            return PairTruth(pair: pair, primary: await primary, mirror: await mirror)
        }
        var corrections: [(old: Segment, new: Segment)] = []
        for truth in truths {
            switch truth.verdict {
            case .right: break
            case .open(let reason):
                context.report(.warning("content \(truth.pair.content): \(reason); gpftsd decides"))
            case .wrong(let new):
                for row in new {
                    guard let old = rows.first(where: { $0.dbid == row.dbid }), old != row else { continue }
                    corrections.append((old, row))
                }
            }
        }
        guard !corrections.isEmpty else { return [] }
        let changes = corrections
        try await access.withCoordinator(.standbyChange) { try Catalog.correct(changes, on: $0) }
        context.report(
            corrections.map {
                .warning(
                    "the catalog was behind: \($0.new.label) of content \($0.new.content) is role "
                        + "\($0.new.role.rawValue), mode \($0.new.mode.rawValue), status \($0.new.status.rawValue) now")
            })
        return corrections.map(\.new)
    }

    private static func ask(_ segment: Segment?, _ access: ClusterAccess) async -> InstanceTruth? {
        guard let segment else { return nil }
        return try? await access.withSegment(segment) { try InstanceTruth.ask($0) }
    }

    // MARK: - What follows a promotion

    /// The checkpoint, the mark beside the old directory and the service; what fails of it is told, not fatal.
    ///
    /// - Returns: what is left to be done by hand.
    private func aftermath(_ local: ClusterAccess) async throws -> [String] {
        var notes: [String] = []
        if plan.situation != .activated {
            async let checkpoint: Void = local.withCoordinator { try $0.query("CHECKPOINT", timeout: .seconds(3600)) }
            notes += await markOld()
            _ = try await checkpoint
        } else {
            notes += await markOld()
        }
        try context.killPoint(ActivationStep.oldMarked.rawValue)
        if plan.startsService {
            do { try await ServiceStart(access: local).start() } catch {
                notes.append("gpftsd does not run: \(error); start it: \(ServiceStart(access: local).command)")
            }
        }
        try context.killPoint(ActivationStep.serviceStarted.rawValue)
        context.report(notes.map { .warning($0) })
        return notes
    }

    private func markOld() async -> [String] {
        guard plan.marksOld, let former = plan.former else { return [] }
        let mark = SupersededMark(
            host: plan.hostname, port: plan.port, time: LocalTime.compact,
            systemIdentifier: plan.old.survey?.systemIdentifier ?? "")
        do {
            let path = try await OldMark(shell: shell, former: former, mark: mark).leave()
            context.report(.info("the old coordinator is marked as superseded: \(path) on \(former.hostname)"))
            return []
        } catch {
            return ["the old coordinator on \(former.hostname) is not marked as superseded: \(error)"]
        }
    }

    // MARK: - Report

    private func report(
        _ leftOut: [SegmentFencing.LeftOut], _ corrected: [Segment], _ unverified: [(ContentID, String)],
        _ notes: [String]
    ) throws -> ExitStatus {
        run.state(.report, plan)
        let location = try CoordinatorLocation(dataDirectory: run.dataDirectory)
        context.report(
            unverified.isEmpty
                ? .info("a read and a write reached the coordinator and every content")
                : location.engine.awaitsEveryContent
                    ? .warning("the coordinator lets clients in as soon as every content takes writes")
                    : .info("the coordinator takes writes"))
        context.report(
            unverified.map { .warning("content \($0.0) takes no writes: \($0.1)") }
                + (unverified.isEmpty ? [] : [.warning("hint: see gpstate -e; then gprecoverseg")]))
        context.report(
            ActivationPlanText.result(
                plan, port: location.postmaster.port ?? run.port,
                keepsOldTools: location.engine.changesCatalogAtPromotion))
        let status: ToolSupport.ExitStatus = unverified.isEmpty ? .done : .incomplete
        context.emit(
            json: ActivationJSON.result(
                plan, status: status.rawValue, leftOut: leftOut, corrected: corrected, unverified: unverified,
                notes: notes))
        try context.killPoint(ActivationStep.reported.rawValue)
        return status
    }
}
