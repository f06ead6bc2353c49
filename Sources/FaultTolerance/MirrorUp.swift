import BlockingWork
import ClusterModel
import ClusterOperations
import Logging
import PostgresClient

/// The way back into sync.
///
/// The catalog may say `s` only when the mirror has every acknowledged commit and goes on having it. Commits wait
/// for the mirror when a flag in the primary's shared memory is set (PostgreSQL 15, `syncrep.c`), and the process
/// that sets it is the checkpointer, when it takes note of a reload. A session that sees the new
/// `synchronous_standby_names`, or a sender that counts as `sync`, proves nothing about the checkpointer: each
/// process reads the file by itself. So:
///
/// 1. A *new* session sees the new value. New sessions are made by the postmaster, and it reads the file and signals
///    all its children in one go, so the checkpointer has been signalled by now.
/// 2. CHECKPOINT returns after the checkpointer has done one. It did system calls for it, so the signal has reached
///    it. It looks at pending reloads at the top of each round, before it looks for requests; the first checkpoint
///    may have begun between the two.
/// 3. A second CHECKPOINT therefore belongs to a later round, at whose top the reload was taken in: the flag is set.
/// 4. `pg_current_wal_lsn()` now is the switch point. A commit that found the flag clear had written its record
///    before, so it lies before the switch point. Every later one waits.
/// 5. The mirror has flushed up to the switch point: it has both kinds.
extension PairWorker {
    /// Runs a step of the way; when it fails, commits shall not go on waiting for this mirror.
    ///
    /// Not for the last one, the catalog's: its commit may have taken effect though the answer was lost.
    mutating func bringUpStep(_ step: (inout PairWorker) throws -> Void) throws {
        do {
            try step(&self)
        } catch  where error is PostgresError || error is OperationError {
            memory.bringUpFailed = .now
            do {
                try disableSync()
            } catch {
                context.logger.warning("\(subject): commits go on waiting for the \(word): \(error)")
            }
            throw error
        }
    }

    /// How often the primary is looked at while something is under way there.
    private static var pollPause: Duration { .milliseconds(10) }

    /// How often it is looked at while it makes a checkpoint: each look is work for the server, which is busy.
    private static var checkpointPause: Duration { .milliseconds(100) }

    /// With less WAL since the last checkpoint than this, in bytes, the next one is the work of a moment.
    private static var idleWAL: Int { 16 << 20 }

    /// Waits, while commits wait for nobody, until the mirror has what the primary has now.
    ///
    /// A checkpoint before takes the work off the two that commits may wait for, where there is much: while one runs,
    /// the checkpointer does not even see that synchronous commit is off again.
    func awaitCatchUp() throws {
        try withKept { connection in
            if try walSinceCheckpoint(connection) > Self.idleWAL {
                let parameters = parameters(pair.primary)
                try checkpoint(
                    1, in: { SharedSession(try PostgresConnection.connect(parameters)) }, seenThrough: connection)
            }
            let goal = try position("pg_catalog.pg_current_wal_flush_lsn()", connection)
            try awaitFlush(of: goal, connection, .after(context.settings.bringUpPatience))
        }
        try passed(.mirrorCaughtUp)
    }

    /// Commits wait for the mirror's flush from some moment soon after this.
    func enableSync() throws {
        try withKept { connection in
            try whileStandbyIsOurs {
                try setSynchronousNames(
                    FTSDecision.synchronousNames, on: connection, written: .syncOnWritten, loaded: .syncOnLoaded)
            }
        }
    }

    /// Waits until the steps of the argument above are done.
    func awaitSwitchPoint() throws {
        let fresh = SharedSession(try sessionThatSeesSync())
        try passed(.syncSeen)
        try withKept { connection in
            try checkpoint(2, in: { fresh }, seenThrough: connection)
            let switchPoint = try position("pg_catalog.pg_current_wal_lsn()", connection)
            try awaitFlush(of: switchPoint, connection, .after(context.settings.bringUpPatience))
        }
        try passed(.switchPointPassed)
    }

