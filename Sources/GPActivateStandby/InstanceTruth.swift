import ClusterModel
import ClusterOperations
import PostgresClient

/// What an instance really is, whatever the catalog says.
///
/// The service's changes of the catalog wait for no standby: the newest may be missing in a standby's catalog.
struct InstanceTruth: Sendable, Equatable {
    var isInRecovery: Bool
    var timeline: Int
    /// Whom its commits wait for.
    var synchronousNames: String

    /// Asks; blocks.
    ///
    /// - Throws: `PostgresError`.
    static func ask(_ connection: borrowing PostgresConnection) throws -> InstanceTruth {
        let server = try LocalServer.ask(connection)
        return InstanceTruth(
            isInRecovery: server.isInRecovery, timeline: server.timeline, synchronousNames: server.synchronousNames)
    }
}

/// What a pair's rows should be, from what its instances are.
struct PairTruth: Sendable {
    var pair: SegmentPair
    /// Of the catalog's primary; nil when it does not answer.
    var primary: InstanceTruth?
    /// Of the catalog's mirror; nil when it does not answer.
    var mirror: InstanceTruth?

    /// What follows.
    enum Verdict: Sendable, Equatable {
        case right
        /// Both rows as they should be.
        case wrong([Segment])
        /// Nothing can be concluded.
        case open(String)
    }

    /// Corrects only where one instance alone can be the primary: it is out of recovery, and the other is in
    /// recovery, does not answer, or is on an older timeline.
    var verdict: Verdict {
        guard let row = pair.mirror else {
            return primary.map { $0.isInRecovery } == true ? .open("its only instance is in recovery") : .right
        }
        let isMirrorOut = mirror.map { !$0.isInRecovery } ?? false
        let isPrimaryOut = primary.map { !$0.isInRecovery } ?? false
        switch (isPrimaryOut, isMirrorOut) {
        case (true, false): return primary?.synchronousNames == "" && pair.primary.mode == .inSync ? notInSync : .right
        case (false, true): return swapped(row)
        case (true, true):
            guard let first = primary?.timeline, let second = mirror?.timeline, first != second else {
                return .open("both instances take writes, on the same timeline")
            }
            return second > first ? swapped(row) : .right
        case (false, false):
            if primary != nil { return .open("\(pair.primary.label) is the primary in the catalog and in recovery") }
            return .open("primary \(pair.primary.label) does not answer")
        }
    }

    private func swapped(_ mirror: Segment) -> Verdict {
        var (new, old) = (mirror, pair.primary)
        (new.role, new.status, new.mode) = (.primary, .up, .notInSync)
        (old.role, old.status, old.mode) = (.mirror, .down, .notInSync)
        return .wrong([new, old])
    }

    /// The primary's commits do not wait: whatever the catalog promises, a failover could lose rows.
    private var notInSync: Verdict {
        .wrong(
            ([pair.primary] + (pair.mirror.map { [$0] } ?? [])).map { row in
                var row = row
                row.mode = .notInSync
                return row
            })
    }
}
