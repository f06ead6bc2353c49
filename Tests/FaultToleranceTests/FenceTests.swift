import BlockingWork
import ClusterModel
import ClusterOperations
import FaultTolerance
import Glibc
import PostgresClient
import TestSupport
import Testing

@Suite("A service and its coordinator", .serialized, .ownThreads, .timeLimit(.minutes(2)))
struct FenceTests {
    /// Everything of a segment that a service changes.
    private func traces(_ server: TestServer) throws -> [String?] {
        try server.sql(
            """
            SELECT pg_catalog.current_setting('synchronous_standby_names'), pg_catalog.pg_is_in_recovery()::text,
                (SELECT pg_catalog.string_agg(c::text, ',') FROM pg_catalog.gp_coordinator_timeline AS c),
                (SELECT pg_catalog.string_agg(slot_name::text || active, ',') FROM pg_catalog.pg_replication_slots),
                (pg_catalog.pg_stat_file('postgresql.auto.conf')).modification::text
            """
        ).rows[0]
    }

    /// The standby becomes the coordinator, as an activation would make it.
    private func activate(_ standby: TestServer) throws {
        try standby.sql("SELECT pg_catalog.pg_promote(true, 30)")
        try standby.sql(
            """
            SET allow_system_table_mods = on;
            DELETE FROM pg_catalog.gp_segment_configuration WHERE content = -1 AND role = 'p';
            UPDATE pg_catalog.gp_segment_configuration SET role = 'p', preferred_role = 'p' WHERE content = -1
            """)
    }

    @Test("The old coordinator stopped, its standby activated, then continued: the old service changes nothing")
    func oldCoordinator() async throws {
        let cluster = try PairCluster(inSync: true, standby: true)
        let standby = try #require(cluster.standby)
        let logs = try TemporaryDirectory()
        let text = "gp_fts_probe_interval = 1\ngp_fts_probe_timeout = 2\ngp_fts_probe_retries = 0\n"
        try LocalFiles.write(text, to: cluster.coordinator.directory + "/" + FTSSettings.fileName)
        let old = try startProgram(Service.command(cluster, logs))
        try cluster.coordinator.sql("SELECT pg_catalog.gp_request_fts_probe_scan()")
        #expect(try traces(cluster.primaries[0])[2]?.hasPrefix("(t,1,") == true)
        kill(old, SIGSTOP)
        cluster.coordinator.freeze()
        try activate(standby)
        #expect(try await cluster.service(of: standby).runOnce(), "\(cluster.log.text)")
        let remembered = try traces(cluster.primaries[0])[2]
        #expect(remembered?.hasPrefix("(t,2,") == true)
        // By the old catalog there is something to do: the pair is in sync, and nobody waits.
        try cluster.primaries[0].sql("ALTER SYSTEM SET synchronous_standby_names = ''")
        try cluster.primaries[0].sql("SELECT pg_catalog.pg_reload_conf()")
        try await Task.sleep(for: .milliseconds(300))
        let before = try (cluster.primaries + cluster.mirrors).map(traces)
        cluster.coordinator.thaw()
        kill(old, SIGCONT)
        #expect(Service.finish(old) >> 8 == 2)
        #expect(try (cluster.primaries + cluster.mirrors).map(traces) == before)
        try runProgram(["/bin/sh", "-c", "cat \(logs.path)/*.log > \(logs.path)/all"])
        let said = "remembers a coordinator on timeline 2, this one is on timeline 1"
        #expect(logs.read("all").contains(said), "\(logs.read("all"))")
        // A new one of the old side is refused as well, and the new side goes on.
        let error = await #expect(throws: OperationError.self) { try await cluster.service().runOnce() }
        #expect(error?.message.contains(said) == true)
        #expect(try (cluster.primaries + cluster.mirrors).map(traces) == before)
        #expect(try await cluster.service(of: standby).runOnce())
        #expect(try cluster.primaries[0].synchronousNames() == "gp_walreceiver", "\(cluster.log.text)")
    }

