import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import Logging
import PostgresClient

/// The part of a swap during which the pair has no primary.
extension PairSwap {
    /// Stops the acting primary and waits until its mirror takes writes in its place.
    ///
    /// Undo: done here when it fails; see `undo`.
    func replacePrimary(_ old: Segment, _ mirror: Segment) async throws {
        let word = HandoverWord()
        // A request that waits for its cycle ends by itself: nothing here waits for it.
        Task.detached { await askForProbes(old.content, word) }
        defer { word.end() }
        do {
            await word.awaitAnnouncement(until: .after(.seconds(2)))
            show(old, "stopping")
            try await command(
                build.stop(old, timeout: Self.stopTimeout), "the stop of primary \(old.label)", old.hostname,
                timeout: Self.stopTimeout + .seconds(10))
            word.primaryStopped()
            try killPoint(.primaryStopped)
            onPhase(.reconfiguration)
            show(old, "promoting")
            try await awaitPromotion(of: mirror)
        } catch {
            word.end()
            throw await undo(old, mirror, error)
        }
        do {
            try killPoint(.promoted)
        } catch {
            throw SwapFailure(.mirrorDown("\(error)"))
        }
    }

    /// Waits until the mirror is the primary, in the catalog too, and takes writes.
    private func awaitPromotion(of mirror: Segment) async throws {
        let deadline = Deadline.after(Self.promotionTimeout)
        while !deadline.isPast {
            let takesWrites = try? await access.withSegment(mirror) { try Self.awaitWritable($0, deadline) }
            if takesWrites == true {
                let now = try await rows(of: SegmentPair(primary: mirror, mirror: nil))
                guard now.contains(where: { $0.dbid == mirror.dbid && $0.role == .primary }) else {
                    throw OperationError("\(mirror.label) was promoted, and the catalog does not name it primary")
                }
                return
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
        throw OperationError(
            "mirror \(mirror.label) was not promoted within \(Self.promotionTimeout.components.seconds) s")
    }

    /// Gives the word before the stop, so that no probe meets the stopped primary without it; asks right after.
    private func askForProbes(_ content: ContentID, _ word: HandoverWord) async {
        while !word.isOver {
            do {
                try await access.withCoordinator(.dispatch) { [engine = access.engine] connection in
                    if engine.hasFaultToleranceProgram { try Handover.announce(content, on: connection) }
                    word.announced()
                    guard word.awaitStop() else { return }
                    try Catalog.requestProbe(engine, on: connection, timeout: .seconds(30))
                }
            } catch {
                logger.debug("content \(content): the probe that was asked for: \(error)")
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Watches through a session with a mirror that takes some; it outlives the promotion.
    private static func awaitWritable(
        _ connection: borrowing PostgresConnection, _ deadline: Deadline
    ) throws -> Bool {
        while !deadline.isPast {
            let recovers = try connection.query("SELECT pg_catalog.pg_is_in_recovery()", timeout: .seconds(5)).value()
            if recovers == "f" {
                // Only a server that takes writes gives out a transaction number.
                try connection.query("SELECT pg_catalog.txid_current()", timeout: .seconds(5))
                return true
            }
            usleep(20_000)
        }
        return false
    }

    // MARK: - Undo

    /// After a failure between the stop and the promotion: the old primary is started again, if it still is the one.
    ///
    /// The service names a new primary in the catalog before it promotes it. Should it do so after the catalog was
    /// read here, the old one is stopped again; until then its commits wait for a mirror that has left it, so it can
    /// acknowledge nothing.
    private func undo(_ old: Segment, _ mirror: Segment, _ error: any Error) async -> SwapFailure {
        let pair = SegmentPair(primary: old, mirror: mirror)
        let names = { @Sendable (rows: [Segment]) in rows.contains { $0.dbid == old.dbid && $0.role == .primary } }
        guard let before = try? await rows(of: pair) else {
            return SwapFailure(
                .primaryDown("\(error); the coordinator does not answer, so primary \(old.label) was not started"))
        }
        guard names(before) else {
            return SwapFailure(.mirrorDown("\(error); \(mirror.label) is the primary now, \(old.label) is stopped"))
        }
        if await takesSessions(old) { return SwapFailure(.stopFailed("\(error)")) }
        let recovers = try? await access.withSegment(mirror) {
            try $0.query("SELECT pg_catalog.pg_is_in_recovery()", timeout: .seconds(5)).value()
        }
        guard recovers != "f" else {
            return SwapFailure(
                .primaryDown("\(error); \(mirror.label) is no standby any more, so \(old.label) was not started"))
        }
        do {
            try await startAgain(old)
            guard names(try await rows(of: pair)) else {
                try await command(
                    build.stop(old, timeout: Self.stopTimeout), "the stop of \(old.label)", old.hostname,
                    timeout: Self.stopTimeout + .seconds(10))
                return SwapFailure(.mirrorDown("\(error); \(mirror.label) became the primary late"))
            }
            return SwapFailure(.undone("\(error); \(old.label) was started again as primary"))
        } catch let failure {
            return SwapFailure(.primaryDown("\(error); starting \(old.label) again failed: \(failure)"))
        }
    }

    private func startAgain(_ old: Segment) async throws {
        try await command(
            build.start(old, timeout: Self.startTimeout), "the start of primary \(old.label)", old.hostname,
            timeout: Self.startTimeout + .seconds(30))
    }

    private func takesSessions(_ segment: Segment) async -> Bool {
        let answer = try? await access.withSegment(segment) { try $0.query("SELECT 1").value() }
        return answer == "1"
    }
}
