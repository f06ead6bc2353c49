public import ClusterModel
import ClusterOperations

/// One thing to do for a pair.
///
/// A list of them is carried out in order and ends at the first that fails.
public enum FTSAction: Sendable, Equatable {
    /// Catalog: mirror `status d`, both `mode n`.
    case markMirrorDown
    /// Primary: commits wait for nobody.
    case disableSync
    /// Catalog: both `mode n`, the mirror stays up.
    case markNotInSync
    /// Primary: make the mirror's replication slot.
    case createSlot
    /// Wait until the mirror has what the primary had when the wait began; commits wait for nobody yet.
    case awaitCatchUp
    /// Primary: commits wait for the mirror's flush.
    case enableSync
    /// Wait until the mirror has everything that was committed without waiting for it.
    case awaitSwitchPoint
    /// Catalog: mirror `status u`, both `mode s`.
    case markMirrorUp
    /// Catalog, one transaction: the mirror becomes the primary, the primary a mirror that is down.
    case swapRoles
    /// The acting primary by the catalog: promote it, if it still recovers.
    case promote
    /// Nothing can be done for the pair; the log gets the original's line, and this reason.
    case doubleFault(String)
    /// Nothing is done; the log says why.
    case report(String)
}

/// The rules of the service: what to do for a pair, from what is known of it.
///
/// No input or output here.
public struct FTSDecision: Sendable {
    let pair: SegmentPair
    let primary: ProbeResult
    let memory: PairMemory
    let now: PairMemory.Instant
    let settings: FTSSettings

    /// - Parameters:
    ///   - primary: the newest probe, which `memory` has observed.
    ///   - now: the time of the decision.
    public init(
        pair: SegmentPair, primary: ProbeResult, memory: PairMemory, now: PairMemory.Instant, settings: FTSSettings
    ) {
        self.pair = pair
        self.primary = primary
        self.memory = memory
        self.now = now
        self.settings = settings
    }

    /// The value of `synchronous_standby_names` that makes commits wait for the mirror.
    public static let synchronousNames = Engine.synchronousNames

    /// Whether the decision depends on a probe of the mirror too.
    public var needsMirrorProbe: Bool {
        guard let mirror = pair.mirror else { return false }
        guard let facts = primary.facts else { return isPrimaryGone && isInSync }
        guard !facts.isInRecovery else { return false }
        if isMirrorStreaming { return !(isInSync && facts.synchronousStandbyNames == Self.synchronousNames) }
        return mirror.status == .up && isGraceOver
    }

    /// How long until a grace period of this pair ends; nil when none runs.
    public var graceRemaining: Duration? {
        guard pair.mirror?.status == .up, let since = memory.missingSince, !isGraceOver else { return nil }
        return max(.milliseconds(10), settings.mirrorGracePeriod - since.duration(to: now))
    }

    /// What to do.
    ///
    /// - Parameter mirror: the mirror's probe; nil when `needsMirrorProbe` is false.
    public func actions(mirror: ProbeResult?) -> [FTSAction] {
        switch primary {
        case .answered(let facts) where facts.isInRecovery: recoveringPrimary()
        case .answered(let facts): livePrimary(facts, mirror)
        case .refused(let reason): [.report("it is alive and turns sessions away: \(reason)")]
        case .starting, .dead, .hung: isPrimaryGone ? lostPrimary(mirror) : [.report(primary.reason)]
        }
    }

    private var isInSync: Bool {
        pair.mirror?.status == .up && pair.mirror?.mode == .inSync && pair.primary.mode == .inSync
    }

    private var isPrimaryGone: Bool {
        switch primary {
        case .answered, .refused: false
        case .dead, .hung: true
        case .starting: memory.startingSince.map { $0.duration(to: now) >= FTSSettings.startingPatience } ?? false
        }
    }

    private var isMirrorStreaming: Bool {
        primary.facts?.sender?.isStreaming == true && memory.missingSince == nil
    }

    private var isGraceOver: Bool {
        memory.missingSince.map { $0.duration(to: now) >= settings.mirrorGracePeriod } ?? false
    }

