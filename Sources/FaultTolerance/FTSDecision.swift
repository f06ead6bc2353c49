public import ClusterModel
import ClusterOperations

/// The rules of the service: what to do for a pair, from what is known of it.
///
/// No input or output here.
public struct FTSDecision: Sendable {
    let pair: SegmentPair
    let primary: ProbeResult
    let memory: PairMemory
    let now: PairMemory.Instant
    let settings: FTSSettings
    /// Whether gpinitstandby is at work: then bringing the coordinator's standby into sync is its business.
    let isToolAtWork: Bool

    /// - Parameters:
    ///   - primary: the newest probe, which `memory` has observed.
    ///   - now: the time of the decision.
    ///   - isToolAtWork: whether gpinitstandby holds its lock; counts for the coordinator's pair only.
    public init(
        pair: SegmentPair, primary: ProbeResult, memory: PairMemory, now: PairMemory.Instant, settings: FTSSettings,
        isToolAtWork: Bool = false
    ) {
        self.pair = pair
        self.primary = primary
        self.memory = memory
        self.now = now
        self.settings = settings
        self.isToolAtWork = isToolAtWork
    }

    private var isCoordinator: Bool { pair.primary.isCoordinatorPair }
    /// What the mirror is called.
    private var word: String { isCoordinator ? "standby" : "mirror" }

    /// The value of `synchronous_standby_names` that makes commits wait for the mirror.
    public static let synchronousNames = Engine.synchronousNames

    /// Whether the decision depends on a probe of the mirror too.
    public var needsMirrorProbe: Bool {
        guard let mirror = pair.mirror else { return false }
        guard let facts = primary.facts else { return isPrimaryGone && isInSync && !isCoordinator }
        guard !facts.isInRecovery else { return false }
        if isMirrorStreaming { return !(isInSync && isPromiseKept) }
        return mirror.status == .up ? isGraceOver : !facts.hasSlot
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
        if isCoordinator { return coordinator(mirror) }
        return switch primary {
        case .answered(let facts) where facts.isInRecovery: recoveringPrimary()
        case .answered(let facts): livePrimary(facts, mirror)
        case .refused(let reason): [.report("it is alive and turns sessions away: \(reason)")]
        case .starting, .dead, .hung: isPrimaryGone ? lostPrimary(mirror) : [.report(primary.reason)]
        }
    }

    /// The coordinator and its standby: as a pair, but nobody is promoted here.
    private func coordinator(_ mirror: ProbeResult?) -> [FTSAction] {
        // The service has a session with it: it lives.
        guard let facts = primary.facts else { return [.report(primary.reason)] }
        guard !facts.isInRecovery else { return [.report("it is in recovery; left alone")] }
        guard isToolAtWork else { return livePrimary(facts, mirror) }
        // A promise that does not hold is withdrawn at any time; what was not promised is the tool's.
        return isInSync ? livePrimary(facts, mirror).filter(\.isWithdrawal) : []
    }

    private var isInSync: Bool {
        pair.mirror?.status == .up && pair.mirror?.mode == .inSync && pair.primary.mode == .inSync
    }

    /// Whether commits on the primary wait for the mirror and for nobody else, as `s` in the catalog says.
    ///
    /// While the mirror is away they wait in vain, which keeps the promise.
    private var isPromiseKept: Bool {
        guard let facts = primary.facts, facts.synchronousStandbyNames == Self.synchronousNames, strangers == nil else {
            return false
        }
        // A sender that just began has no position, and counts as synchronous with its first one.
        guard let sender = facts.sender, sender.isStreaming, sender.flushed != nil else { return true }
        return sender.isSynchronous
    }

