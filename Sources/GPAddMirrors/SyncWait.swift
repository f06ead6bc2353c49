import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient
import ToolSupport

/// Waits until every new mirror is in sync, asking the fault-tolerance service to look instead of sleeping.
struct SyncWait: Sendable {
    let access: ClusterAccess
    let board: ProgressBoard
    let stop: StopRequest

    /// Returns the mirrors that are not in sync when the deadline passes; none when all are.
    ///
    /// A coordinator that does not answer for a moment is asked again: only the deadline ends the waiting.
    /// - Throws: `CancellationError` when the run is to stop.
    func wait(_ items: [MirrorPlan.Item], until deadline: Deadline) async throws -> [MirrorPlan.Item] {
        var left = items
        while !left.isEmpty && !deadline.isPast {
            try stop.check()
            let timeout = min(deadline.remaining, .seconds(120))
            let rows = try? await access.withCoordinator(.dispatch) { [engine = access.engine] connection in
                try Catalog.requestProbe(engine, on: connection, timeout: timeout)
                return try Catalog.rows(connection)
            }
            let synced = Set((rows ?? []).filter { $0.status == .up && $0.mode == .inSync }.map(\.dbid))
            for item in left where synced.contains(item.mirror.dbid) {
                board.finish(item.mirror.dbid.rawValue, phase: "synchronized")
            }
            left = left.filter { !synced.contains($0.mirror.dbid) }
            guard !left.isEmpty else { return [] }
            await showLag(left)
            try await Task.sleep(for: min(deadline.remaining, .milliseconds(300)))
        }
        return left
    }

    private func showLag(_ items: [MirrorPlan.Item]) async {
        _ = await fanOut(items, limit: 64) { item -> Int? in
            let lag = try? await access.withSegment(item.source) { connection in
                try connection.query(
                    """
                    SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), flush_lsn)::bigint
                    FROM pg_catalog.pg_stat_replication WHERE application_name = $1 ORDER BY backend_start DESC LIMIT 1
                    """, [Engine.walReceiverName]
                ).rows.first?.first ?? nil
            }
            let text = (lag ?? nil).map { "synchronizing, \($0) bytes behind" } ?? "connecting"
            board.update(item.mirror.dbid.rawValue, phase: text)
            return nil
        }
    }
}
