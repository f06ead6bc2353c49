import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient
import Synchronization

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

    private static let checkpointPatience = Duration.seconds(3600)
    /// How long the standby may stand still once commits wait for it.
    private static let syncPatience = Duration.seconds(10)
    private static let tries = 3

    /// How the standby streams now.
    func stream() async throws -> StandbyStream { try await access.withCoordinator { try StandbyStream.ask($0) } }

    /// Brings the standby into sync; when that fails, commits do not go on waiting for it.
    ///
    /// A connection that breaks on the way is forgiven twice: the standby reconnects by itself.
    /// - Parameter passed: called when the standby has caught up, and when commits begin to wait.
    func bringUp(_ passed: (StandbyStep) throws -> Void = { _ in }) async throws {
        for attempt in 1... {
            try await awaitCatchUp()
            try passed(.caughtUp)
            do {
                try await enable()
                try passed(.syncEnabled)
                return try await awaitSync()
            } catch let error as StreamEnded where attempt < Self.tries {
                try await disable()
                onState(error.stream)
            } catch {
                try await Task { try await disable() }.value
                throw error
            }
        }
    }

    /// The standby went away, or stands still, while commits wait for it.
    private struct StreamEnded: Error, CustomStringConvertible {
        let stream: StandbyStream
        var description: String {
            stream.isStreaming
                ? "the standby stands still, \(stream.lagBytes ?? 0) bytes behind, while it is brought into sync"
                : "the standby stopped streaming while it was brought into sync"
        }
    }

    /// Waits until the standby streams and has what the coordinator has now, while commits wait for nobody.
    ///
    /// The checkpoint takes the work off the two that commits may wait for: while one runs, the checkpointer does not
    /// even see that synchronous commit is off again.
    private func awaitCatchUp() async throws {
        let goal = try await access.withCoordinator { connection in
            try connection.query("CHECKPOINT", timeout: Self.checkpointPatience)
            return try connection.query("SELECT pg_catalog.pg_current_wal_flush_lsn()").value() ?? ""
        }
        var last: String?
        var deadline = Deadline.after(patience)
        while true {
            let (stream, isThere) = try await progress(to: goal)
            if isThere { return }
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

    /// How the standby streams, and whether it streams and has flushed `goal`.
    private func progress(to goal: String) async throws -> (StandbyStream, Bool) {
        let (stream, isThere) = try await access.withCoordinator { connection in
            let stream = try StandbyStream.ask(connection)
            guard let flushed = stream.flushed else { return (stream, false) }
            let isThere = try connection.query(
                "SELECT pg_catalog.pg_wal_lsn_diff($1::pg_catalog.pg_lsn, $2::pg_catalog.pg_lsn) >= 0", [flushed, goal]
            ).value()
            return (stream, isThere == "t")
        }
        onState(stream)
        return (stream, isThere && stream.isStreaming)
    }

    /// Commits wait for the standby from some moment soon after this; nothing where the server arranges it itself.
    private func enable() async throws {
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
    private func awaitSync() async throws {
        var watch = StallWatch(patience: Self.syncPatience)
        while true {
            // A new session each time: that is the point.
            let stream = try await stream()
            onState(stream)
            try watch.check(stream)
            if stream.isSynchronous, stream.waits || !access.engine.setsCoordinatorSync { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        let switchPoint = try await switchPoint()
        watch = StallWatch(patience: Self.syncPatience)
        while true {
            let (stream, isThere) = try await progress(to: switchPoint)
            if isThere { return }
            try watch.check(stream)
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The position after two checkpoints, which are waited for only as long as the standby streams and moves.
    private func switchPoint() async throws -> String {
        let box = Box()
        let access = access
        Task.detached {
            do {
                let position = try await access.withCoordinator { connection in
                    for _ in 0..<2 { try connection.query("CHECKPOINT", timeout: Self.checkpointPatience) }
                    return try connection.query("SELECT pg_catalog.pg_current_wal_lsn()").value() ?? ""
                }
                box.answer.withLock { $0 = .success(position) }
            } catch {
                box.answer.withLock { $0 = .failure(error) }
            }
        }
        var watch = StallWatch(patience: Self.syncPatience)
        while true {
            if let answer = box.answer.withLock({ $0 }) { return try answer.get() }
            let stream = try await stream()
            onState(stream)
            try watch.check(stream)
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// What a detached task leaves for the one that may not wait for it.
    private final class Box: Sendable {
        let answer = Mutex<Result<String, any Error>?>(nil)
    }

    /// Tells when the standby does not stream, or has more to flush and stands still.
    private struct StallWatch {
        private let patience: Duration
        private var place: String?
        private var deadline: Deadline

        init(patience: Duration) {
            self.patience = patience
            deadline = .after(patience)
        }

        mutating func check(_ stream: StandbyStream) throws {
            guard stream.isStreaming else { throw StreamEnded(stream: stream) }
            if stream.flushed != place || stream.lagBytes ?? 1 <= 0 && stream.isSynchronous {
                place = stream.flushed
                deadline = .after(patience)
            }
            guard !deadline.isPast else { throw StreamEnded(stream: stream) }
        }
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
