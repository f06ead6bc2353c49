import FaultTolerance
import Glibc
import PostgresClient
import TestSupport
import Testing

@Suite("The service with real servers", .serialized, .ownThreads, .timeLimit(.minutes(3)))
struct FailoverTests {
    @Test("A new mirror comes into sync, with its history")
    func mirrorComes() async throws {
        let cluster = try PairCluster()
        #expect(try cluster.state() == "p n u, m n d")
        #expect(try await cluster.service().runOnce())
        #expect(try cluster.state() == "p s u, m s u", "\(cluster.log.text)")
        #expect(try cluster.primaries[0].synchronousNames() == "gp_walreceiver")
        #expect(
            try cluster.history() == [
                "FTS: update role, status, and mode for dbid 2 with contentid 0 to p, u, and s",
                "FTS: update role, status, and mode for dbid 102 with contentid 0 to m, u, and s",
            ])
        #expect(try await cluster.service().runOnce())
        #expect(try cluster.history().count == 2)
    }

    @Test("A failure on the way switches nothing off that the catalog has in sync by then")
    func failureAfterPromise() async throws {
        let cluster = try PairCluster()
        let service = cluster.service { step in
            guard step == .switchPointPassed else { return }
            try cluster.setRows(mode: "s", mirror: "u")
            throw PostgresError(.lost, "server closed the connection unexpectedly")
        }
        #expect(try await !service.runOnce())
        #expect(try cluster.primaries[0].synchronousNames() == "gp_walreceiver", "\(cluster.log.text)")
    }

    @Test("A mirror that stops on its way into sync does not hold up commits")
    func stopOnTheWay() async throws {
        let cluster = try PairCluster()
        let service = cluster.service { step in
            guard step == .syncOnLoaded else { return }
            cluster.mirrors[0].kill()
        }
        let begun = ContinuousClock.now
        #expect(try await !service.runOnce())
        #expect(try cluster.state() == "p n u, m n d")
        #expect(try cluster.primaries[0].synchronousNames() == "", "\(cluster.log.text)")
        try cluster.primaries[0].sql("INSERT INTO public.ledger VALUES (-3, '')", timeout: .seconds(5))
        // The attempt's own time-out is ten seconds.
        #expect(ContinuousClock.now - begun < .seconds(9))
    }

    @Test("A mirror that stops during a checkpoint on its way does not hold up commits until its end")
    func stopDuringCheckpoint() async throws {
        let cluster = try PairCluster()
        let primary = cluster.primaries[0]
        let checkpointer = try primary.process("checkpointer")
        defer { kill(checkpointer, SIGCONT) }
        let service = cluster.service { step in
            guard step == .syncSeen else { return }
            kill(checkpointer, SIGSTOP)
            cluster.mirrors[0].kill()
        }
        let begun = ContinuousClock.now
        #expect(try await !service.runOnce())
        #expect(ContinuousClock.now - begun < FTSSettings.checkpointPatience / 2)
        #expect(try primary.synchronousNames() == "", "\(cluster.log.text)")
        kill(checkpointer, SIGCONT)
        try primary.sql("INSERT INTO public.ledger VALUES (-4, '')")
    }

    @Test("A second standby of the mirror's name ends the promise until it is gone")
    func secondStandby() async throws {
        let cluster = try PairCluster(inSync: true)
        let impostor = try cluster.receiver(of: cluster.primaries[0], name: "GP_walreceiver")
        _ = try await cluster.service().runOnce()
        #expect(try cluster.state() == "p n u, m n u")
        #expect(try cluster.primaries[0].synchronousNames() == "")
        #expect(cluster.log.text.contains("2 standbys stream as gp_walreceiver; one is expected"))
        impostor.stop()
        try await cluster.cycles(until: "p s u, m s u")
        // The other one alone is not taken for the mirror.
        cluster.mirrors[0].kill()
        let second = try cluster.receiver(of: cluster.primaries[0], name: "gp_walreceiver")
        _ = try await cluster.service().runOnce()
        #expect(try cluster.state() == "p n u, m n d", "\(cluster.log.text)")
        second.stop()
    }

    @Test("A commit waits for a stopped mirror until the catalog has it down")
    func stoppedMirror() async throws {
        let cluster = try PairCluster(inSync: true)
        cluster.mirrors[0].freeze()
        let primary = cluster.primaries[0]
        async let commit = commitAndLook(cluster)
        try await Task.sleep(for: .milliseconds(500))
        #expect(try primary.sql("SELECT 1 FROM public.ledger WHERE id = -1").rows.isEmpty)
        _ = try await cluster.service().runOnce()
        #expect(try await commit == "p n u, m n d", "\(cluster.log.text)")
        #expect(try primary.synchronousNames() == "")
        cluster.mirrors[0].thaw()
        try await cluster.cycles(until: "p s u, m s u")
    }

    private func commitAndLook(_ cluster: PairCluster) async throws -> String {
        try cluster.primaries[0].sql("INSERT INTO public.ledger VALUES (-1, 'waits')", timeout: .seconds(60))
        return try cluster.state()
    }

    @Test("A killed primary gives way to its mirror, and no acknowledged row is lost")
    func killedPrimary() async throws {
        let cluster = try PairCluster(inSync: true)
        let written = WrittenCluster(cluster)
        try await written.writing {
            cluster.primaries[0].kill()
            #expect(try await cluster.service().runOnce(), "\(cluster.log.text)")
            #expect(try cluster.state() == "p n u, m n d")
            #expect(try cluster.actingPrimary().port == cluster.mirrors[0].port)
            try await written.progress()
        }
        let mirror = cluster.mirrors[0]
        #expect(try mirror.synchronousNames() == "")
        #expect(
            try mirror.sql("SELECT slot_name FROM pg_catalog.pg_replication_slots").value()
                == "internal_wal_replication_slot")
        #expect(
            try cluster.history().suffix(2) == [
                "FTS: update role, status, and mode for dbid 2 with contentid 0 to m, d, and n",
                "FTS: update role, status, and mode for dbid 102 with contentid 0 to p, u, and n",
            ])
        // The old primary comes back by itself: it is no mirror, and nothing counts it as one.
        try cluster.primaries[0].start()
        _ = try await cluster.service().runOnce()
        #expect(try cluster.state() == "p n u, m n d")
    }

    @Test("A primary that hangs gives way too; another pair is not held up")
    func hungPrimary() async throws {
        let cluster = try PairCluster(pairs: 2, inSync: true)
        let patient = FTSSettings(
            probeInterval: .milliseconds(500), probeTimeout: .seconds(8), probeRetries: 0,
            mirrorGracePeriod: .milliseconds(400))
        let written = WrittenCluster(cluster, contents: 2)
        try await written.writing {
            cluster.primaries[0].freeze()
            defer { cluster.primaries[0].kill() }
            cluster.mirrors[1].kill()
            async let whole = cluster.service(patient).runOnce()
            let other = await eventually(within: .seconds(7)) { (try? cluster.state(1)) == "p n u, m n d" }
            #expect(other, "\(cluster.log.text)")
            #expect(try cluster.state(0) == "p s u, m s u")
            _ = try await whole
            #expect(try cluster.state(0) == "p n u, m n d", "\(cluster.log.text)")
            // It wakes up, and what it is asked to commit now is never acknowledged.
            cluster.primaries[0].thaw()
            #expect(throws: (any Error).self) {
                try cluster.primaries[0].sql("INSERT INTO public.ledger VALUES (-2, '')", timeout: .seconds(1))
            }
        }
    }

    @Test("Both gone: nothing is marked, and the log says double fault")
    func doubleFault() async throws {
        let cluster = try PairCluster(inSync: true)
        let history = try cluster.history()
        cluster.primaries[0].kill()
        cluster.mirrors[0].kill()
        _ = try await cluster.service().runOnce()
        #expect(try cluster.state() == "p s u, m s u")
        #expect(try cluster.history() == history)
        #expect(
            cluster.log.text.contains("ERROR: FTS double fault detected (content=0) primary dbid=2, mirror dbid=102"))
        try cluster.mirrors[0].start()
        try await cluster.cycles(until: "p n u, m n d")
        #expect(try cluster.actingPrimary().port == cluster.mirrors[0].port)
    }

    @Test(
        "Rows that cannot be a pair cost their own content alone",
        arguments: [
            "DELETE FROM pg_catalog.gp_segment_configuration WHERE content = 1 AND role = 'p'",
            "UPDATE pg_catalog.gp_segment_configuration SET role = 'p' WHERE content = 1",
            "UPDATE pg_catalog.gp_segment_configuration SET mode = 'x' WHERE content = 1",
            "UPDATE pg_catalog.gp_segment_configuration SET address = '-oProxyCommand=x' WHERE content = 1",
            "UPDATE pg_catalog.gp_segment_configuration SET port = 0 WHERE content = 1",
        ])
    func impossibleRows(_ damage: String) async throws {
        let cluster = try PairCluster()
        for (dbid, role) in [(12, "p"), (112, "m")] {
            try cluster.insertRow(dbid: dbid, 1, role, "u", cluster.primaries[0])
        }
        try cluster.coordinator.sql("SET allow_system_table_mods = on; " + damage)
        #expect(try await !cluster.service().runOnce())
        #expect(try cluster.state() == "p s u, m s u", "\(cluster.log.text)")
        #expect(cluster.log.text.contains("error content 1 is left out: "))
    }

    @Test("No mirror: nothing is marked, and the log says double fault")
    func noMirror() async throws {
        let cluster = try PairCluster(mirrored: false)
        cluster.primaries[0].kill()
        _ = try await cluster.service().runOnce()
        #expect(try cluster.state() == "p n u")
        #expect(cluster.log.text.contains("ERROR: FTS double fault detected (content=0) primary dbid=2, mirror dbid=0"))
    }

    @Test("The service's own writes wait for no standby of the coordinator")
    func coordinatorWithoutStandby() async throws {
        let cluster = try PairCluster()
        try cluster.coordinator.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        try cluster.coordinator.sql("SELECT pg_catalog.pg_reload_conf()")
        let waits = await eventually(within: .seconds(10)) {
            (try? cluster.coordinator.sql("CREATE TABLE IF NOT EXISTS public.w()", timeout: .milliseconds(300))) == nil
        }
        #expect(waits)
        #expect(try await cluster.service().runOnce())
        #expect(try cluster.state() == "p s u, m s u", "\(cluster.log.text)")
    }
}
