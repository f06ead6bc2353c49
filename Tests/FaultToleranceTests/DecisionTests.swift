import ClusterModel
import FaultTolerance
import Testing

private let leftAlone: [FTSAction] = [
    .report("it is in recovery, and the catalog's rows are not what a failover leaves; left alone")
]
private let bringUp: [FTSAction] = [.awaitCatchUp, .enableSync, .awaitSwitchPoint, .markMirrorUp]
private let promoted = ProbeResult.answered(
    InstanceFacts(systemIdentifier: "7", isInRecovery: false, timeline: 2))
private let refusedPort = ProbeResult.dead("connection refused")

@Suite("What the service decides")
struct DecisionTests {
    static let livePrimary = [
        Situation("in sync and working: nothing", primary: alive(), []),
        Situation("no mirror, nobody waits: nothing", mirror: nil, mode: .notInSync, primary: alive(names: ""), []),
        Situation("its mirror's row is gone: nobody waits for it", mirror: nil, primary: alive(), [.disableSync]),
        Situation("mirror missing, grace runs: nothing yet", primary: alive(sender: nil), after: .seconds(29), []),
        Situation(
            "mirror missing, grace over: catalog first", primary: alive(sender: nil), mirrorProbe: refusedPort,
            after: .seconds(30), [.markMirrorDown, .disableSync]),
        Situation(
            "mirror stopped with its connection open: as missing", primary: alive(sender: .behind),
            mirrorProbe: .hung("no answer"), after: .seconds(30), [.markMirrorDown, .disableSync]),
        Situation(
            "a mirror that catches up is not streaming", primary: alive(sender: .copying), after: .seconds(9), []),
        Situation(
            "mirror missing, grace runs, and nobody waits: the promise is withdrawn",
            primary: alive(names: "", sender: nil),
            after: .seconds(9), [.markNotInSync]),
        Situation(
            "mirror missing, grace runs, commits wait for anybody: the same, then for nobody",
            primary: alive(names: "*", sender: nil), after: .seconds(9), [.markNotInSync, .disableSync]),
        Situation(
            "nobody waits, and its mirror was promoted by hand: the promise is withdrawn all the same",
            primary: alive(names: "", sender: nil), mirrorProbe: promoted, after: .seconds(31),
            [
                .markNotInSync,
                .report("its mirror was promoted outside the catalog (timeline 2 after 1); left alone"),
            ]),
        Situation(
            "a second standby of the mirror's name: the promise is withdrawn", primary: alive(senders: 2),
            mirrorProbe: standby(),
            [.markNotInSync, .disableSync, .report("2 standbys stream as gp_walreceiver; one is expected")]),
        Situation(
            "the mirror away and another in its name: the promise is withdrawn",
            primary: alive(sender: nil, senders: 2),
            after: .seconds(1),
            [
                .markNotInSync, .disableSync,
                .report("1 standby(s) stream as gp_walreceiver without the mirror's slot"),
            ]),
        Situation(
            "the mirror streams and no commit counts it: the promise is withdrawn", primary: alive(sender: .ignored),
            mirrorProbe: standby(), [.markNotInSync] + bringUp),
        Situation("a sender that just began has no position yet", primary: alive(sender: .begun), []),
        Situation(
            "up, not in sync, missing: nobody waits, the grace runs", mirror: (.up, .notInSync), mode: .notInSync,
            primary: alive(sender: nil), after: .seconds(9), [.disableSync]),
        Situation(
            "marked down, death before the switch: the switch", mirror: (.down, .notInSync), mode: .notInSync,
            primary: alive(sender: nil), [.disableSync]),
        Situation(
            "marked down, nobody waits: nothing", mirror: (.down, .notInSync), mode: .notInSync,
            primary: alive(names: "", sender: nil), []),
        Situation(
            "half a promise in the catalog is withdrawn", mirror: (.down, .notInSync), mode: .inSync,
            primary: alive(names: "", sender: nil), [.markMirrorDown]),
        Situation(
            "up, and its slot is missing", primary: alive(slot: false, sender: nil), after: .seconds(9), [.createSlot]),
        Situation(
            "being copied: its slot is the copy's", mirror: (.down, .notInSync), mode: .notInSync,
            primary: alive(names: "", slot: false, sender: nil), mirrorProbe: refusedPort, []),
        Situation(
            "down in the catalog, runs, and its slot is missing", mirror: (.down, .notInSync), mode: .notInSync,
            primary: alive(names: "", slot: false, sender: nil), mirrorProbe: standby(receives: false), [.createSlot]),
        Situation(
            "another cluster's standby runs in its place: no slot", mirror: (.down, .notInSync), mode: .notInSync,
            primary: alive(names: "", slot: false, sender: nil), mirrorProbe: standby(identifier: "8"), []),
        Situation(
            "too many clients is not death", primary: .refused("sorry, too many clients already"),
            [.report("it is alive and turns sessions away: sorry, too many clients already")]),
        Situation(
            "its mirror was promoted by hand: nothing may go on alone", primary: alive(sender: nil),
            mirrorProbe: promoted, after: .seconds(31),
            [.report("its mirror was promoted outside the catalog (timeline 2 after 1); left alone")]),
    ]

