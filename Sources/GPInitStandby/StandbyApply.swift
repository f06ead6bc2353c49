import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import RemoteShell
import Reporting
import ToolSupport

/// Applies a plan step by step; what was begun is undone when a step fails.
struct StandbyApply {
    let options: GPInitStandby
    let context: ToolContext
    let access: ClusterAccess
    let plan: StandbyPlan
    /// Makes a shell for the undoing: the run's own may be closed by then.
    let freshShell: @Sendable () -> any Shell

    private let undo = UndoStack()
    private var standby: Segment { plan.standby }
    private var build: MirrorBuild {
        MirrorBuild(engine: access.engine, binaryDirectory: access.location.binaryDirectory, user: access.user)
    }

    init(
        options: GPInitStandby, context: ToolContext, access: ClusterAccess, plan: StandbyPlan,
        freshShell: @escaping @Sendable () -> any Shell
    ) {
        self.options = options
        self.context = context
        self.access = access
        self.plan = plan
        self.freshShell = freshShell
    }

    /// Makes the standby and returns how it streams and who was left out.
    func apply() async throws -> (stream: StandbyStream, leftOut: [StandbyPlan.LeftOut]) {
        do {
            return try await steps()
        } catch {
            if !undo.isEmpty { await takeBack() }
            throw error
        }
    }

    private func steps() async throws -> (stream: StandbyStream, leftOut: [StandbyPlan.LeftOut]) {
        let board = context.progressBoard(isWanted: !options.hidesProgress)
        defer { board.close() }
        let sync = StandbySync(access: access, patience: .seconds(60)) { [board, standby] stream in
            board.update(standby.dbid.rawValue, phase: stream.phase)
        }
        // Commits that wait for a standby that is not there yet would wait for this whole run.
        if try await sync.stream().isStreaming == false { try await sync.disable() }
        undo.push("commits may wait for a standby") { access in
            try await StandbySync(access: access, patience: .zero) { _ in }.disable()
        }
        try await moveAside()
        try await addRow()
        let leftOut = try await writeAccess()
        board.add(
            standby.dbid.rawValue, label: "standby on \(standby.hostname):\(standby.port)",
            total: plan.item.action.copies ? Int64(plan.item.bytes) : nil)
        try await copy(board)
        try await start()
        try await bringIntoSync(sync, board)
        try await finish()
        let fenced = await SegmentFencing(access: access, hostTimeout: options.shellOptions.hostTimeout)
            .openFences(plan) { context.report($0) }
        return (try await sync.stream(), leftOut + fenced)
    }

    private func moveAside() async throws {
        guard let former = plan.movesAside else { return }
        let host = standby.hostname
        undo.push("the former coordinator's directory stays in \(former.target) on \(host)") { access in
            try await former.moveBack(on: host, access.shell)
        }
        try await former.moveAside(on: host, access.shell)
        context.report(.info("the former coordinator's directory is moved aside: \(former.target) on \(host)"))
    }

    private func addRow() async throws {
        let standby = standby
        context.report(.info("Adding standby coordinator to catalog..."))
        undo.push(
            "the standby's row stays in the catalog: gpinitstandby -r removes it",
            lines: [.info("Rolling back catalog change...")]
        ) { access in
            _ = try await access.withCoordinator(.standbyChange) { [engine = access.engine] in
                try Catalog.removeStandby(standby, engine: engine, on: $0)
            }
        }
        if plan.item.action.addsRow {
            try await access.withCoordinator(.standbyChange) { [engine = access.engine] in
                try Catalog.addStandby(standby, engine: engine, on: $0)
            }
        }
        try context.killPoint(StandbyStep.rowAdded.rawValue)
        context.report(.info("Database catalog updated successfully."))
    }

    private func writeAccess() async throws -> [StandbyPlan.LeftOut] {
        context.report(.info("Updating pg_hba.conf file..."))
        let step = AccessStep(access: access, standby: standby, undo: undo)
        if let change = plan.coordinatorAccess {
            do { try await step.write(change) } catch {
                context.report(.error("Failed to update pg_hba.conf file on coordinator."))
                throw error
            }
        }
        try context.killPoint(StandbyStep.authenticationWritten.rawValue)
        context.report(.info("Starting to create new pg_hba.conf on primary segments"))
        let failed = await step.writeAll(plan.segmentAccess)
        try context.killPoint(StandbyStep.segmentsWritten.rawValue)
        context.report(
            plan.segmentAccess.isEmpty
                ? .info("None of the reachable segments require update to pg_hba.conf")
                : .info("Successfully modified pg_hba.conf on primary segments to allow standby connection"))
        context.report(StandbyPlanText.leftOut(failed))
        try await proveReplication()
        context.report(.info("pg_hba.conf files updated successfully."))
        undo.push("", lines: [.info("Restoring pg_hba.conf file...")]) { _ in }
        return plan.leftOut + failed
    }

