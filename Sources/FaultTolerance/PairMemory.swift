public import ClusterModel

/// What the service remembers of a pair from one probe to the next.
///
/// It lives in the process alone: after a restart every grace period starts anew, which delays and never loses.
public struct PairMemory: Sendable, Equatable {
    public typealias Instant = ContinuousClock.Instant

    private var primary: DatabaseID?
    private var mirror: DatabaseID?
    /// When the primary was first heard to be starting, without an answer since.
    public private(set) var startingSince: Instant?
    /// When the mirror was first seen missing, or stalled, without a sign of life since.
    public private(set) var missingSince: Instant?
    /// A position of the mirror behind its primary's, and when it was first seen there.
    private var behind: Behind?
    /// When an attempt to bring the mirror into sync last failed.
    public var bringUpFailed: Instant?

    private struct Behind: Sendable, Equatable {
        let position: WALPosition?
        let since: Instant
    }

    public init() {}

    /// Whether the mirror is behind and one look cannot tell whether it moves; a second one a moment later can.
    public var needsSecondLook: Bool { behind != nil && missingSince == nil }

    /// Takes in one probe of the primary.
    ///
    /// A mirror counts as missing when no sender streams to it, and also when a sender streams, the primary has
    /// more on disk and the mirror's position stays where it was: a stopped machine keeps its connection for long.
    public mutating func observe(_ pair: SegmentPair, _ probe: ProbeResult, at now: Instant) {
        if primary != pair.primary.dbid || mirror != pair.mirror?.dbid {
            self = PairMemory()
            primary = pair.primary.dbid
            mirror = pair.mirror?.dbid
        }
        if case .starting = probe { startingSince = startingSince ?? now } else { startingSince = nil }
        guard let facts = probe.facts, !facts.isInRecovery, pair.mirror != nil else {
            // Nothing is known of the mirror now.
            missingSince = nil
            behind = nil
            return
        }
        observe(facts.sender, ownPosition: facts.flushed, at: now)
    }

    private mutating func observe(_ sender: WALSender?, ownPosition: WALPosition?, at now: Instant) {
        guard let sender, sender.isStreaming else {
            missingSince = missingSince ?? now
            behind = nil
            return
        }
        guard let own = ownPosition, (sender.flushed ?? WALPosition(rawValue: 0)) < own else {
            missingSince = nil
            behind = nil
            return
        }
        if let behind, behind.position == sender.flushed {
            missingSince = behind.since
        } else {
            behind = Behind(position: sender.flushed, since: now)
            missingSince = nil
        }
    }
}
