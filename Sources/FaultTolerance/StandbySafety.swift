import BlockingWork
import ClusterModel
import ClusterOperations
import Logging
import PostgresClient

/// What the coordinator's standby, and coordinators that were replaced, ask of the work on pairs.
extension PairWorker {
    /// The coordinator commits alone: through the session that is open anyhow, so that commits that wait in every
    /// place of the server cannot lock it out.
    ///
    /// - Throws: `OperationError` when the history has the standby in sync.
    func releaseCoordinator() throws {
        guard try context.session.ownPair().mirror?.mode != .inSync else {
            throw OperationError("the history has the standby in sync; commits go on waiting for it")
        }
        try context.session.use {
            try setSynchronousNames("", on: $0, written: .syncOffWritten, loaded: .syncOffLoaded)
        }
        context.logger.info("coordinator \(pair.primary.label) commits without a standby")
    }

    /// Runs `body`, which makes commits wait; on the coordinator while the standby's row cannot be removed.
    ///
    /// gpinitstandby lets commits go after it has removed the row: so they are never left waiting for nobody.
    func whileStandbyIsOurs(_ body: () throws -> Void) throws {
        guard isCoordinator, let standby = pair.mirror else { return try body() }
        try context.session.withStandbyRow(standby) { _ in
            guard !context.isToolAtWork() else { throw OperationError("gpinitstandby is at work; left to it") }
            try body()
        }
    }

    /// Waits until a standby that is in sync has the change of the catalog that was just committed.
    ///
    /// What is done to segments must not be news to the coordinator that the standby may become. One that is away
    /// is waited for a short time only: a failover of a segment must not hang on it.
    func awaitStandby() throws {
        let session = context.session
        guard let standby = (try? session.ownPair())?.mirror, standby.mode == .inSync else { return }
        let goal = try session.use { try $0.query("SELECT pg_catalog.pg_current_wal_flush_lsn()").value() }
        let isThere = try context.stop.wait(until: .after(FTSSettings.standbyPatience), every: .milliseconds(10)) {
            try session.use {
                try $0.query(
                    """
                    SELECT 1 FROM pg_catalog.pg_stat_replication
                    WHERE pg_catalog.lower(application_name) = $1 AND sync_state IN ('sync', 'quorum')
                        AND flush_lsn >= $2::pg_catalog.pg_lsn
                    """, [Engine.walReceiverName, goal]
                ).rows.isEmpty == false
            }
        }
        if !isThere {
            context.logger.warning(
                """
                \(subject): the coordinator's standby \(standby.label) does not have a change of the catalog after \
                \(FTSSettings.standbyPatience); going on without it
                """)
        }
    }

    /// Makes a primary that does not know this coordinator remember it, and its mirror too where it streams.
    ///
    /// - Returns: whether it was news; every other session of the service with it is closed then.
    func remember(_ probe: ProbeResult) throws -> Bool {
        guard !isCoordinator, let facts = probe.facts, !facts.isInRecovery,
            facts.coordinatorTimeline != context.session.fence.timeline
        else { return false }
        try withPrimary { try raiseMemory($0) }
        if facts.sender?.isStreaming == true { try awaitMemoryOfMirror() }
        return true
    }

    func raiseMemory(_ connection: borrowing PostgresConnection) throws {
        let fence = context.session.fence
        let isNews = try fence.raise(
            connection, pair.primary, timeout: context.settings.probeTimeout, killPoint: context.killPoint)
        guard isNews else { return }
        context.logger.info("\(subject): \(primaryLabel) remembers the coordinator on timeline \(fence.timeline)")
    }

    private func awaitMemoryOfMirror() throws {
        guard let mirror = pair.mirror else { return }
        let (fence, timeout) = (context.session.fence, context.settings.probeTimeout)
        do {
            let connection = try connect(mirror)
            let isThere = try context.stop.wait(until: .after(min(timeout, .seconds(5)))) {
                try fence.check(connection, mirror, timeout: timeout) == fence.timeline
            }
            guard isThere else { throw OperationError("it did not hear of it in time") }
            try fence.endOlderSessions(connection, timeout: timeout)
        } catch let error where error is OperationError || error is PostgresError {
            context.logger.info("\(subject): \(word) \(mirror.label) may not know this coordinator yet: \(error)")
        }
    }
}