    /// The standby's host must be let in.
    private func proveReplication() async throws {
        let output = try await access.shell.run(
            ShellCommand(
                build.patientReplicationProof(plan.coordinator),
                purpose: "a replication connection to the coordinator", timeout: .seconds(130)), on: standby.hostname)
        guard output.succeeded else {
            throw OperationError(
                "\(standby.hostname) is not let in for replication by the coordinator: \(output.lastErrorLine)",
                hint: "look at the lines before ours in \(plan.coordinatorAccess?.file ?? "pg_hba.conf")")
        }
    }

    private func copy(_ board: ProgressBoard) async throws {
        let item = plan.item
        let copying = InstanceCopy(
            access: access, build: build, runID: "\(LocalTime.compact).\(getpid())", logger: context.logger)
        let mark: CopyMark
        if let old = plan.mark { mark = old } else { mark = try await copying.mark(item) }
        pushCopyUndo(mark)
        if item.action.copies {
            context.report(.info("Copying the coordinator to \(standby.hostname):\(standby.dataDirectory)"))
            let begun = BegunCopy(context: context)
            do {
                try await copying.copy(item, mark, check: context.stop.check) { [board] event in
                    Self.show(event, item, board, begun)
                }
                try begun.check()
            } catch {
                context.report(.error("Failed to copy data directory from coordinator to standby."))
                throw error
            }
        }
        try context.killPoint(StandbyStep.copied.rawValue)
    }

    private static func show(
        _ event: InstanceCopy.Event, _ item: MirrorPlan.Item, _ board: ProgressBoard, _ begun: BegunCopy
    ) {
        let id = item.mirror.dbid.rawValue
        switch event {
        case .removing: board.update(id, phase: "removing")
        case .copying: board.update(id, phase: "copying", done: 0, total: Int64(item.bytes))
        case .begun: begun.note()
        case .progress(let read): board.update(id, done: Int64(read.doneBytes), total: Int64(read.totalBytes))
        }
    }

    /// The copy goes with everything in it, but for its logs; then its slot.
    private func pushCopyUndo(_ mark: CopyMark) {
        let (standby, source, context) = (standby, plan.coordinator, context)
        let logs = StandbyLogs(standby: standby, name: "gpinitstandby-\(LocalTime.compact)")
        undo.push("replication slot \(Engine.replicationSlot) stays on the coordinator and keeps WAL") { access in
            let copying = InstanceCopy(
                access: access,
                build: MirrorBuild(
                    engine: access.engine, binaryDirectory: access.location.binaryDirectory, user: access.user),
                runID: "", logger: context.logger)
            guard await copying.dropSlot(of: source, until: .after(.seconds(15))) else {
                throw OperationError("it is in use")
            }
        }
        undo.push("\(standby.dataDirectory) on \(standby.hostname) stays") { access in
            if let place = await logs.keep(access, mark) {
                context.report(.info("the standby's logs are kept in \(place)"))
            }
            try await StandbyServer(access: access, standby: standby).removeCopy(mark)
        }
    }

    private func start() async throws {
        context.report([
            .info("Starting standby coordinator"),
            .info(
                "Checking if standby coordinator is running on host: \(standby.hostname)  "
                    + "in directory: \(standby.dataDirectory)"),
        ])
        try await StandbyServer(access: access, standby: standby).start()
        try context.killPoint(StandbyStep.started.rawValue)
    }

    private func bringIntoSync(_ sync: StandbySync, _ board: ProgressBoard) async throws {
        try await sync.bringUp { try context.killPoint($0.rawValue) }
        do {
            let (state, syncState) = try await sync.verified()
            guard state == "streaming", syncState == "sync" || syncState == "quorum" else {
                throw OperationError("gp_stat_replication shows the standby as \(state), \(syncState)")
            }
        } catch  where !access.engine.setsCoordinatorSync {
            // The view fails while a primary is down, which says nothing about the standby; it streams in sync.
            context.report(.warning("gp_stat_replication cannot be read now: \(error)"))
        }
        board.finish(standby.dbid.rawValue, phase: "in sync")
        try context.killPoint(StandbyStep.verified.rawValue)
    }

    private func finish() async throws {
        let output = try await access.shell.run(
            ShellCommand(
                // A former coordinator's mark says nothing of this directory.
                "\(build.finish(standby)); rm -f \(ShellQuoting.word(SupersededMark.path(standby.dataDirectory)))",
                purpose: "finishing the standby"), on: standby.hostname)
        guard output.succeeded else { throw OperationError("\(standby.hostname): \(output.lastErrorLine)") }
        // From here on it is a standby like any other.
        undo.clear()
        try context.killPoint(StandbyStep.finished.rawValue)
    }

    /// Undoes on a task and a shell of its own: this one may be cancelled, the run's shell closed.
    private func takeBack() async {
        context.report([
            .error("Failed to create standby"), .warning("Trying to rollback changes that have been made..."),
        ])
        let shell = freshShell()
        let access = ClusterAccess(
            location: access.location, environment: access.environment, shell: shell, threads: access.threads,
            connectTimeout: access.connectTimeout)
        let (undo, context) = (undo, context)
        let remains = await Task { await undo.run(access) { context.report($0) } }.value
        await shell.close()
        context.report(
            remains.isEmpty
                ? .info("everything is as it was before; it can be tried again")
                : .warning("not everything could be undone; gpinitstandby -r removes what is left of the standby"))
    }
}
