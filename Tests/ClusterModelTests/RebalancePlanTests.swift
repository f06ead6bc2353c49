import ClusterModel
import Testing

@Suite struct RebalancePlanTests {
    private let pair = SegmentPair(
        primary: MadeUpCluster.switched(5, 0, .primary, on: "sdw2", port: 7000),
        mirror: MadeUpCluster.switched(2, 0, .mirror, on: "sdw1", port: 6000))

    private func facts(
        _ pairs: [SegmentPair]? = nil, lag: Int? = 0, limit: ReplayLagLimit? = ReplayLagLimit()
    ) -> RebalanceFacts {
        var facts = RebalanceFacts(pairs: pairs ?? [pair], lagLimit: limit)
        for pair in facts.pairs {
            facts.replication[pair.content] = .success(
                PairReplication(isStreaming: true, replayLagBytes: lag, sessions: 3))
        }
        return facts
    }

    @Test func `a pair in sync whose mirror streams swaps`() {
        let plan = RebalancePlan(facts())
        #expect(plan.swaps.map(\.pair) == [pair])
        #expect(plan.left.isEmpty)
        #expect(plan.items[0].sessions == 3)
    }

    @Test func `only pairs whose instances play each other's parts are looked at`() throws {
        let own = [
            MadeUpCluster.segment(3, 1, on: "sdw1"), MadeUpCluster.segment(6, 1, .mirror, on: "sdw2", port: 7001),
        ]
        let mirror = try #require(pair.mirror)
        let cluster = try ClusterConfiguration(rows: [MadeUpCluster.coordinator, pair.primary, mirror] + own)
        #expect(RebalancePlan.switchedPairs(cluster) == [pair])
    }

    @Test func `a pair with an instance that is down stays, and the instance is named`() throws {
        var pair = pair
        pair.mirror?.status = .down
        let mirror = try #require(pair.mirror)
        #expect(RebalancePlan(facts([pair])).items[0].obstacle == .down(mirror))
    }

    @Test func `a pair with a host that does not answer stays`() {
        var facts = facts()
        facts.unreachable = ["sdw1": "connection refused"]
        #expect(
            RebalancePlan(facts).items[0].obstacle == .unreachable(host: "sdw1", reason: "connection refused"))
    }

    @Test(arguments: [SegmentRole.primary, .mirror])
    func `a pair that the catalog has not in sync stays`(_ role: SegmentRole) {
        var pair = pair
        if role == .primary { pair.primary.mode = .notInSync } else { pair.mirror?.mode = .notInSync }
        #expect(
            RebalancePlan(facts([pair])).items[0].obstacle == .notInSync("the catalog has the pair not in sync"))
    }

    @Test func `a mirror that does not stream now stays a mirror, whatever the catalog says`() {
        var facts = facts()
        facts.replication[pair.content] = .success(PairReplication(isStreaming: false, replayLagBytes: nil))
        #expect(
            RebalancePlan(facts).items[0].obstacle == .notInSync("the mirror does not stream from the primary now"))
    }

    @Test func `a primary that does not answer stays`() {
        var facts = facts()
        facts.replication[pair.content] = .failure(RebalanceFacts.Silence("timeout"))
        #expect(RebalancePlan(facts).items[0].obstacle == .silent("timeout"))
    }

    @Test func `a primary that could not return as a mirror stays`() {
        var facts = facts()
        facts.noWayBack[pair.content] = "no pg_hba.conf entry"
        #expect(RebalancePlan(facts).items[0].obstacle == .noWayBack("no pg_hba.conf entry"))
    }

    @Test func `a mirror with the limit's bytes to replay stays one, with a byte less it swaps`() {
        let limit = ReplayLagLimit(gigabytes: 0.5)
        #expect(RebalancePlan(facts(lag: 1 << 29, limit: limit)).items[0].obstacle == .lag(bytes: 1 << 29))
        #expect(RebalancePlan(facts(lag: 1 << 29 - 1, limit: limit)).items[0].obstacle == nil)
        #expect(RebalancePlan(facts(lag: 10 << 30)).items[0].obstacle == .lag(bytes: 10 << 30))
        #expect(RebalancePlan(facts(lag: 10 << 30, limit: nil)).items[0].obstacle == nil)
    }

    @Test func `an unknown lag is no small lag, unless nobody asks for it`() {
        #expect(
            RebalancePlan(facts(lag: nil)).items[0].obstacle
                == .notInSync("how much the mirror has replayed is unknown"))
        #expect(RebalancePlan(facts(lag: nil, limit: nil)).items[0].obstacle == nil)
    }

    @Test func `the estimate grows with the lag and with the service's pauses`() throws {
        let short = try #require(RebalancePlan(facts()).items[0].interruption)
        let long = try #require(RebalancePlan(facts(lag: 1 << 30)).items[0].interruption)
        var patient = facts()
        patient.servicePause = .seconds(5)
        let slow = try #require(RebalancePlan(patient).items[0].interruption)
        #expect(short == .seconds(2))
        #expect(long == .seconds(34))
        #expect(slow == .seconds(7))
    }

    @Test func `one pair's trouble leaves the others`() {
        let other = SegmentPair(
            primary: MadeUpCluster.switched(6, 1, .primary, on: "sdw3", port: 7001),
            mirror: MadeUpCluster.switched(3, 1, .mirror, on: "sdw1", port: 6001))
        var facts = facts([other, pair])
        facts.unreachable = ["sdw2": "no route"]
        let plan = RebalancePlan(facts)
        #expect(plan.items.map(\.pair.content.rawValue) == [0, 1])
        #expect(plan.swaps.map(\.pair) == [other])
    }

    @Test func `the limit is printed as the original does`() {
        #expect(ReplayLagLimit().text == "10")
        #expect(ReplayLagLimit(gigabytes: 5).text == "5.0")
    }
}

extension MadeUpCluster {
    /// An instance in sync in the part of the other.
    static func switched(_ dbid: Int, _ content: Int, _ role: SegmentRole, on host: String, port: Int) -> Segment {
        var segment = segment(
            dbid, content, role, preferred: role == .primary ? .mirror : .primary, on: host, port: port)
        segment.mode = .inSync
        segment.status = .up
        return segment
    }
}
