import BlockingWork
import ClusterModel
import ClusterOperations
import Logging
import PostgresClient
import RemoteShell
import ToolSupport

/// Brings one segment from down to running: stop what is left, recover its data, row, start.
///
/// Each segment is its own story; it never throws.
struct SegmentRun: Sendable {
    let access: ClusterAccess
    let data: DataRecovery
    let looks: RecoveryLooks
    let admission: ReplicationAdmission
    let board: ProgressBoard
    let progressFile: RecoveryProgressFile
    let logger: Logger
    let stop: StopRequest
    let killPoint: @Sendable (RecoveryStep) throws -> Void

    /// How long the service may take to mark a stopped segment down, as the original allows.
    static let markingTimeout = Duration.seconds(1800)
    /// How long a started segment may take until its primary sees it; recovery of its own WAL may take longer.
    private static let streamTimeout = Duration.seconds(10)
    /// How often the primary is asked whether it sees the segment.
    private static let streamPause = Duration.milliseconds(50)
    /// From when on, and how often, the segment's log is read for why it does not.
    private static let logPause = Duration.seconds(1)

    func run(_ item: RecoveryPlan.Item) async -> SegmentOutcome {
        var outcome = SegmentOutcome(item: item, state: .interrupted)
        // What was seen is of the place where it is to be, and one that was up then has changed since.
        let isAsSeen = !item.moves && item.failed.status == .down
        do {
            try stop.check()
            board.update(item.dbid.rawValue, phase: "stopping")
            if !isAsSeen || !looks.isAtRest(item.dbid) { try await stopFailed(item) }
            try await awaitMarkedDown(item)
            try killPoint(.stopped)
        } catch {
            return ended(&outcome, .notStopped("\(error)"))
        }
        var look = isAsSeen ? looks.fresh(item.dbid) : nil
        for method in item.ladder {
            outcome.method = method
            if await attempt(method, look, &outcome) { return outcome }
            look = nil
            guard !stop.isRequested else { return ended(&outcome, .interrupted) }
            if method != item.ladder.last {
                logger.warning(
                    """
                    \(item.target.label): \(method.rawValue) recovery failed, going on with the next method: \
                    \(outcome.failures.last?.error ?? "")
                    """)
            }
        }
        return outcome
    }

    /// Tries one method to its end; returns whether the segment runs, or nothing more can be done for it.
    private func attempt(
        _ method: RecoveryMethod, _ look: TargetLook?, _ outcome: inout SegmentOutcome
    ) async -> Bool {
        let item = outcome.item
        var isStarted = false
        do {
            isStarted = try await recoverData(item, method, look)
            if !isStarted { try killPoint(.copied) }
        } catch let error as StartFailure {
            return await startFailed(method, error, &outcome)
        } catch {
            outcome.failures.append(DataRecovery.failure(of: method, error))
            _ = ended(&outcome, .copyFailed("\(error)"))
            return false
        }
        do {
            if item.moves { try await changeRow(item) }
        } catch {
            _ = ended(&outcome, .rowFailed("\(error)"))
            return true
        }
        do {
            if !isStarted {
                board.update(item.dbid.rawValue, phase: "starting")
                try await start(item, method, &outcome)
            }
            try await awaitStream(item, method, &outcome)
            try killPoint(.started)
        } catch {
            return await startFailed(method, error, &outcome)
        }
        board.finish(item.dbid.rawValue, phase: "started")
        outcome.state = .done
        return true
    }

    /// Returns false: the next method may do.
    private func startFailed(
        _ method: RecoveryMethod, _ error: any Error, _ outcome: inout SegmentOutcome
    ) async -> Bool {
        let evidence =
            stop.isRequested
            ? nil : await data.keepFailedStart(outcome.item.target, after: method, "\(error)")
        outcome.failures.append(MethodFailure(method: method, error: "\(error)", evidence: evidence))
        _ = ended(&outcome, .startFailed("\(error)"))
        if method != outcome.item.ladder.last { _ = try? await data.stop(outcome.item.target) }
        return false
    }

    private func ended(_ outcome: inout SegmentOutcome, _ state: SegmentOutcome.State) -> SegmentOutcome {
        outcome.state = stop.isRequested ? .interrupted : state
        progressFile.forget(outcome.item.dbid)
        board.finish(outcome.item.dbid.rawValue, phase: outcome.state.name)
        return outcome
    }