    @Test("Sessions of an older service end, on the primary and on its mirror")
    func olderSessions() async throws {
        let cluster = try PairCluster(inSync: true)
        let sessions = try [cluster.primaries[0], cluster.mirrors[0]].map { try OpenSession($0, name: "gpftsd") }
        let stranger = try OpenSession(cluster.primaries[0])
        #expect(try await cluster.service().runOnce(), "\(cluster.log.text)")
        for session in sessions { #expect(throws: PostgresError.self) { try session.sql("SELECT 1") } }
        try stranger.sql("SELECT 1")
        // Only a new coordinator is news.
        let own = try OpenSession(cluster.primaries[0], name: "gpftsd")
        #expect(try await cluster.service().runOnce())
        try own.sql("SELECT 1")
    }

    @Test("A promoted mirror remembers the coordinator, and refuses an older one")
    func promotedMirror() async throws {
        let cluster = try PairCluster(inSync: true)
        cluster.primaries[0].kill()
        #expect(try await cluster.service().runOnce(), "\(cluster.log.text)")
        #expect(try traces(cluster.mirrors[0])[2]?.hasPrefix("(t,1,") == true)
        try cluster.mirrors[0].sql("UPDATE pg_catalog.gp_coordinator_timeline SET timeline = 3")
        let error = await #expect(throws: OperationError.self) { try await cluster.service().runOnce() }
        #expect(error?.message.contains("dbid 102") == true)
        #expect(error?.message.contains("timeline 3, this one is on timeline 1") == true)
    }

    @Test("An older one does not promote a mirror that heard of a newer coordinator")
    func mirrorHeard() async throws {
        let cluster = try PairCluster(inSync: true)
        #expect(try await cluster.service().runOnce())
        try cluster.primaries[0].sql("UPDATE pg_catalog.gp_coordinator_timeline SET timeline = 2")
        cluster.primaries[0].kill()
        await #expect(throws: OperationError.self) { try await cluster.service().runOnce() }
        #expect(try cluster.state() == "p s u, m s u")
        #expect(try cluster.mirrors[0].sql("SELECT pg_catalog.pg_is_in_recovery()").value() == "t")
    }

    @Test("It ends when its coordinator does not come back in time")
    func coordinatorGone() async throws {
        let cluster = try PairCluster(pairs: 0)
        var settings = PairCluster.quick
        settings.coordinatorPatience = .seconds(1)
        async let daemon: Void = cluster.service(settings).run()
        try cluster.coordinator.sql("SELECT pg_catalog.gp_request_fts_probe_scan()")
        let killed = ContinuousClock.now
        cluster.coordinator.kill()
        try await daemon
        #expect(ContinuousClock.now - killed < .seconds(8))
        #expect(cluster.log.text.contains("the coordinator did not come back within 1.0 seconds; ending"))
        #expect(!LocalFiles.exists(cluster.coordinator.directory + "/gpftsd.pid"))
    }

    @Test("It ends when its coordinator comes back as a standby")
    func coordinatorDemoted() async throws {
        let cluster = try PairCluster(pairs: 1, mirrored: false)
        async let daemon: Void = cluster.service().run()
        try cluster.coordinator.sql("SELECT pg_catalog.gp_request_fts_probe_scan()")
        try cluster.coordinator.stop()
        try cluster.coordinator.follow(cluster.primaries[0])
        try cluster.coordinator.start()
        try await daemon
        #expect(cluster.log.text.contains("is a standby now; ending"), "\(cluster.log.text)")
    }

    @Test("It refuses a coordinator that was replaced, in one line")
    func superseded() async throws {
        let cluster = try PairCluster(pairs: 0)
        let logs = try TemporaryDirectory()
        let directory = cluster.coordinator.directory
        let mark = SupersededMark(host: "scdw", port: 5432, time: "20261121_120000", systemIdentifier: "7")
        try LocalFiles.write(mark.text, to: SupersededMark.path(directory))
        let error = await #expect(throws: OperationError.self) { try await cluster.service().runOnce() }
        let said = SupersededMark.refusal(directory, mark)
        #expect(said.contains("scdw:5432"))
        #expect(error?.message == said)
        #expect(error?.hint == SupersededMark.hint(directory))
        #expect(try runProgram(Service.command(cluster, logs)) >> 8 == 2)
        try runProgram(["/bin/sh", "-c", "cat \(logs.path)/*.log > \(logs.path)/all"])
        #expect(logs.read("all").contains(said))
    }
}
