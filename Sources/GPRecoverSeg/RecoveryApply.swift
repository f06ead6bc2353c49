import BlockingWork
import ClusterModel
import ClusterOperations
import RemoteShell
import Reporting
import ToolSupport

/// Applies a plan: authentication, segments, probe, and the waiting if it was asked for.
struct RecoveryApply {
    let options: GPRecoverSeg
    let context: ToolContext
    let access: ClusterAccess
    let recovery: SegmentRecovery
    let looks: RecoveryLooks

    /// How long a replaced copy is kept back for its successor to come into sync, where nobody asked to wait.
    private static let syncPatience = Duration.seconds(5)

    private var build: MirrorBuild {
        MirrorBuild(engine: access.engine, binaryDirectory: access.location.binaryDirectory, user: access.user)
    }

    private var admission: ReplicationAdmission {
        ReplicationAdmission(
            access: access, build: build, tool: GPRecoverSeg.toolName, hostLimit: options.parallel.hostCount)
    }

    func apply(_ plan: RecoveryPlan) async throws -> ExitStatus {
        let refused = await admit(plan)
        try context.killPoint(RecoveryStep.authenticationWritten.rawValue)
        let board = progressBoard(plan)
        let file = RecoveryProgressFile(directory: options.standard.logDirectory(context.environment))
        file.remove()
        defer { file.remove() }
        announce(plan)
        let interruption = Interruption(context: context)
        var outcomes = await interruption.during {
            await recoverAll(plan, refused, board, segmentRun(plan, board, file))
        }
        guard !context.stop.isRequested else {
            board.close()
            return report(plan, outcomes, unsynchronized: nil, probed: true)
        }
        async let proved = proveBackward(outcomes)
        let probed = await access.probe { context.report($0) }
        try context.killPoint(RecoveryStep.probed.rawValue)
        outcomes = await turnFormerAway(await proved)
        let left = try await waitForSync(outcomes, board, isPossible: probed)
        board.close()
        let status = report(plan, outcomes, unsynchronized: left, probed: probed)
        // The cluster is well again, and who waits for that shall know: the rest is housekeeping.
        await tidy(outcomes, unsynchronized: left)
        return status
    }

    private func admit(_ plan: RecoveryPlan) async -> [ContentID: String] {
        context.report(.info("Starting to create new pg_hba.conf on primary segments"))
        let left = Set(plan.leftOut.filter { $0.unreachableHost != nil }.compactMap(\.sourceHost)).sorted()
        if !left.isEmpty {
            context.report(
                .warning(
                    "Not updating pg_hba.conf for segments on unreachable hosts: \(left.joined(separator: ", "))."
                        + "You can manually update pg_hba.conf once you make the hosts reachable."))
        }
        // Whose lines are all there and who was let in a moment ago is not asked again.
        let changed = Set(plan.authentication.map(\.segment.content))
        let unproved = plan.items.filter { changed.contains($0.content) || !looks.isAdmitted($0.dbid) }
        let refused = await admission.admit(
            plan.authentication, unproved.map { .init(from: $0.target, to: $0.source) })
        if refused.isEmpty {
            context.report(
                .info(
                    plan.authentication.isEmpty
                        ? "None of the reachable segments require update to pg_hba.conf"
                        : "Successfully modified pg_hba.conf on primary segments to allow replication connections"))
        } else {
            context.report(
                refused.sorted { $0.key < $1.key }.map { .error("content \($0.key): \($0.value)") }
                    + [.error("Unable to update pg_hba.conf on the primary segments")])
        }
        return refused
    }

    private func progressBoard(_ plan: RecoveryPlan) -> ProgressBoard {
        let board = context.progressBoard(isWanted: !options.hidesProgress, isSequential: options.isSequential)
        for item in plan.items {
            board.add(
                item.dbid.rawValue, label: "\(item.target.hostname) (dbid \(item.dbid)):",
                total: item.method == .full ? item.bytes.map { Int64($0) } : nil)
        }
        return board
    }

    private func announce(_ plan: RecoveryPlan) {
        let count = plan.items.count
        var lines = ["\(count) segment(s) to recover", "Ensuring \(count) failed segment(s) are stopped"]
        if plan.items.contains(where: { $0.failed.status == .up }) {
            lines += [
                "Waiting for segments to be marked down.",
                "This may take up to \(SegmentRun.markingTimeout.components.seconds) seconds on large clusters.",
            ]
        }
        lines.append("Setting up the required segments for recovery")
        if plan.items.contains(where: \.moves) { lines.append("Updating configuration for mirrors") }
        lines.append(
            "Initiating segment recovery. Upon completion, will start the successfully recovered segments")
        context.report(lines.map { .info($0) })
    }

