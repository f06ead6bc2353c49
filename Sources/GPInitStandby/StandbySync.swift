import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient

/// The standby's way into sync with the coordinator, and out of it.
///
/// The order is that of the pairs (`FaultTolerance/MirrorUp.swift`, which argues each step): the standby catches up
/// while commits wait for nobody; then `synchronous_standby_names` is set; a *new* session sees it, so the checkpointer
/// has been signalled; the second CHECKPOINT belongs to a round that took the reload in, so the flag is set; every
/// commit that found it clear lies before the position that is read now; when the standby has flushed that, it has
/// every acknowledged commit and goes on having it.
struct StandbySync: Sendable {
    let access: ClusterAccess
    /// How long the standby may stand still, or be without a connection.
    let patience: Duration
    let onState: @Sendable (StandbyStream) -> Void

    private static let checkpointPatience = Duration.seconds(600)

    /// How the standby streams now.
    func stream() async throws -> StandbyStream { try await access.withCoordinator { try StandbyStream.ask($0) } }

    /// Waits until the standby streams and has what the coordinator has now.
    ///
    /// - Throws: `OperationError` when it stands still for `patience`.
    func awaitCatchUp() async throws {
        let goal = try await access.withCoordinator { connection in
            try connection.query("SELECT pg_catalog.pg_current_wal_flush_lsn()").value() ?? ""
        }
        try await awaitFlush(of: goal)
    }

    private func awaitFlush(of goal: String) async throws {
        var last: String?
        var deadline = Deadline.after(patience)
        while true {
            let (stream, isThere) = try await access.withCoordinator { connection in
                let stream = try StandbyStream.ask(connection)
                guard let flushed = stream.flushed else { return (stream, false) }
                let isThere = try connection.query(
                    "SELECT pg_catalog.pg_wal_lsn_diff($1::pg_catalog.pg_lsn, $2::pg_catalog.pg_lsn) >= 0",
                    [flushed, goal]
                ).value()
                return (stream, isThere == "t")
            }
            onState(stream)
            if stream.isStreaming, isThere { return }
            if stream.flushed != last { deadline = Deadline.after(patience) }
            last = stream.flushed
            guard !deadline.isPast else {
                let seconds = patience.components.seconds
                throw OperationError(
                    stream.state == nil
                        ? "the standby did not connect to the coordinator within \(seconds) s"
                        : "the standby stands still in state \(stream.state ?? "") for \(seconds) s, "
                            + "\(stream.lagBytes.map { "\($0) bytes" } ?? "an unknown distance") behind")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Commits wait for the standby from some moment soon after this; nothing where the server arranges it itself.
    func enable() async throws {
        guard access.engine.setsCoordinatorSync else { return }
        try await set("ALTER SYSTEM SET synchronous_standby_names = \(ServerSettings.quoted(Engine.synchronousNames))")
    }

    /// Commits wait for nobody: whoever waits now is let go.
    func disable() async throws {
        guard access.engine.setsCoordinatorSync, try await stream().waits else { return }
        try await set("ALTER SYSTEM RESET synchronous_standby_names")
    }

    private func set(_ statement: String) async throws {
        try await access.withCoordinator(.standbyChange) { connection in
            try connection.query(statement)
            try connection.query("SELECT pg_catalog.pg_reload_conf()")
        }
    }

    /// Waits until the standby is synchronous and has every commit that did not wait for it.
    func awaitSync() async throws {
        let deadline = Deadline.after(patience)
        while true {
            // A new session each time: that is the point.
            let stream = try await stream()
            onState(stream)
            if stream.isStreaming, stream.isSynchronous, stream.waits || !access.engine.setsCoordinatorSync { break }
            guard stream.state != nil || !deadline.isPast else {
                throw OperationError("the standby stopped streaming while it was brought into sync")
            }
            guard !deadline.isPast else {
                throw OperationError(
                    "the standby is \(stream.syncState ?? "not connected") and not sync after "
                        + "\(patience.components.seconds) s")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        let switchPoint = try await access.withCoordinator { connection in
            for _ in 0..<2 { try connection.query("CHECKPOINT", timeout: Self.checkpointPatience) }
            return try connection.query("SELECT pg_catalog.pg_current_wal_lsn()").value() ?? ""
        }
        try await awaitFlush(of: switchPoint)
    }

    /// What `gp_stat_replication` says of the standby, as a client sees it.
    ///
    /// - Throws: `PostgresError`; on Greenplum also when a primary is down, since the view asks them all.
    func verified() async throws -> (state: String, syncState: String) {
        try await access.withCoordinator(.dispatch) { connection in
            let rows = try connection.query(
                """
                SELECT state, sync_state FROM pg_catalog.gp_stat_replication
                WHERE gp_segment_id = -1 AND application_name = $1
                """, [Engine.walReceiverName]
            ).rows
            guard rows.count == 1 else {
                throw OperationError("gp_stat_replication shows \(rows.count) standbys of the coordinator, not one")
            }
            return (rows[0][0] ?? "", rows[0][1] ?? "")
        }
    }
}