    /// Returns whether the segment was started too.
    private func recoverData(
        _ item: RecoveryPlan.Item, _ method: RecoveryMethod, _ look: TargetLook?
    ) async throws -> Bool {
        let id = item.dbid.rawValue
        // What differs is known when it was looked at.
        let total = method == .full ? item.outlook(method)?.bytes.map { Int64($0) } : nil
        board.update(id, phase: "\(method.rawValue) recovery", done: 0, total: total)
        let (words, isStarted) = try await data.recover(
            item, by: method, look: look, way: looks.freshWay(item.dbid), source: looks.freshSource(item.dbid),
            check: stop.check
        ) {
            [board, killPoint, progressFile] event in
            switch event {
            case .begun: try? killPoint(.copyBegun)
            case .phase(let text): board.update(id, phase: text)
            case .copied:
                progressFile.forget(item.dbid)
                board.update(id, phase: "starting")
                try? killPoint(.copied)
            case .progress(let done, let total):
                board.update(id, done: Int64(done), total: Int64(total))
                progressFile.note(item.dbid, method, done: done, total: total)
            }
        }
        if let words { board.update(id, phase: words) }
        progressFile.forget(item.dbid)
        return isStarted
    }

    private func stopFailed(_ item: RecoveryPlan.Item) async throws {
        do {
            guard case .otherProcess = try await data.stop(item.failed) else { return }
            logger.info(
                """
                Skipping to stop segment \(item.failed.dataDirectory) on host \(item.failed.hostname) since it is not a \
                postgres process
                """)
        } catch let error as ShellError where item.failed.hostname != item.target.hostname {
            logger.info(
                "Skipping gpsegstop on unreachable host: \(item.failed.hostname) segment: \(item.content) (\(error.reason))"
            )
        }
    }

    /// A segment that was up and is moved has to be given up by the service first.
    private func awaitMarkedDown(_ item: RecoveryPlan.Item) async throws {
        guard item.failed.status == .up else { return }
        let deadline = Deadline.after(Self.markingTimeout)
        while true {
            try stop.check()
            let rows = try? await access.withCoordinator(.dispatch) { [engine = access.engine] connection in
                try Catalog.requestProbe(engine, on: connection)
                return try Catalog.rows(connection)
            }
            if let row = rows?.first(where: { $0.dbid == item.failed.dbid }), row.status == .down {
                logger.info("1 of 1 segments have been marked down.")
                return
            }
            guard !deadline.isPast else { throw OperationError("1 segments were not marked down by FTS") }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Starts it with a `pg_hba.conf` that lets the primary in once roles are swapped.
    ///
    /// The file came with the data, or was there all the time: most often it has the lines.
    private func start(
        _ item: RecoveryPlan.Item, _ method: RecoveryMethod, _ outcome: inout SegmentOutcome
    ) async throws {
        guard try await !data.start(item.target, having: item.authentication, after: method) else { return }
        do {
            try await admission.write(
                AuthenticationChange(
                    segment: item.target, file: item.target.dataDirectory + "/pg_hba.conf", lines: item.authentication))
        } catch {
            outcome.notes.append("pg_hba.conf of \(item.target.label): \(error)")
        }
        _ = try await data.start(item.target, after: method)
    }

    private func changeRow(_ item: RecoveryPlan.Item) async throws {
        try stop.check()
        try await access.withCoordinator(.catalogChange) { connection in
            try Catalog.moveMirror(
                from: item.failed, to: item.target,
                history: "gprecoverseg: segment config for resync: inserted segment configuration for full recovery "
                    + "or original dbid \(item.dbid)", on: connection)
        }
        try killPoint(.rowChanged)
    }

    /// Waits until the primary sees the segment, which a server that started does not prove.
    ///
    /// - Throws: `OperationError` when the primary lacks the WAL that the segment wants.
    private func awaitStream(
        _ item: RecoveryPlan.Item, _ method: RecoveryMethod, _ outcome: inout SegmentOutcome
    ) async throws {
        let deadline = Deadline.after(Self.streamTimeout)
        var nextLook = Deadline.after(Self.logPause)
        while !deadline.isPast {
            try stop.check()
            let count = try? await access.withSegment(item.source) { connection in
                try connection.query(
                    """
                    SELECT count(*) FROM pg_catalog.pg_stat_replication
                    WHERE application_name = $1 AND state IN ('streaming', 'catchup')
                    """, [Engine.walReceiverName]
                ).value()
            }
            if let count, count != "0" { return }
            if method == .incremental, nextLook.isPast {
                if let line = await missingWAL(item.target) { throw OperationError(line) }
                nextLook = .after(Self.logPause)
            }
            try await Task.sleep(for: Self.streamPause)
        }
        outcome.notes.append(
            "\(item.target.label) runs and does not stream yet: see \(item.target.dataDirectory)/log")
    }

    /// The line in the segment's log that says that its primary lacks WAL; nil when there is none.
    private func missingWAL(_ target: Segment) async -> String? {
        let script = """
            cd \(ShellQuoting.word(target.dataDirectory))/log || exit 0
            tail -n 100 "`ls -t | head -n 1`" | grep -aE 'requested WAL segment [0-9A-F]+ has already been removed' | tail -n 1
            """
        let output = try? await access.shell.run(
            ShellCommand(script, purpose: "the log of \(target.label)"), on: target.hostname)
        let line = output?.standardOutput.trimmed ?? ""
        return line.isEmpty ? nil : line
    }
}
