import ClusterModel
import ClusterOperations
import Logging

extension PairWorker {
    /// The mirror is gone: the catalog withdraws its promise, committed, before the primary may commit alone.
    ///
    /// Dying between the two leaves commits waiting and the catalog true; the next cycle goes on from there.
    mutating func markMirrorDown() throws {
        guard let mirror = pair.mirror else { return }
        context.logger.warning(
            "\(subject): \(word) \(mirror.label) does not stream from \(pair.primary.label); marking it down")
        try change(
            [RowChange(pair.primary, mode: .notInSync), RowChange(mirror, status: .down, mode: .notInSync)],
            then: .mirrorMarkedDown)
    }

    /// The primary commits alone.
    ///
    /// Only for a pair that the catalog has not in sync, read again right before.
    /// - Throws: `OperationError` when the catalog has it in sync, or another primary.
    func disableSync() throws {
        guard !isCoordinator else { return try releaseCoordinator() }
        guard try context.session.mayCommitAlone(pair.primary) else {
            throw OperationError(
                "the catalog has primary \(pair.primary.label) in sync, or replaced; its commits go on waiting")
        }
        try withPrimary { try setSynchronousNames("", on: $0, written: .syncOffWritten, loaded: .syncOffLoaded) }
        context.logger.info("\(subject): primary \(pair.primary.label) commits without a mirror")
    }

    /// The pair is not in sync, though both may be up: nobody may be promoted until it is again.
    mutating func markNotInSync() throws {
        guard let mirror = pair.mirror else { return }
        context.logger.warning(
            """
            \(subject): commits on \(primaryLabel) do not wait for its \(word), and for it alone; marking them not \
            in sync
            """)
        try change(
            [RowChange(pair.primary, mode: .notInSync), RowChange(mirror, mode: .notInSync)],
            then: .pairMarkedNotInSync)
    }
}