    private func segmentRun(_ plan: RecoveryPlan, _ board: ProgressBoard, _ file: RecoveryProgressFile) -> SegmentRun {
        let points = context.killPoints
        return SegmentRun(
            access: access,
            data: DataRecovery(recovery: recovery, maxRate: plan.maxRate), looks: looks,
            admission: admission, board: board, progressFile: file, logger: context.logger, stop: context.stop,
            killPoint: { try points.hit($0.rawValue) })
    }

    /// All hosts at once up to -B, on each up to -b segments; one segment's failure is its own.
    private func recoverAll(
        _ plan: RecoveryPlan, _ refused: [ContentID: String], _ board: ProgressBoard, _ run: SegmentRun
    ) async -> [SegmentOutcome] {
        let groups = Dictionary(grouping: plan.items, by: \.target.hostname).sorted { $0.key < $1.key }.map(\.value)
        // Two channels of a host's connection stay free: a recovered segment is started while others still run.
        let limit = min(options.parallel.segmentCount, SSHSettings().channelsPerHost - 2)
        let outcomes = await fanOut(groups, limit: options.parallel.hostCount) { items in
            await fanOut(items, limit: limit) { item in
                guard let reason = refused[item.content] else { return await run.run(item) }
                board.finish(item.dbid.rawValue, phase: "refused")
                return SegmentOutcome(item: item, state: .refused(reason))
            }
        }
        return outcomes.flatMap { $0 }.sorted { $0.item.content < $1.item.content }
    }

    private func proveBackward(_ outcomes: [SegmentOutcome]) async -> [SegmentOutcome] {
        let started = outcomes.filter(\.succeeded).map(\.item)
        let refused = await admission.proveBackward(started.map { .init(from: $0.source, to: $0.target) })
        return outcomes.map { outcome in
            var outcome = outcome
            outcome.notes += refused[outcome.item.content].map { [$0] } ?? []
            return outcome
        }
    }

    private func turnFormerAway(_ outcomes: [SegmentOutcome]) async -> [SegmentOutcome] {
        let missing = await FormerFence(access: access, hostTimeout: options.shellOptions.hostTimeout)
            .set(at: outcomes.filter(\.succeeded).map(\.item.target))
        return outcomes.map { outcome in
            var outcome = outcome
            outcome.notes += missing[outcome.item.dbid].map { [$0] } ?? []
            return outcome
        }
    }

    private func waitForSync(
        _ outcomes: [SegmentOutcome], _ board: ProgressBoard, isPossible: Bool
    ) async throws -> [DatabaseID]? {
        guard let seconds = options.wait?.seconds else { return nil }
        let started = outcomes.filter(\.succeeded).map(\.item)
        guard isPossible else { return started.map(\.dbid) }
        let stop = context.stop
        let wait = SyncWait(access: access, check: { try stop.check() }) { dbid, progress in
            guard progress == .synchronized else { return board.update(dbid.rawValue, phase: progress.phase) }
            board.finish(dbid.rawValue, phase: progress.phase)
        }
        return try await wait.wait(
            started.map { (mirror: $0.target, source: $0.source) }, isProbed: true, until: .after(.seconds(seconds)))
    }

    /// What copies left beside has done its duty once the new ones are in sync.
    ///
    /// - Parameter unsynchronized: who is not, where that was waited for.
    private func tidy(_ outcomes: [SegmentOutcome], unsynchronized: [DatabaseID]?) async {
        let copied = outcomes.filter { $0.succeeded && ($0.method == .full || !$0.failures.isEmpty) }.map(\.item)
        guard !copied.isEmpty, !context.stop.isRequested else { return }
        context.report(
            .info("Removing replaced copies, if any are left, on \(Set(copied.map(\.target.hostname)).count) host(s)"))
        var left = unsynchronized
        if left == nil {
            left = try? await SyncWait(access: access, check: {}) { _, _ in }.wait(
                copied.map { (mirror: $0.target, source: $0.source) }, isProbed: true, until: .after(Self.syncPatience))
        }
        let data = DataRecovery(recovery: recovery, maxRate: nil)
        _ = await fanOut(copied, limit: 16) { [context, left] item -> Void in
            do {
                guard left?.contains(item.dbid) == false else {
                    throw OperationError("\(item.target.label) is not in sync yet; gprecoverseg removes it then")
                }
                _ = try await data.tidy(item.target, of: item.source)
            } catch {
                context.report(
                    .warning(
                        "the old copy of \(item.target.dataDirectory) on \(item.target.hostname) stays: \(error)"))
            }
        }
    }

    private func report(
        _ plan: RecoveryPlan, _ outcomes: [SegmentOutcome], unsynchronized: [DatabaseID]?, probed: Bool
    ) -> ExitStatus {
        let text = RecoveryResultText(
            plan: plan, outcomes: outcomes, unsynchronized: unsynchronized, probed: probed, method: options.method)
        let status: ExitStatus = text.isComplete ? .done : .incomplete
        context.report(text.lines)
        context.emit(
            json: RecoveryJSON.document(plan, applied: outcomes, unsynchronized: unsynchronized, status: status))
        return status
    }
}