    /// A session that was new when it saw the mirror synchronous.
    private func sessionThatSeesSync() throws -> PostgresConnection {
        let deadline = Deadline.after(context.settings.bringUpPatience)
        while true {
            try context.stop.check()
            // A new session each time: that is the point.
            let connection = try connect(pair.primary)
            let facts = try InstanceProbe.facts(connection, timeout: context.settings.probeTimeout)
            guard let sender = facts.sender, sender.isStreaming, facts.streamingSenders == 1 else { throw streamEnded }
            if facts.synchronousStandbyNames == FTSDecision.synchronousNames, sender.isSynchronous { return connection }
            guard !deadline.isPast else {
                throw OperationError("\(primaryLabel) did not make its \(word) synchronous in time")
            }
            try context.stop.pause(Self.pollPause)
        }
    }

    /// The catalog promises what now holds.
    mutating func markMirrorUp() throws {
        guard let mirror = pair.mirror else { return }
        try change(
            [RowChange(pair.primary, mode: .inSync), RowChange(mirror, status: .up, mode: .inSync)],
            then: .mirrorMarkedUp)
        memory.bringUpFailed = nil
    }

    private var streamEnded: OperationError {
        OperationError(
            "the \(word) of \(pair.primary.label) stopped streaming, or no longer streams alone, while it was brought up"
        )
    }

    /// CHECKPOINTs in one session, for as long as the mirror streams and moves, which is seen through another.
    private func checkpoint(
        _ count: Int, in session: @escaping @Sendable () throws -> SharedSession,
        seenThrough connection: borrowing PostgresConnection
    ) throws {
        let work = BackgroundCheckpoints(count, patience: FTSSettings.checkpointPatience, in: session)
        var place: WALPosition?
        var stalled = Deadline.after(context.settings.bringUpPatience)
        var nextLook = Deadline.after(Self.checkpointPause)
        while true {
            if let outcome = work.outcome { return try outcome.get() }
            try context.stop.pause(Self.pollPause)
            guard nextLook.isPast else { continue }
            nextLook = .after(Self.checkpointPause)
            let facts = try InstanceProbe.facts(connection, timeout: context.settings.probeTimeout)
            guard let sender = facts.sender, sender.isStreaming, facts.streamingSenders == 1 else { throw streamEnded }
            if sender.flushed != place || sender.flushed == facts.flushed {
                place = sender.flushed
                stalled = .after(context.settings.bringUpPatience)
            }
            guard !stalled.isPast else { throw behind(sender, "during a checkpoint") }
        }
    }

    private func walSinceCheckpoint(_ connection: borrowing PostgresConnection) throws -> Int {
        let bytes = try connection.query(
            """
            SELECT (pg_catalog.pg_current_wal_insert_lsn() - redo_lsn)::int8 FROM pg_catalog.pg_control_checkpoint()
            """, timeout: context.settings.probeTimeout
        ).value()
        return bytes.flatMap { Int($0) } ?? .max
    }

    private func behind(_ sender: WALSender, _ goal: String) -> OperationError {
        OperationError(
            "the \(word) of \(pair.primary.label) did not flush \(goal) in time "
                + "(it is at \(sender.flushed?.description ?? "no known place"))")
    }

    private func position(_ function: String, _ connection: borrowing PostgresConnection) throws -> WALPosition {
        let text = try connection.query("SELECT \(function)", timeout: context.settings.probeTimeout).value()
        guard let position = text.flatMap({ WALPosition($0) }) else {
            throw OperationError("\(primaryLabel) names no place in its log")
        }
        return position
    }

    private func awaitFlush(
        of goal: WALPosition, _ connection: borrowing PostgresConnection, _ deadline: Deadline
    ) throws {
        while true {
            try context.stop.check()
            let facts = try InstanceProbe.facts(connection, timeout: context.settings.probeTimeout)
            guard let sender = facts.sender, sender.isStreaming, facts.streamingSenders == 1 else { throw streamEnded }
            if let flushed = sender.flushed, flushed >= goal { return }
            guard !deadline.isPast else { throw behind(sender, "up to \(goal)") }
            try context.stop.pause(Self.pollPause)
        }
    }
}