    static let mirrorBack = [
        Situation(
            "mirror back", mirror: (.down, .notInSync), mode: .notInSync, primary: alive(names: ""),
            mirrorProbe: standby(), bringUp),
        Situation(
            "up and not in sync takes the same way", mirror: (.up, .notInSync), mode: .notInSync,
            primary: alive(names: "*"), mirrorProbe: standby(), bringUp),
        Situation(
            "death after commits began to wait: the same way", mirror: (.down, .notInSync), mode: .notInSync,
            primary: alive(), mirrorProbe: standby(), bringUp),
        Situation(
            "in sync by the catalog, and nobody waits: the promise first", primary: alive(names: ""),
            mirrorProbe: standby(), [.markNotInSync] + bringUp),
        Situation(
            "what streams is another cluster's", mirror: (.down, .notInSync), mode: .notInSync,
            primary: alive(names: ""), mirrorProbe: standby(identifier: "8"),
            [.report("the server at its mirror's address is a copy of another primary")]),
        Situation(
            "somebody else streams, the mirror does not", mirror: (.down, .notInSync), mode: .notInSync,
            primary: alive(names: ""), mirrorProbe: standby(receives: false),
            [.report("the server at its mirror's address receives nothing")]),
        Situation(
            "two stream under the mirror's name", mirror: (.down, .notInSync), mode: .notInSync,
            primary: alive(names: "", senders: 2), mirrorProbe: standby(),
            [.report("2 standbys stream as gp_walreceiver; one is expected")]),
        Situation(
            "what streams takes no session", mirror: (.down, .notInSync), mode: .notInSync,
            primary: alive(names: ""), mirrorProbe: .hung("no answer"),
            [.report("its mirror streams and takes no session: no answer")]),
    ]

    static let primaryGone = [
        Situation("dead, mirror in sync", primary: refusedPort, mirrorProbe: standby(), [.swapRoles, .promote]),
        Situation("hung, mirror in sync", primary: .hung("t"), mirrorProbe: standby(), [.swapRoles, .promote]),
        Situation(
            "both dead", primary: refusedPort, mirrorProbe: refusedPort,
            [.doubleFault("connection refused; its mirror neither: connection refused")]),
        Situation(
            "its mirror is only starting", primary: refusedPort, mirrorProbe: .starting("starting up"),
            [.doubleFault("connection refused; its mirror neither: starting up")]),
        Situation(
            "no mirror", mirror: nil, mode: .notInSync, primary: refusedPort,
            [.doubleFault("connection refused; it has no mirror")]),
        Situation(
            "mirror up and not in sync", mirror: (.up, .notInSync), mode: .notInSync, primary: refusedPort,
            [.doubleFault("connection refused; its mirror is not in sync")]),
        Situation(
            "mirror in sync by one row only", mirror: (.up, .inSync), mode: .notInSync, primary: refusedPort,
            [.doubleFault("connection refused; its mirror is not in sync")]),
        Situation(
            "mirror marked down in sync", mirror: (.down, .inSync), primary: refusedPort,
            [.doubleFault("connection refused; its mirror is not in sync")]),
        Situation(
            "its mirror is no standby", primary: refusedPort, mirrorProbe: promoted,
            [.doubleFault("connection refused; its mirror is no standby: it was promoted outside the catalog")]),
        Situation(
            "starting up is not dead", primary: .starting("starting up"), after: .seconds(59),
            [.report("starting up")]),
        Situation(
            "starting up for a minute is", primary: .starting("starting up"), mirrorProbe: standby(),
            after: .seconds(60), [.swapRoles, .promote]),
        Situation(
            "swapped and not yet promoted: promoted again", mirror: (.down, .notInSync), mode: .notInSync,
            primary: standby(), [.promote]),
    ]

