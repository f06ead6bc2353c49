import BlockingWork
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
    /// Whether the mirrors' rows are in the catalog before their copies are made (`Engine.addsMirrorRowsTogether`).
    let hasRows: Bool
    let killPoint: @Sendable (AddMirrorsStep) throws -> Void

    private static let startTimeout = Duration.seconds(600)

    private var copying: InstanceCopy {
        InstanceCopy(access: access, build: build, runID: runID, logger: logger)
    }

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
        if item.action.addsRow && !hasRows {
            board.update(id, phase: "catalog")
            do {
                try await addRows([item.mirror])
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
            mark = try await copying.mark(item)
        } catch {
            return "\(error)"
        }
        do {
            try await copy(item, mark)
            try killPoint(.copied)
            return nil
        } catch {
            await copying.undo(item, mark)
            return "\(error)"
        }
    }

    private func failed(_ id: Int, _ item: MirrorPlan.Item, _ state: MirrorOutcome.State) -> MirrorOutcome {
        board.finish(id, phase: "failed")
        return MirrorOutcome(item: item, state: state)
    }

    private func copy(_ item: MirrorPlan.Item, _ mark: CopyMark) async throws {
        let id = item.mirror.dbid.rawValue
        try await copying.copy(item, mark, check: stop.check) { [board, killPoint] event in
            switch event {
            case .removing: board.update(id, phase: "removing")
            case .copying: board.update(id, phase: "copying", done: 0, total: Int64(item.bytes))
            case .begun: try? killPoint(.copyBegun)
            case .progress(let read):
                board.update(id, done: Int64(read.doneBytes), total: Int64(read.totalBytes))
            }
        }
    }

    /// Adds the rows of these mirrors, all or none.
    func addRows(_ mirrors: [Segment]) async throws {
        try await access.withCoordinator(.catalogChange) { connection in
            try Catalog.addMirrors(
                mirrors, history: "gpaddmirrors: segment config for resync: inserted mirror segment configuration",
                on: connection)
        }
        try killPoint(.rowAdded)
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
