import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient
import RemoteShell
import Reporting
import ToolSupport

/// Takes the standby away: commits let go first, the row last, so that a run that was cut off can be run again.
struct StandbyRemoval {
    let context: ToolContext
    let access: ClusterAccess
    let coordinator: Segment
    let standby: Segment

    private var server: StandbyServer { StandbyServer(access: access, standby: standby) }

    /// Why the standby's host does not answer; nil when it does.
    func hostProblem() async -> String? {
        do {
            _ = try await access.shell.run(
                ShellCommand("exit 0", purpose: "an answer of \(standby.hostname)"), on: standby.hostname)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Removes it and returns what is left behind, in words.
    ///
    /// - Parameter hostProblem: what `hostProblem()` said; with a text, nothing is tried on the host.
    func apply(hostProblem: String?) async throws -> [String] {
        let sync = StandbySync(access: access, patience: .zero) { _ in }
        try await sync.disable()
        try point(.released)
        var left: [String] = []
        if hostProblem == nil {
            context.report(.info("Stopping standby coordinator on \(standby.hostname)"))
            try await server.stop()
            try point(.standbyStopped)
            context.report(.info("Removing data directory on standby coordinator..."))
            do {
                left += try await server.removeDirectory().map { "tablespace directory \($0) on \(standby.hostname)" }
            } catch {
                context.report(.error("Failed to remove data directory on standby coordinator."))
                throw error
            }
            try point(.directoryRemoved)
        } else {
            left.append("data directory \(standby.dataDirectory) on \(standby.hostname), and its server if it runs")
        }
        try await dropSlot()
        try point(.slotDropped)
        try await removeRow()
        // A service that saw the standby stream a moment ago may have made commits wait for it again.
        try await sync.disable()
        try point(.rowRemoved)
        return left
    }

    private func point(_ step: RemovalStep) throws { try context.killPoint(step.rawValue) }

    private func removeRow() async throws {
        context.report(.info("Removing standby coordinator from catalog..."))
        let standby = standby
        do {
            _ = try await access.withCoordinator(.standbyChange) { [engine = access.engine] in
                try Catalog.removeStandby(standby, engine: engine, on: $0)
            }
        } catch {
            context.report([
                .error("Failed to remove standby from coordinator catalog."),
                .error("Failed to remove standby coordinator from catalog."),
            ])
            throw error
        }
        context.report(.info("Database catalog updated successfully."))
    }

    /// Ends a sender to a standby that cannot be stopped, and drops the slot before it comes back.
    private func dropSlot() async throws {
        let copying = InstanceCopy(
            access: access,
            build: MirrorBuild(
                engine: access.engine, binaryDirectory: access.location.binaryDirectory, user: access.user),
            runID: "", logger: context.logger)
        for _ in 0..<50 {
            _ = try await access.withCoordinator { connection in
                try connection.query(
                    """
                    SELECT pg_catalog.pg_terminate_backend(active_pid) FROM pg_catalog.pg_replication_slots
                    WHERE slot_name = $1 AND active
                    """, [Engine.replicationSlot])
            }
            if await copying.dropSlot(of: coordinator, until: .after(.milliseconds(300))) { return }
        }
        throw OperationError(
            "replication slot \(Engine.replicationSlot) of the coordinator stays in use and keeps WAL",
            hint: "stop the standby on \(standby.hostname), then run gpinitstandby -r again")
    }
}