    /// The catalog's primary is still a standby: a swap was committed and its promotion is not over.
    private func recoveringPrimary() -> [FTSAction] {
        // A swap leaves mode n; a primary in sync never recovers as a standby, so somebody else is at work there.
        guard pair.primary.mode == .notInSync else {
            return [.report("it is in recovery though the catalog has it in sync; left alone")]
        }
        return [.promote]
    }

    private func lostPrimary(_ mirror: ProbeResult?) -> [FTSAction] {
        guard pair.mirror != nil else { return [.doubleFault("\(primary.reason); it has no mirror")] }
        guard isInSync else { return [.doubleFault("\(primary.reason); its mirror is not in sync")] }
        guard let facts = mirror?.facts else {
            return [.doubleFault("\(primary.reason); its mirror neither: \(mirror?.reason ?? "not asked")")]
        }
        guard facts.isInRecovery else {
            return [.doubleFault("\(primary.reason); its mirror is no standby: it was promoted outside the catalog")]
        }
        return [.swapRoles, .promote]
    }

    private func livePrimary(_ facts: InstanceFacts, _ mirrorProbe: ProbeResult?) -> [FTSAction] {
        let waits = !facts.synchronousStandbyNames.isEmpty
        guard let mirror = pair.mirror else { return waits ? [.disableSync] : [] }
        let slot: [FTSAction] = facts.hasSlot ? [] : [.createSlot]
        if isMirrorStreaming { return slot + streamingMirror(facts, mirrorProbe) }
        if mirror.status == .up {
            if isGraceOver { return missingMirror(facts, mirrorProbe) }
            // Without the catalog's promise nobody is promoted, so nobody needs to wait either.
            return (waits && !isInSync ? [.disableSync] : []) + slot
        }
        let repair: [FTSAction] = pair.primary.mode == .inSync || mirror.mode == .inSync ? [.markMirrorDown] : []
        return repair + (waits ? [.disableSync] : []) + slot
    }

    /// Its time is over: first the catalog, then commits may go on alone.
    private func missingMirror(_ facts: InstanceFacts, _ mirrorProbe: ProbeResult?) -> [FTSAction] {
        if let other = mirrorProbe?.facts, other.systemIdentifier == facts.systemIdentifier, !other.isInRecovery,
            let newer = other.timeline, let own = facts.timeline, newer > own
        {
            // Letting this one commit alone would split the pair's history for good.
            return [.report("its mirror was promoted outside the catalog (timeline \(newer) after \(own)); left alone")]
        }
        return [.markMirrorDown, .disableSync]
    }

    private func streamingMirror(_ facts: InstanceFacts, _ mirrorProbe: ProbeResult?) -> [FTSAction] {
        guard !(isInSync && facts.synchronousStandbyNames == Self.synchronousNames) else { return [] }
        // The catalog promises what the primary does not do: withdraw the promise before anything else.
        let withdraw: [FTSAction] = isInSync || pair.primary.mode == .inSync ? [.markNotInSync] : []
        if let obstacle = obstacle(facts, mirrorProbe) { return withdraw + [.report(obstacle)] }
        if let failed = memory.bringUpFailed, failed.duration(to: now) < settings.mirrorGracePeriod { return withdraw }
        return withdraw + [.awaitCatchUp, .enableSync, .awaitSwitchPoint, .markMirrorUp]
    }

    /// Why what streams there must not count as the catalog's mirror.
    private func obstacle(_ facts: InstanceFacts, _ mirrorProbe: ProbeResult?) -> String? {
        guard facts.streamingSenders == 1 else {
            return "\(facts.streamingSenders) standbys stream as \(Engine.walReceiverName); one is expected"
        }
        guard let mirror = mirrorProbe?.facts else {
            return "its mirror streams and takes no session: \(mirrorProbe?.reason ?? "not asked")"
        }
        guard mirror.systemIdentifier == facts.systemIdentifier else {
            return "the server at its mirror's address is a copy of another primary"
        }
        return mirror.isInRecovery && mirror.receives ? nil : "the server at its mirror's address receives nothing"
    }
}
