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
    let killPoint: @Sendable (AddMirrorsStep) throws -> Void

    private static let copyTimeout = Duration.seconds(7 * 24 * 3600)
    private static let startTimeout = Duration.seconds(600)

    /// Does what the item still lacks.
    func run(_ item: MirrorPlan.Item) async -> MirrorOutcome {
        let id = item.mirror.dbid.rawValue
        if item.action.copies {
            do {
                try await copy(item)
                try killPoint(.copied)
            } catch {
                await undoCopy(item)
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

    private func failed(_ id: Int, _ item: MirrorPlan.Item, _ state: MirrorOutcome.State) -> MirrorOutcome {
        board.finish(id, phase: "failed")
        return MirrorOutcome(item: item, state: state)
    }

    private func copy(_ item: MirrorPlan.Item) async throws {
        let id = item.mirror.dbid.rawValue
        let host = item.mirror.hostname
        if item.action.removesFirst {
            board.update(id, phase: "removing")
            try await command(build.removal(item.mirror), "removing the incomplete copy for \(item.mirror.label)", host)
        }
        let systemIdentifier = try await access.withSegment(item.source) { connection in
            try Self.dropIdleSlot(connection)
            return try connection.query("SELECT system_identifier FROM pg_catalog.pg_control_system()").value() ?? ""
        }
        let mark = CopyMark(
            run: runID, content: item.source.content, dbid: item.mirror.dbid, systemIdentifier: systemIdentifier)
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

    /// Removes a slot that nobody streams from, so that the copy can make its own.
    private static func dropIdleSlot(_ connection: borrowing PostgresConnection) throws {
        try connection.query(
            """
            SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM pg_catalog.pg_replication_slots
            WHERE slot_name = $1 AND NOT active
            """, [Engine.replicationSlot])
    }

    /// After a failed copy: what it left on the mirror's host goes, and the slot, which would keep WAL for nobody.
    private func undoCopy(_ item: MirrorPlan.Item) async {
        _ = try? await access.shell.run(
            ShellCommand(build.removal(item.mirror), purpose: "removing the failed copy"), on: item.mirror.hostname)
        for _ in 0..<20 {
            let isGone = try? await access.withSegment(item.source) { connection in
                try Self.dropIdleSlot(connection)
                return try connection.query(
                    "SELECT slot_name FROM pg_catalog.pg_replication_slots WHERE slot_name = $1",
                    [Engine.replicationSlot]
                ).rows.isEmpty
            }
            guard isGone == false else { return }
            try? await Task.sleep(for: .milliseconds(100))
        }
        logger.warning("replication slot \(Engine.replicationSlot) stays on \(item.source.label) and keeps WAL")
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
            timeout: Self.startTimeout + .seconds(30))
        try killPoint(.started)
        try await command(build.finish(mirror), "finishing mirror \(mirror.label)", mirror.hostname)
        try killPoint(.finished)
    }

    private func command(
        _ script: String, _ purpose: String, _ host: String, timeout: Duration = .seconds(120)
    ) async throws {
        let output = try await access.shell.run(
            ShellCommand(script, purpose: purpose, timeout: timeout), on: host)
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
