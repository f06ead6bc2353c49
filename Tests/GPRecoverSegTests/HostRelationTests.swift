import BlockingWork
import ClusterModel
import Testing

@testable import GPRecoverSeg

/// Host and address of a new place, as the coordinator's host knows them.
@Suite struct HostRelationTests {
    private func check(_ hostname: String, _ address: String) async throws -> (
        kept: Int, skipped: [HostRelation.Skipped]
    ) {
        let planned = try PlannedRecovery()
        var demand = planned.facts.requests[0]
        var target = demand.failed
        (target.hostname, target.address) = (hostname, address)
        demand.target = target
        let relation = HostRelation(threads: BlockingThreads(width: 4), cluster: planned.facts.cluster)
        let (kept, skipped) = await relation.check([demand, planned.facts.requests[1]])
        return (kept.count, skipped)
    }

    @Test func `an address of another host is told in the original's words, and the line is skipped`() async throws {
        let (kept, skipped) = try await check("127.0.0.1", "127.0.0.2")
        #expect(kept == 1)
        #expect(
            skipped.flatMap(\.warnings) == [
                "Given address:127.0.0.2 not present in resolved hostname:127.0.0.1 address list we got:['127.0.0.1']",
                "Not able to co-relate hostname:127.0.0.1 with address:127.0.0.2. Skipping recovery for segments with "
                    + "contentId 0",
            ])
        #expect(skipped.map(\.leftOut.reason) == ["address 127.0.0.2 is none of host 127.0.0.1's"])
    }

    @Test(arguments: [
        ("localhost", "127.0.0.1"), ("sdw9.invalid", "127.0.0.1"), ("127.0.0.1", "sdw9.invalid"), ("sdw2", "sdw2"),
    ])
    func `one of its own is as good as a name that only SSH knows`(hostname: String, address: String) async throws {
        #expect(try await check(hostname, address).kept == 2)
    }
}
