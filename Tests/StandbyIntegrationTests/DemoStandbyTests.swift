import ClusterModel
import TestSupport
import Testing

@testable import EmbeddedCluster

/// `gpdemo create --standby`, on a cluster of its own.
@Suite struct DemoStandbyTests {
    @Test func `a cluster made with a standby has it in sync, after a stop and a start too`() async throws {
        let cluster = try await StandbyCluster.create(standby: true)
        do {
            #expect(try await cluster.standby()?.dataDirectory == cluster.place)
            try await cluster.expectStandby()
            let running = await cluster.demo.status().instances.filter { $0.segment.isCoordinatorPair }
            #expect(running.count == 2 && running.allSatisfy { $0.process != nil })
            try await cluster.demo.stop()
            let standby = cluster.demo.state.layout.standby(dbid: DatabaseID(6))
            #expect(cluster.demo.process(of: standby) == nil)
            try await cluster.demo.start()
            let end = ContinuousClock.now + .seconds(20)
            while try await cluster.value("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1",
                ContinuousClock.now < end
            { try await Task.sleep(for: .milliseconds(100)) }
            try await cluster.expectStandby()
        } catch {
            try await cluster.demo.destroy()
            throw error
        }
        try await cluster.demo.destroy()
    }
}
