import BlockingWork
import ClusterModel
import ClusterOperations
import Logging
import PostgresClient
import RemoteShell
import Synchronization
import ToolSupport

/// How one mirror's work ended.
struct MirrorOutcome: Sendable, Equatable {
    enum State: Sendable, Equatable {
        case done
        /// Its primary does not let its host in.
        case refused(String)
        case copyFailed(String)
        case rowFailed(String)
        case startFailed(String)
    }

    let item: MirrorPlan.Item
    let state: State
    /// Things that are not as they should be although the mirror runs.
    var notes: [String] = []

    var succeeded: Bool { state == .done }
}

/// Brings one mirror from its planned state to running: copy, mark, row, start.
///
/// Each mirror is its own story.
struct MirrorRun: Sendable {
    let access: ClusterAccess
    let build: MirrorBuild
    let runID: String
    let board: ProgressBoard
    let logger: Logger
    let stop: StopRequest
    let killPoint: @Sendable (AddMirrorsStep) throws -> Void

    /// A bound on what has no natural end; the watcher ends a copy whose tool is gone long before.
    private static let copyTimeout = Duration.seconds(7 * 24 * 3600)
    private static let startTimeout = Duration.seconds(600)

    /// Does what the item still lacks.
    func run(_ item: MirrorPlan.Item) async -> MirrorOutcome {
        let id = item.mirror.dbid.rawValue
        if item.action.copies {
            if let failure = await copyOrUndo(item) { return failed(id, item, .copyFailed(failure)) }
        }
        if item.action == .adopt {
            do {
                // The plan of this run may have another port than that of the run that made the copy.
                try await command(build.configure(item), "the settings of \(item.mirror.label)", item.mirror.hostname)
            } catch {
                return failed(id, item, .copyFailed("\(error)"))
            }
        }
        if item.action.addsRow {
            board.update(id, phase: "catalog")
            do {
                try await addRow(item.mirror)
                try killPoint(.rowAdded)
            } catch {
                return failed(id, item, .rowFailed("\(error)"))
            }
        }
        do {
            board.update(id, phase: "starting")
            try await start(item.mirror)
        } catch {
            return failed(id, item, .startFailed("\(error)"))
        }
        board.finish(id, phase: "started")
        return MirrorOutcome(item: item, state: .done)
    }

    /// Copies; returns why that failed, with everything of it undone.
    private func copyOrUndo(_ item: MirrorPlan.Item) async -> String? {
        let mark: CopyMark
        do {
            try stop.check()
            mark = try await self.mark(item)
        } catch {
            return "\(error)"
        }
        do {
            try await copy(item, mark)
            try killPoint(.copied)
            return nil
        } catch {
            await undoCopy(item, mark)
            return "\(error)"
        }
    }

    private func failed(_ id: Int, _ item: MirrorPlan.Item, _ state: MirrorOutcome.State) -> MirrorOutcome {
        board.finish(id, phase: "failed")
        return MirrorOutcome(item: item, state: state)
    }

    private func copy(_ item: MirrorPlan.Item, _ mark: CopyMark) async throws {
        let id = item.mirror.dbid.rawValue
        let host = item.mirror.hostname
        if let old = item.removes {
            board.update(id, phase: "removing")
            try await remove(item.mirror, old)
        }
        try stop.check()
        try await command(build.prepare(item, mark: mark), "preparing \(item.mirror.label)", host)
        try await access.withSegment(item.source) { try Self.dropIdleSlot($0) }
        board.update(id, phase: "copying", done: 0, total: Int64(item.bytes))
        let progress = ProgressReader { [board, killPoint] line in
            if line.contains("initiating base backup") { try? killPoint(.copyBegun) }
            if let read = CopyProgress(line: line) {
                board.update(id, done: Int64(read.doneBytes), total: Int64(read.totalBytes))
            }
        }
        let output = try await access.shell.run(
            ShellCommand(
                build.copy(item, mark: mark), purpose: "the copy of content \(item.source.content) to \(host)",
                timeout: Self.copyTimeout, isWatched: true, onStandardError: { progress.take($0) }),
            on: host)
        guard output.succeeded else { throw OperationError(output.lastErrorLine) }
    }

