import ClusterModel
import Reporting
import Testing

@testable import GPRecoverSeg

@Suite struct RebalanceTextTests {
    private static func segment(_ dbid: Int, _ content: Int, _ role: SegmentRole, _ host: String, _ port: Int)
        -> Segment
    {
        Segment(
            dbid: DatabaseID(dbid), content: ContentID(content), role: role,
            preferredRole: role == .primary ? .mirror : .primary, mode: .inSync, status: .up, hostname: host,
            address: "\(host)-1", port: port, dataDirectory: "/data/gpseg\(content)")
    }

    private static func facts(lag: Int, limit: Double? = nil) -> RebalanceFacts {
        let pairs = (0..<2).map { content in
            SegmentPair(
                primary: segment(4 + content, content, .primary, "sdw2", 7000 + content),
                mirror: segment(2 + content, content, .mirror, "sdw1", 6000 + content))
        }
        var facts = RebalanceFacts(pairs: pairs, lagLimit: ReplayLagLimit(gigabytes: limit))
        facts.replication[ContentID(0)] = .success(PairReplication(isStreaming: true, replayLagBytes: lag, sessions: 2))
        facts.replication[ContentID(1)] = .success(PairReplication(isStreaming: true, replayLagBytes: 0))
        return facts
    }

    private func text(_ facts: RebalanceFacts) -> [String] {
        RebalancePlanText(plan: RebalancePlan(facts), unreachable: facts.unreachable).lines.map {
            "\($0.level.rawValue) \($0.text)"
        }
    }

    @Test func `every unbalanced instance is shown in the original's form`() {
        let lines = text(Self.facts(lag: 0))
        let rule = "INFO " + String(repeating: "-", count: 57)
        #expect(
            lines.prefix(13) == [
                "INFO Greenplum instance recovery parameters", rule, "INFO Recovery type              = Rebalance",
                rule, "INFO Unbalanced segment 1 of 4", rule,
                "INFO    Unbalanced instance host        = sdw1", "INFO    Unbalanced instance address     = sdw1-1",
                "INFO    Unbalanced instance directory   = /data/gpseg0",
                "INFO    Unbalanced instance port        = 6000",
                "INFO    Balanced role                   = Primary",
                "INFO    Current role                    = Mirror", rule,
            ])
        #expect(lines.contains("INFO Unbalanced segment 4 of 4"))
        #expect(lines.count { $0 == "INFO Allowed replay lag during rebalance is 10 GB" } == 2)
        #expect(lines.contains { $0.hasSuffix("swap: no new connections for about 2 s") })
    }

    @Test func `a lag over the limit is told in the original's words, with the mirror's dbid`() {
        let lines = text(Self.facts(lag: 3 << 30, limit: 1.5))
        #expect(lines.contains("INFO Allowed replay lag during rebalance is 1.5 GB"))
        #expect(
            lines.contains(
                """
                WARNING 3221225472 bytes of wal is still to be replayed on mirror with dbid 2, let mirror catchup on \
                replay then trigger rebalance. Use --replay-lag to configure the allowed replay lag limit or \
                --disable-replay-lag to disable the check completely if you wish to continue with rebalance anyway
                """))
        #expect(lines.contains { $0.contains("stays: its mirror has 3 GB to replay ") && $0.hasSuffix("<<<<<<<<") })
        #expect(!lines.contains("INFO No segments to rebalance"))
    }

    @Test func `a host that does not answer is named, with the original's line for each of its pairs`() {
        var facts = Self.facts(lag: 0)
        facts.unreachable = ["sdw1": "connection refused"]
        let lines = text(facts)
        #expect(lines[0] == "WARNING One or more hosts are not reachable via SSH.")
        #expect(lines[1] == "WARNING Host sdw1 is unreachable")
        for (primary, mirror) in [(4, 2), (5, 3)] {
            #expect(
                lines.contains(
                    """
                    WARNING Not rebalancing primary segment dbid \(primary) with its mirror dbid \(mirror) because \
                    one is either down, unreachable, or not synchronized
                    """))
        }
        #expect(lines.contains("INFO No segments to rebalance"))
    }

    @Test func `the result is complete only when every pair is`() {
        let plan = RebalancePlan(Self.facts(lag: 0))
        let good = plan.items.map { SwapOutcome(item: $0, state: .balanced, interruption: .milliseconds(840)) }
        let whole = RebalanceResultText(plan: plan, outcomes: good)
        #expect(whole.isComplete)
        #expect(whole.lines.map(\.text).contains("The rebalance operation has completed successfully."))
        #expect(whole.lines.map(\.text).contains { $0.contains("0.9 s") })
        let partial = RebalanceResultText(
            plan: plan, outcomes: [good[0], SwapOutcome(item: plan.items[1], state: .stopFailed("time is up"))])
        #expect(!partial.isComplete)
        let lines = partial.lines.map { "\($0.level.rawValue) \($0.text)" }
        #expect(lines.contains("WARNING 1 segments failed to stop.  A full rebalance of the"))
        #expect(
            lines.contains(
                """
                INFO The rebalance operation has completed with WARNINGS. Please review the output in the \
                gprecoverseg log.
                """))
        let left = RebalanceResultText(plan: RebalancePlan(Self.facts(lag: 20 << 30)), outcomes: [good[1]])
        #expect(!left.isComplete)
        #expect(left.lines.map(\.text).contains("content 0: left: its mirror has 20 GB to replay"))
    }
}
