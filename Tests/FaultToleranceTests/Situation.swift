import ClusterModel
import FaultTolerance
import Testing

/// A pair, what is seen of it, and what must follow.
struct Situation: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var mirror: (status: SegmentStatus, mode: SegmentMode)? = (.up, .inSync)
    var primaryMode: SegmentMode = .inSync
    let primary: ProbeResult
    var mirrorProbe: ProbeResult?
    /// How long the primary's probe has been the same.
    var after: Duration = .zero
    /// Whether it is the coordinator and its standby.
    var isCoordinator = false
    var isToolAtWork = false
    let expected: [FTSAction]

    /// The coordinator and its standby, which the history has in sync or not; nil without one.
    init(
        coordinator text: String, inSync: Bool?, primary: ProbeResult, standby: ProbeResult? = nil,
        after: Duration = .zero, tool: Bool = false, _ expected: [FTSAction]
    ) {
        self.init(
            text, mirror: inSync.map { $0 ? (.up, .inSync) : (.down, .notInSync) },
            mode: inSync == true ? .inSync : .notInSync, primary: primary, mirrorProbe: standby, after: after, expected)
        isCoordinator = true
        isToolAtWork = tool
    }

    init(
        _ text: String, mirror: (SegmentStatus, SegmentMode)? = (.up, .inSync), mode: SegmentMode = .inSync,
        primary: ProbeResult, mirrorProbe: ProbeResult? = nil, after: Duration = .zero, _ expected: [FTSAction]
    ) {
        testDescription = text
        self.mirror = mirror
        primaryMode = mode
        self.primary = primary
        self.mirrorProbe = mirrorProbe
        self.after = after
        self.expected = expected
    }

    var pair: SegmentPair {
        func segment(_ dbid: Int, _ role: SegmentRole, _ status: SegmentStatus, _ mode: SegmentMode) -> Segment {
            Segment(
                dbid: DatabaseID(dbid), content: isCoordinator ? .coordinator : ContentID(0), role: role,
                preferredRole: role, mode: mode,
                status: status, hostname: "sdw\(dbid)", address: "127.0.0.\(dbid)", port: 6000,
                dataDirectory: "/data/\(dbid)")
        }
        return SegmentPair(
            primary: segment(2, .primary, .up, primaryMode),
            mirror: mirror.map { segment(3, .mirror, $0.status, $0.mode) })
    }

    var actions: (needsMirror: Bool, [FTSAction]) {
        let start = ContinuousClock.now
        var memory = PairMemory()
        memory.observe(pair, primary, at: start)
        memory.observe(pair, primary, at: start + after)
        let decision = FTSDecision(
            pair: pair, primary: primary, memory: memory, now: start + after, settings: FTSSettings(),
            isToolAtWork: isToolAtWork)
        return (decision.needsMirrorProbe, decision.actions(mirror: mirrorProbe))
    }
}

func alive(
    names: String = "gp_walreceiver", slot: Bool = true, sender: WALSender? = .working, senders: Int = 1
) -> ProbeResult {
    .answered(
        InstanceFacts(
            systemIdentifier: "7", isInRecovery: false, timeline: 1, flushed: WALPosition(rawValue: 100),
            synchronousStandbyNames: names, hasSlot: slot, sender: sender,
            streamingSenders: sender?.isStreaming == true ? senders : senders - 1))
}

func standby(identifier: String = "7", receives: Bool = true) -> ProbeResult {
    .answered(InstanceFacts(systemIdentifier: identifier, isInRecovery: true, receives: receives))
}

extension WALSender {
    static let working = WALSender(
        isStreaming: true, isSynchronous: true, flushed: WALPosition(rawValue: 100))
    static let behind = WALSender(
        isStreaming: true, isSynchronous: true, flushed: WALPosition(rawValue: 99))
    static let ignored = WALSender(
        isStreaming: true, isSynchronous: false, flushed: WALPosition(rawValue: 100))
    static let begun = WALSender(isStreaming: true, isSynchronous: false, flushed: nil)
    static let copying = WALSender(isStreaming: false, isSynchronous: false, flushed: nil)
}
