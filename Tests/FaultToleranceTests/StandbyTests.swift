import BlockingWork
import ClusterOperations
import FaultTolerance
import Glibc
import PostgresClient
import TestSupport
import Testing

@Suite("The coordinator's standby", .serialized, .ownThreads, .timeLimit(.minutes(2)))
struct StandbyTests {
    private let inSync = "is in sync: commits wait for it"
    private let gone = "is gone: the coordinator commits without it"

    private func row(_ cluster: PairCluster) throws -> String? {
        try cluster.coordinator.sql(
            """
            SELECT role::text || ' ' || preferred_role::text || ' ' || mode::text || ' ' || status::text
            FROM pg_catalog.gp_segment_configuration WHERE content = -1 AND role = 'm'
            """
        ).value()
    }

    @Test("It comes into sync, once, and its row stays as it is")
    func comes() async throws {
        let cluster = try PairCluster(pairs: 0, standby: true)
        #expect(try await cluster.service().runOnce(), "\(cluster.log.text)")
        #expect(try cluster.coordinator.synchronousNames() == "gp_walreceiver")
        #expect(try cluster.standbyHistory() == [inSync])
        #expect(try await cluster.service().runOnce())
        #expect(try cluster.standbyHistory() == [inSync])
        #expect(try row(cluster) == "m m s u")
    }

    @Test("It dies under a writer, who goes on after the grace period; back, it is in sync again")
    func dies() async throws {
        let cluster = try PairCluster(pairs: 0, inSync: true, standby: true)
        let standby = try #require(cluster.standby)
        let written = WrittenCoordinator(cluster)
        try await written.writing {
            standby.kill()
            #expect(try await cluster.service().runOnce(), "\(cluster.log.text)")
            #expect(try cluster.standbyHistory() == [inSync, gone])
            #expect(try cluster.coordinator.synchronousNames() == "")
            try await written.progress()
            #expect(try row(cluster) == "m m s u")
            try standby.start()
            try await cluster.cyclesUntilPromised()
            #expect(try cluster.standbyHistory() == [inSync, gone, inSync])
            #expect(try cluster.coordinator.synchronousNames() == "gp_walreceiver")
            try await written.progress()
        }
    }

    @Test("A commit waits for a stopped standby until the history has it gone")
    func stopped() async throws {
        let cluster = try PairCluster(pairs: 0, inSync: true, standby: true)
        try #require(cluster.standby).freeze()
        async let commit = commitAndLook(cluster)
        try await Task.sleep(for: .milliseconds(300))
        #expect(try cluster.coordinator.sql("SELECT 1 FROM public.ledger WHERE id = -1").rows.isEmpty)
        _ = try await cluster.service().runOnce()
        #expect(try await commit.last == gone, "\(cluster.log.text)")
    }

    private func commitAndLook(_ cluster: PairCluster) async throws -> [String] {
        try cluster.coordinator.sql("INSERT INTO public.ledger VALUES (-1, 'waits')", timeout: .seconds(60))
        return try cluster.standbyHistory()
    }

    @Test("A coordinator full of commits that wait for a dead standby is released")
    func full() async throws {
        let cluster = try PairCluster(pairs: 0, inSync: true, standby: true)
        let stop = FTSStop()
        async let daemon: Void = cluster.service(stop: stop).run()
        try cluster.coordinator.sql("SELECT pg_catalog.gp_request_fts_probe_scan()")
        let crowd = WaitingCrowd(cluster.coordinator)
        #expect(await eventually(within: .seconds(20)) { crowd.isTurnedAway }, "\(crowd.connected) sessions")
        cluster.standby?.kill()
        crowd.commit()
        let released = await eventually(within: .seconds(20)) { crowd.committed == crowd.connected }
        #expect(released, "\(crowd.committed) of \(crowd.connected): \(cluster.log.text)")
        crowd.leave()
        stop.request()
        try await daemon
        #expect(await eventually(within: .seconds(10)) { (try? cluster.standbyHistory().last) == gone })
    }

    @Test("Without its row nobody waits for it; what somebody else set stays")
    func leftover() async throws {
        let cluster = try PairCluster(pairs: 0)
        for (names, expected) in [("gp_walreceiver", ""), ("archive", "archive")] {
            try cluster.coordinator.sql("ALTER SYSTEM SET synchronous_standby_names = '\(names)'")
            try cluster.coordinator.sql("SELECT pg_catalog.pg_reload_conf()")
            #expect(await eventually(within: .seconds(5)) { (try? cluster.coordinator.synchronousNames()) == names })
            #expect(try await cluster.service().runOnce(), "\(cluster.log.text)")
            #expect(
                await eventually(within: .seconds(5)) { (try? cluster.coordinator.synchronousNames()) == expected })
        }
    }

    @Test("Its row goes while it comes into sync: nobody is left waiting for it")
    func removedMeanwhile() async throws {
        let cluster = try PairCluster(pairs: 0, standby: true)
        let service = cluster.service { step in
            guard step == .standbyCaughtUp else { return }
            try cluster.coordinator.sql("SELECT pg_catalog.gp_remove_coordinator_standby()")
        }
        #expect(try await !service.runOnce())
        #expect(try cluster.coordinator.synchronousNames() == "", "\(cluster.log.text)")
        #expect(!cluster.log.text.contains("is in sync"), "\(cluster.log.text)")
    }

    @Test("While gpinitstandby is at work its way into sync is left to it; a broken promise is withdrawn even then")
    func toolAtWork() async throws {
        let cluster = try PairCluster(pairs: 0, standby: true)
        let lock = cluster.coordinator.directory + "/gpinitstandby.lock"
        try runProgram(["/bin/mkdir", lock])
        try LocalFiles.write("\(getpid())", to: lock + "/PID")
        #expect(try await cluster.service().runOnce())
        #expect(try cluster.coordinator.synchronousNames() == "")
        #expect(try cluster.standbyHistory() == [])
        try cluster.record(.inSync)
        #expect(try await cluster.service().runOnce())
        #expect(
            try cluster.standbyHistory() == [inSync, "is not in sync: commits do not wait for it alone"],
            "\(cluster.log.text)")
        try runProgram(["/bin/rm", "-r", lock])
        try await cluster.cyclesUntilPromised()
    }

    @Test("Promoted behind the coordinator's back, it does not make the coordinator commit alone")
    func promoted() async throws {
        let cluster = try PairCluster(pairs: 0, inSync: true, standby: true)
        try #require(cluster.standby).sql("SELECT pg_catalog.pg_promote(true, 30)")
        _ = try await cluster.service().runOnce()
        #expect(try cluster.coordinator.synchronousNames() == "gp_walreceiver")
        #expect(try cluster.standbyHistory() == [inSync])
        #expect(cluster.log.text.contains("its standby was promoted outside the catalog (timeline 2 after 1)"))
    }

    @Test("A failover of a segment waits for a standby in sync, a little")
    func catalogFirst() async throws {
        let cluster = try PairCluster(inSync: true, standby: true)
        #expect(try await cluster.service().runOnce(), "\(cluster.log.text)")
        let standby = try #require(cluster.standby)
        standby.freeze()
        cluster.primaries[0].kill()
        _ = try await cluster.service().runOnce()
        #expect(try cluster.state() == "p n u, m n d", "\(cluster.log.text)")
        #expect(cluster.log.text.contains("does not have a change of the catalog after 2.0 seconds"))
        standby.thaw()
    }
}
