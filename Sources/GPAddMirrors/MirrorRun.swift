import ClusterModel
import ClusterOperations
import Logging
import PostgresClient
import RemoteShell
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

    private static let startTimeout = Duration.seconds(600)

    private var copying: InstanceCopy {
        InstanceCopy(access: access, build: build, runID: runID, logger: logger)
    }

    /// Does what the item still lacks.
    func run(_ item: MirrorPlan.Item) async -> MirrorOutcome {
        let id = item.mirror.dbid.rawValue
        if item.action.copies {
            do {
                try await copy(item)
                try killPoint(.copied)
            } catch {
                await copying.undo(item)
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
        let total = Int64(item.bytes)
        try await copying.copy(item) { [board, killPoint] event in
            switch event {
            case .removing: board.update(id, phase: "removing")
            case .copying: board.update(id, phase: "copying", done: 0, total: total)
            case .begun: try? killPoint(.copyBegun)
            case .progress(let read):
                board.update(id, done: Int64(read.doneBytes), total: Int64(read.totalBytes))
            }
        }
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
    }

    private func command(
        _ script: String, _ purpose: String, _ host: String, timeout: Duration = .seconds(120)
    ) async throws {
        let output = try await access.shell.run(
            ShellCommand(script, purpose: purpose, timeout: timeout), on: host)
        guard output.succeeded else { throw OperationError(output.lastErrorLine) }
    }
}
