import BlockingWork
import ClusterModel
import ClusterOperations
import Logging
import PostgresClient

extension PairWorker {
    /// The primary is gone and its mirror in sync: the catalog makes the mirror the primary.
    ///
    /// The mirror is asked once more right before, so that the catalog never names a primary that nobody reached.
    mutating func swapRoles(reason: String) throws {
        guard let mirror = pair.mirror else { return }
        let facts = try InstanceProbe.facts(try connect(mirror), timeout: context.settings.probeTimeout)
        guard facts.isInRecovery else {
            throw OperationError("mirror \(mirror.label) is no standby any more; roles are left as they are")
        }
        try passed(.mirrorRechecked)
        context.logger.warning(
            "\(subject): primary \(pair.primary.label) is gone (\(reason)); promoting \(mirror.label)")
        try change(
            [
                RowChange(pair.primary, role: .mirror, status: .down, mode: .notInSync),
                RowChange(mirror, role: .primary, mode: .notInSync),
            ], then: .rolesSwapped)
        let old = pair.primary
        if let new = pair.mirror { pair.primary = new }
        pair.mirror = old
    }

    /// Makes the catalog's primary one, and lets it remember this coordinator.
    ///
    /// Every part may be repeated, and every cycle does until it recovers no more.
    ///
    /// Its copy of the old primary's settings would make commits wait for a mirror that it does not have, so that
    /// goes first. The slot comes before the promotion too: it then keeps the WAL from the last restart point on,
    /// which the old primary needs when it comes back as a mirror.
    func promote() throws {
        let segment = pair.primary
        let begun = ContinuousClock.now
        let connection = try connect(segment)
        guard try recovers(connection) else { return }
        try setSynchronousNames("", on: connection, written: .promotionSyncCleared, loaded: nil)
        do {
            try createSlot(on: segment, then: .promotionSlotCreated)
        } catch let error as PostgresError {
            // Without a slot the old primary may have to be copied anew; without a primary nothing works at all.
            context.logger.warning("\(subject): no slot on \(segment.label): \(error)")
        }
        try connection.query("SELECT pg_catalog.pg_promote(false)", timeout: context.settings.probeTimeout)
        try passed(.promotionRequested)
        let done = try context.stop.wait(until: .after(FTSSettings.promotionPatience)) { try !recovers(connection) }
        guard done else {
            throw OperationError("\(segment.label) is still being promoted")
        }
        try passed(.promotionSeen)
        try raiseMemory(connection)
        let seconds = Int((ContinuousClock.now - begun).inSeconds * 1000)
        context.logger.info("\(subject): \(segment.label) is the primary now, promoted in \(seconds) ms")
    }

    private func recovers(_ connection: borrowing PostgresConnection) throws -> Bool {
        try connection.query(
            "SELECT pg_catalog.pg_is_in_recovery()", timeout: context.settings.probeTimeout
        ).value() == "t"
    }
}