    static let foreignRecovery = [
        Situation("in recovery though in sync: somebody else's work", primary: standby(), leftAlone),
        Situation(
            "in recovery without a mirror: the same", mirror: nil, mode: .notInSync, primary: standby(), leftAlone),
        Situation(
            "in recovery, its mirror up: the same", mirror: (.up, .notInSync), mode: .notInSync, primary: standby(),
            leftAlone),
        Situation(
            "in recovery, its mirror in sync and down: the same", mirror: (.down, .inSync), mode: .notInSync,
            primary: standby(), leftAlone),
    ]

    static let coordinator = [
        Situation(coordinator: "in sync and working: nothing", inSync: true, primary: alive(), []),
        Situation(coordinator: "no standby, nobody waits: nothing", inSync: nil, primary: alive(names: ""), []),
        Situation(
            coordinator: "its standby's row is gone: nobody waits for it", inSync: nil, primary: alive(sender: nil),
            [.disableSync]),
        Situation(
            coordinator: "no standby, and what somebody else set: left alone", inSync: nil,
            primary: alive(names: "*", sender: nil), []),
        Situation(
            coordinator: "standby missing, grace runs: nothing yet", inSync: true, primary: alive(sender: nil),
            after: .seconds(29), []),
        Situation(
            coordinator: "standby missing, grace over: the history first", inSync: true, primary: alive(sender: nil),
            standby: refusedPort, after: .seconds(30), [.markMirrorDown, .disableSync]),
        Situation(
            coordinator: "standby activated elsewhere: the old coordinator does not commit alone", inSync: true,
            primary: alive(sender: nil), standby: promoted, after: .seconds(30),
            [.report("its standby was promoted outside the catalog (timeline 2 after 1); left alone")]),
        Situation(
            coordinator: "standby back", inSync: false, primary: alive(names: ""), standby: standby(), bringUp),
        Situation(
            coordinator: "added and waited for by a tool: recorded by the same way", inSync: false, primary: alive(),
            standby: standby(), bringUp),
        Situation(
            coordinator: "while it is copied its slot is the copy's", inSync: false,
            primary: alive(names: "", slot: false, sender: nil), standby: refusedPort, []),
        Situation(
            coordinator: "in sync, and nobody waits: the promise first", inSync: true, primary: alive(names: ""),
            standby: standby(), [.markNotInSync] + bringUp),
        Situation(
            coordinator: "a tool at work: what was not promised is its business", inSync: false,
            primary: alive(names: ""), standby: standby(), tool: true, []),
        Situation(
            coordinator: "a tool at work: a broken promise is withdrawn, no more", inSync: true,
            primary: alive(names: ""), standby: standby(), tool: true, [.markNotInSync]),
        Situation(
            coordinator: "a tool at work: a standby that is gone is let go", inSync: true, primary: alive(sender: nil),
            standby: refusedPort, after: .seconds(30), tool: true, [.markMirrorDown, .disableSync]),
        Situation(
            coordinator: "nobody is promoted here", inSync: true, primary: refusedPort,
            [.report("connection refused")]),
        Situation(
            coordinator: "a coordinator in recovery is none", inSync: true, primary: standby(),
            [.report("it is in recovery; left alone")]),
    ]

