public import BlockingWork
public import ClusterModel
import PostgresClient

/// Waits until mirrors are in sync, asking the fault-tolerance service to look instead of sleeping.
public struct SyncWait: Sendable {
    /// How far a mirror is.
    public enum Progress: Sendable, Equatable {
        /// Bytes of WAL that it has not flushed; nil before it streams.
        case behind(Int?)
        case synchronized

        /// For a progress board.
        public var phase: String {
            switch self {
            case .behind(let bytes): bytes.map { "synchronizing, \($0) bytes behind" } ?? "connecting"
            case .synchronized: "synchronized"
            }
        }
    }

    private let access: ClusterAccess
    private let check: @Sendable () throws -> Void
    private let onProgress: @Sendable (DatabaseID, Progress) -> Void

    /// - Parameters:
    ///   - check: throws when the run is to stop.
    ///   - onProgress: called with what is known of a mirror, on any thread.
    public init(
        access: ClusterAccess, check: @escaping @Sendable () throws -> Void,
        onProgress: @escaping @Sendable (DatabaseID, Progress) -> Void
    ) {
        self.access = access
        self.check = check
        self.onProgress = onProgress
    }

    /// Returns the dbids of the mirrors that are not in sync when the deadline passes; none when all are.
    ///
    /// A coordinator that does not answer for a moment is asked again: only the deadline ends the waiting.
    /// - Parameters:
    ///   - pairs: each mirror with the primary it streams from.
    ///   - isProbed: whether a probe has just ended, so that the catalog may be believed once without another.
    /// - Throws: what `check` throws.
    public func wait(
        _ pairs: [(mirror: Segment, source: Segment)], isProbed: Bool = false, until deadline: Deadline
    ) async throws -> [DatabaseID] {
        var left = pairs
        var believes = isProbed
        while !left.isEmpty && !deadline.isPast {
            try check()
            let timeout = min(deadline.remaining, .seconds(120))
            let rows = try? await access.withCoordinator(.dispatch) { [engine = access.engine, believes] connection in
                if !believes { try Catalog.requestProbe(engine, on: connection, timeout: timeout) }
                return try Catalog.rows(connection)
            }
            let synced = Set((rows ?? []).filter { $0.status == .up && $0.mode == .inSync }.map(\.dbid))
            for pair in left where synced.contains(pair.mirror.dbid) { onProgress(pair.mirror.dbid, .synchronized) }
            left = left.filter { !synced.contains($0.mirror.dbid) }
            guard !left.isEmpty else { return [] }
            defer { believes = false }
            await showLag(left)
            try await Task.sleep(for: min(deadline.remaining, .milliseconds(300)))
        }
        return left.map(\.mirror.dbid)
    }

    private func showLag(_ pairs: [(mirror: Segment, source: Segment)]) async {
        _ = await fanOut(pairs.map { ($0.mirror.dbid, $0.source) }, limit: 64) { dbid, source in
            let lag = try? await access.withSegment(source) { connection in
                try connection.query(
                    """
                    SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), flush_lsn)::bigint
                    FROM pg_catalog.pg_stat_replication WHERE application_name = $1 ORDER BY backend_start DESC LIMIT 1
                    """, [Engine.walReceiverName]
                ).rows.first?.first ?? nil
            }
            onProgress(dbid, .behind((lag ?? nil).flatMap { Int($0) }))
        }
    }
}