    private func mark(_ item: MirrorPlan.Item) async throws -> CopyMark {
        let systemIdentifier = try await access.withSegment(item.source) { connection in
            try connection.query("SELECT system_identifier FROM pg_catalog.pg_control_system()").value() ?? ""
        }
        return CopyMark(
            run: runID, content: item.source.content, dbid: item.mirror.dbid, systemIdentifier: systemIdentifier)
    }

    private func remove(_ mirror: Segment, _ mark: CopyMark) async throws {
        try await command(
            build.removal(mirror, mark: mark), "removing the incomplete copy for \(mirror.label)", mirror.hostname,
            timeout: Self.copyTimeout, isWatched: true)
    }

    /// Removes a slot that nobody streams from, so that the copy can make its own.
    private static func dropIdleSlot(_ connection: borrowing PostgresConnection) throws {
        try connection.query(
            """
            SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM pg_catalog.pg_replication_slots
            WHERE slot_name = $1 AND NOT active
            """, [Engine.replicationSlot])
    }

    /// After a failed copy: what it left on the mirror's host goes, and the slot, which would keep WAL for nobody.
    ///
    /// In a task of its own, so that it is done to its end when the run is being stopped.
    private func undoCopy(_ item: MirrorPlan.Item, _ mark: CopyMark) async {
        await Task.detached {
            do {
                try await remove(item.mirror, mark)
            } catch {
                logger.warning("what the copy left of \(item.mirror.label) stays for the next run: \(error)")
            }
            guard await !isSlotGone(item.source, until: .after(.seconds(10))) else { return }
            logger.warning(
                """
                replication slot \(Engine.replicationSlot) stays on \(item.source.label) and keeps WAL; the next run \
                removes it, or: SELECT pg_drop_replication_slot('\(Engine.replicationSlot)')
                """)
        }.value
    }

    /// Drops the slot as soon as the walsender of the failed copy has let go of it.
    private func isSlotGone(_ source: Segment, until deadline: Deadline) async -> Bool {
        repeat {
            let isGone = try? await access.withSegment(source) { connection in
                try Self.dropIdleSlot(connection)
                return try connection.query(
                    "SELECT slot_name FROM pg_catalog.pg_replication_slots WHERE slot_name = $1",
                    [Engine.replicationSlot]
                ).rows.isEmpty
            }
            if isGone == true { return true }
            try? await Task.sleep(for: .milliseconds(200))
        } while !deadline.isPast
        return false
    }

    private func addRow(_ mirror: Segment) async throws {
        try await access.withCoordinator(.catalogChange) { connection in
            try Catalog.addMirror(
                mirror, history: "gpaddmirrors: segment config for resync: inserted mirror segment configuration",
                on: connection)
        }
    }

    private func start(_ mirror: Segment) async throws {
        try await command(
            build.start(mirror, timeout: Self.startTimeout), "the start of mirror \(mirror.label)", mirror.hostname,
            timeout: Self.startTimeout + .seconds(30), isWatched: true)
        try killPoint(.started)
    }

    private func command(
        _ script: String, _ purpose: String, _ host: String, timeout: Duration = .seconds(120),
        isWatched: Bool = false
    ) async throws {
        let output = try await access.shell.run(
            ShellCommand(script, purpose: purpose, timeout: timeout, isWatched: isWatched), on: host)
        guard output.succeeded else { throw OperationError(output.lastErrorLine) }
    }
}

/// Cuts a stream of bytes into lines; a carriage return ends a line too.
final class ProgressReader: Sendable {
    private let rest = Mutex<[UInt8]>([])
    private let onLine: @Sendable (String) -> Void

    init(_ onLine: @escaping @Sendable (String) -> Void) { self.onLine = onLine }

    func take(_ bytes: [UInt8]) {
        let lines = rest.withLock { rest -> [[UInt8]] in
            rest += bytes
            var pieces = rest.split(omittingEmptySubsequences: false) { $0 == 10 || $0 == 13 }.map(Array.init)
            rest = Array((pieces.popLast() ?? []).suffix(65536))
            return pieces
        }
        for line in lines where !line.isEmpty { onLine(String(decoding: line, as: UTF8.self)) }
    }
}