    @Test(
        "Every situation has its actions",
        arguments: livePrimary + mirrorBack + primaryGone + foreignRecovery + coordinator)
    func table(_ situation: Situation) {
        let (needsMirror, actions) = situation.actions
        #expect(actions == situation.expected)
        #expect(needsMirror == (situation.mirrorProbe != nil))
    }

    @Test("A failed way into sync is not tried again within the grace period")
    func pauseAfterFailure() {
        let situation = Situation(
            "", mirror: (.down, .notInSync), mode: .notInSync, primary: alive(names: ""), [])
        let start = ContinuousClock.now
        var memory = PairMemory()
        memory.observe(situation.pair, situation.primary, at: start)
        memory.bringUpFailed = start
        for (after, expected) in [(Duration.seconds(29), []), (.seconds(30), bringUp)] {
            let decision = FTSDecision(
                pair: situation.pair, primary: situation.primary, memory: memory, now: start + after,
                settings: FTSSettings())
            #expect(decision.actions(mirror: standby()) == expected)
        }
    }

    @Test("A primary that is starting, stopping or recovering counts as alive for a minute, whatever it says")
    func startingPatience() {
        let texts = ["shutting down", "starting up", "in recovery mode"]
        let pair = Situation("", primary: alive(), []).pair
        let start = ContinuousClock.now
        func actions(_ seconds: Int, _ memory: inout PairMemory) -> [FTSAction] {
            let probe = ProbeResult.starting(texts[seconds / 5 % 3])
            let now = start + .seconds(seconds)
            memory.observe(pair, probe, at: now)
            return FTSDecision(pair: pair, primary: probe, memory: memory, now: now, settings: FTSSettings())
                .actions(mirror: standby())
        }
        var memory = PairMemory()
        for second in stride(from: 0, to: 60, by: 5) {
            #expect(actions(second, &memory) == [.report(texts[second / 5 % 3])])
        }
        #expect(actions(60, &memory) == [.swapRoles, .promote])
        // One answer, and its time begins anew.
        memory.observe(pair, alive(), at: start + .seconds(61))
        #expect(actions(65, &memory) == [.report(texts[65 / 5 % 3])])
    }

    @Test("A slow mirror that moves is not missing")
    func slowMirror() {
        let pair = Situation("", primary: alive(), []).pair
        let start = ContinuousClock.now
        var memory = PairMemory()
        for second in 0..<60 {
            var sender = WALSender.behind
            sender.flushed = WALPosition(rawValue: UInt64(second))
            memory.observe(pair, alive(sender: sender), at: start + .seconds(second))
            #expect(memory.missingSince == nil)
        }
        let stalled = WALSender(isStreaming: true, isSynchronous: true, flushed: WALPosition(rawValue: 59))
        memory.observe(pair, alive(sender: stalled), at: start + .seconds(70))
        #expect(memory.missingSince == start + .seconds(59))
    }

    @Test("A mirror in another place begins with an empty memory")
    func changedPair() {
        let start = ContinuousClock.now
        var memory = PairMemory()
        var pair = Situation("", primary: alive(), []).pair
        memory.observe(pair, alive(sender: nil), at: start)
        pair.mirror?.dbid = DatabaseID(9)
        memory.observe(pair, alive(sender: nil), at: start + .seconds(100))
        #expect(memory.missingSince == start + .seconds(100))
    }

    @Test("A log position is read and written as the server does", arguments: ["0/0", "16/B374D848", "FFFFFFFF/1"])
    func positions(_ text: String) {
        #expect(WALPosition(text)?.description == text)
    }

    @Test("What is no log position is refused", arguments: ["", "0", "0/", "/0", "1/2/3", "x/0", "100000000/0"])
    func badPositions(_ text: String) {
        #expect(WALPosition(text) == nil)
    }
}