    /// Who else streams under the mirror's name; nil when nobody does.
    ///
    /// The first to flush could answer for the mirror: the server chooses by name alone.
    private var strangers: String? {
        guard let facts = primary.facts else { return nil }
        let count = facts.streamingSenders
        let hasMirror = facts.sender?.isStreaming == true
        guard count > (hasMirror ? 1 : 0) else { return nil }
        return hasMirror
            ? "\(count) standbys stream as \(Engine.walReceiverName); one is expected"
            : "\(count) standby(s) stream as \(Engine.walReceiverName) without the \(word)'s slot"
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
        // What a swap leaves. Any other primary in recovery was made one by somebody else, for reasons of his own.
        guard pair.primary.mode == .notInSync, let mirror = pair.mirror, mirror.status == .down,
            mirror.mode == .notInSync
        else {
            return [.report("it is in recovery, and the catalog's rows are not what a failover leaves; left alone")]
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
        let actions = steps(facts, mirrorProbe)
        // The catalog promises what the primary does not do: a failover in between would trust it.
        guard isInSync, !isPromiseKept, actions.first != .markMirrorDown else { return actions }
        return [.markNotInSync] + actions
    }

    private func steps(_ facts: InstanceFacts, _ mirrorProbe: ProbeResult?) -> [FTSAction] {
        let waits = !facts.synchronousStandbyNames.isEmpty
        guard let mirror = pair.mirror else {
            // Another value on the coordinator is somebody's purpose: not every standby of it has a row.
            let isOurs = !isCoordinator || facts.synchronousStandbyNames == Self.synchronousNames
            return waits && isOurs ? [.disableSync] : []
        }
        if isMirrorStreaming { return streamingMirror(facts, mirrorProbe) }
        return awayMirror(mirror, facts, mirrorProbe) + (strangers.map { [.report($0)] } ?? [])
    }

    private func awayMirror(
        _ mirror: Segment, _ facts: InstanceFacts, _ mirrorProbe: ProbeResult?
    ) -> [FTSAction] {
        let waits = !facts.synchronousStandbyNames.isEmpty
        let slot: [FTSAction] = facts.hasSlot ? [] : [.createSlot]
        if mirror.status == .up {
            if isGraceOver { return missingMirror(facts, mirrorProbe) }
            // Without the catalog's promise nobody is promoted, so nobody needs to wait either.
            return (waits && !(isInSync && isPromiseKept) ? [.disableSync] : []) + slot
        }
        let repair: [FTSAction] = pair.primary.mode == .inSync || mirror.mode == .inSync ? [.markMirrorDown] : []
        // While a mirror is being copied its slot is the copy's to make. A standby that runs waits for it in vain.
        let needsSlot =
            mirrorProbe?.facts.map { $0.isInRecovery && $0.systemIdentifier == facts.systemIdentifier } ?? false
        return repair + (waits ? [.disableSync] : []) + (needsSlot ? slot : [])
    }

    /// Its time is over: first the catalog, then commits may go on alone.
    private func missingMirror(_ facts: InstanceFacts, _ mirrorProbe: ProbeResult?) -> [FTSAction] {
        if let other = mirrorProbe?.facts, other.systemIdentifier == facts.systemIdentifier, !other.isInRecovery,
            let newer = other.timeline, let own = facts.timeline, newer > own
        {
            // Letting this one commit alone would split the pair's history for good.
            return [
                .report("its \(word) was promoted outside the catalog (timeline \(newer) after \(own)); left alone")
            ]
        }
        return [.markMirrorDown, .disableSync]
    }

    private func streamingMirror(_ facts: InstanceFacts, _ mirrorProbe: ProbeResult?) -> [FTSAction] {
        guard !(isInSync && isPromiseKept) else { return [] }
        let repair: [FTSAction] = !isInSync && pair.primary.mode == .inSync ? [.markNotInSync] : []
        if let obstacle = obstacle(facts, mirrorProbe) {
            return repair + (facts.synchronousStandbyNames.isEmpty ? [] : [.disableSync]) + [.report(obstacle)]
        }
        if let failed = memory.bringUpFailed, failed.duration(to: now) < settings.mirrorGracePeriod { return repair }
        return repair + [.awaitCatchUp, .enableSync, .awaitSwitchPoint, .markMirrorUp]
    }

    /// Why what streams there must not count as the catalog's mirror.
    private func obstacle(_ facts: InstanceFacts, _ mirrorProbe: ProbeResult?) -> String? {
        if let strangers { return strangers }
        guard let mirror = mirrorProbe?.facts else {
            return "its \(word) streams and takes no session: \(mirrorProbe?.reason ?? "not asked")"
        }
        guard mirror.systemIdentifier == facts.systemIdentifier else {
            return "the server at its \(word)'s address is a copy of another primary"
        }
        return mirror.isInRecovery && mirror.receives ? nil : "the server at its \(word)'s address receives nothing"
    }
}
