import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import RemoteShell
import Reporting
import ToolSupport

/// Applies a plan: authentication, mirrors, probe, and the waiting if it was asked for.
struct MirrorsApply {
    let options: GPAddMirrors
    let context: ToolContext
    let access: ClusterAccess

    private var build: MirrorBuild {
        MirrorBuild(engine: access.engine, binaryDirectory: access.location.binaryDirectory, user: access.user)
    }

    func apply(_ plan: MirrorPlan) async throws -> ExitStatus {
        let authentication = ReplicationAdmission(
            access: access, build: build, tool: GPAddMirrors.toolName, hostLimit: options.hostCount)
        let refused = await admit(plan, authentication)
        try context.killPoint(AddMirrorsStep.authenticationWritten.rawValue)
        context.report([
            .info("\(plan.items.count) segment(s) to add"),
            .info("Initiating segment recovery. Upon completion, will start the successfully recovered segments"),
        ])
        let board = context.progressBoard(isWanted: !options.hidesProgress)
        for item in plan.items {
            board.add(
                item.mirror.dbid.rawValue,
                label: "content \(item.source.content) on \(item.mirror.hostname):\(item.mirror.port)",
                total: item.action.copies ? Int64(item.bytes) : nil)
        }
        let run = mirrorRun(board)
        if access.engine.addsMirrorRowsTogether { try await addRows(plan, refused, run) }
        var outcomes = await buildMirrors(plan, refused, board, run)
        try context.stop.check()
        let probed = await access.probe { context.report($0) }
        try context.killPoint(AddMirrorsStep.probed.rawValue)
        outcomes = await proveBackward(outcomes, authentication)
        let left = try await waitForSync(outcomes, board, isPossible: probed)
        board.close()
        let down = await stillDown(plan.leftOut)
        return report(plan, outcomes, unsynchronized: left, probed: probed, stillDown: down)
    }

    /// Those of the rows that the probe did not find up: an earlier run may have been cut off right after the start.
    private func stillDown(_ leftOut: [Segment]) async -> [Segment] {
        guard !leftOut.isEmpty else { return [] }
        let rows = try? await access.withCoordinator { try Catalog.rows($0) }
        return leftOut.filter { row in rows?.first { $0.dbid == row.dbid }?.status != .up }
    }

    private func admit(_ plan: MirrorPlan, _ step: ReplicationAdmission) async -> [ContentID: String] {
        context.report(.info("Starting to create new pg_hba.conf on primary segments"))
        let copied = plan.items.filter(\.action.copies)
        let refused = await step.admit(plan.authentication, copied.map { .init(from: $0.mirror, to: $0.source) })
        context.report(
            refused.isEmpty
                ? [.info("Successfully modified pg_hba.conf on primary segments to allow replication connections")]
                : refused.sorted { $0.key < $1.key }.map { .error("content \($0.key): \($0.value)") }
                    + [.error("Unable to update pg_hba.conf on the primary segments")])
        return refused
    }

    private func mirrorRun(_ board: ProgressBoard) -> MirrorRun {
        let points = context.killPoints
        return MirrorRun(
            access: access, build: build, runID: "\(LocalTime.compact).\(getpid())", board: board,
            logger: context.logger, stop: context.stop, hasRows: access.engine.addsMirrorRowsTogether,
            killPoint: { try points.hit($0.rawValue) })
    }

    /// The rows of all mirrors at once, those of refused ones too, as long as one of them is built.
    private func addRows(_ plan: MirrorPlan, _ refused: [ContentID: String], _ run: MirrorRun) async throws {
        let mirrors = plan.items.filter(\.action.addsRow).map(\.mirror)
        guard !mirrors.isEmpty, plan.items.contains(where: { refused[$0.source.content] == nil }) else { return }
        try context.stop.check()
        try await run.addRows(mirrors)
    }

    /// All hosts at once up to -B, on each up to -b mirrors; one mirror's failure is its own.
    private func buildMirrors(
        _ plan: MirrorPlan, _ refused: [ContentID: String], _ board: ProgressBoard, _ run: MirrorRun
    ) async -> [MirrorOutcome] {
        let groups = Dictionary(grouping: plan.items, by: \.mirror.hostname).sorted { $0.key < $1.key }.map(\.value)
        // Two channels of a host's connection stay free: a finished copy is started while others still run.
        let limit = min(options.segmentCount, SSHSettings().channelsPerHost - 2)
        let outcomes = await fanOut(groups, limit: options.hostCount) { items in
            await fanOut(items, limit: limit) { item in
                guard let reason = refused[item.source.content] else { return await run.run(item) }
                board.finish(item.mirror.dbid.rawValue, phase: "refused")
                return MirrorOutcome(item: item, state: .refused(reason))
            }
        }
        return outcomes.flatMap { $0 }.sorted { $0.item.source.content < $1.item.source.content }
    }

    private func proveBackward(
        _ outcomes: [MirrorOutcome], _ step: ReplicationAdmission
    ) async -> [MirrorOutcome] {
        let started = outcomes.filter(\.succeeded).map(\.item)
        let refused = await step.proveBackward(started.map { .init(from: $0.source, to: $0.mirror) })
        return outcomes.map { outcome in
            var outcome = outcome
            outcome.notes += refused[outcome.item.source.content].map { [$0] } ?? []
            return outcome
        }
    }

    private func waitForSync(
        _ outcomes: [MirrorOutcome], _ board: ProgressBoard, isPossible: Bool
    ) async throws -> [MirrorPlan.Item]? {
        guard let seconds = options.wait?.seconds else { return nil }
        let started = outcomes.filter(\.succeeded).map(\.item)
        guard isPossible else { return started }
        let stop = context.stop
        let wait = SyncWait(access: access, check: { try stop.check() }) { dbid, progress in
            guard progress == .synchronized else { return board.update(dbid.rawValue, phase: progress.phase) }
            board.finish(dbid.rawValue, phase: progress.phase)
        }
        let left = try await wait.wait(
            started.map { (mirror: $0.mirror, source: $0.source) }, isProbed: true, until: .after(.seconds(seconds)))
        return started.filter { left.contains($0.mirror.dbid) }
    }

    private func report(
        _ plan: MirrorPlan, _ outcomes: [MirrorOutcome], unsynchronized: [MirrorPlan.Item]?, probed: Bool,
        stillDown: [Segment]
    ) -> ExitStatus {
        let isComplete =
            outcomes.allSatisfy { $0.succeeded && $0.notes.isEmpty } && unsynchronized?.isEmpty != false && probed
            && stillDown.isEmpty
        let status: ExitStatus = isComplete ? .done : .incomplete
        let text = ResultText(
            outcomes: outcomes, unsynchronized: unsynchronized, probed: probed, stillDown: stillDown)
        context.report(text.lines)
        context.emit(
            json: PlanJSON.document(
                plan, applied: outcomes, unsynchronized: unsynchronized, exitStatus: Int(status.rawValue)))
        return status
    }
}
