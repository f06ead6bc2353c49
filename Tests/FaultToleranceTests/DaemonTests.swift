import BlockingWork
import ClusterOperations
import FaultTolerance
import TestSupport
import Testing

@Suite("The service as a daemon", .serialized, .ownThreads, .timeLimit(.minutes(2)))
struct DaemonTests {
    private static let slow = FTSSettings(
        probeInterval: .seconds(60), probeTimeout: .seconds(2), probeRetries: 0, mirrorGracePeriod: .milliseconds(400))

    /// Runs the daemon while `body` runs.
    private func running(
        _ cluster: PairCluster, _ settings: FTSSettings = slow, _ body: () async throws -> Void
    ) async throws {
        let stop = FTSStop()
        async let daemon: Void = cluster.service(settings, stop: stop).run()
        let outcome: Result<Void, any Error>
        do {
            #expect(
                await eventually(within: .seconds(30)) {
                    LocalFiles.exists(cluster.coordinator.directory + "/gpftsd.pid")
                })
            outcome = .success(try await body())
        } catch {
            outcome = .failure(error)
        }
        stop.request()
        let asked = ContinuousClock.now
        try await daemon
        #expect(ContinuousClock.now - asked < .seconds(10))
        #expect(!LocalFiles.exists(cluster.coordinator.directory + "/gpftsd.pid"))
        try outcome.get()
    }

    @Test("A request makes it probe at once, and returns when the result is in the catalog")
    func request() async throws {
        let cluster = try PairCluster()
        try await running(cluster) {
            try cluster.coordinator.sql("SELECT pg_catalog.gp_request_fts_probe_scan()")
            #expect(try cluster.state() == "p s u, m s u", "\(cluster.log.text)")
            let begun = ContinuousClock.now
            try cluster.coordinator.sql("SELECT pg_catalog.gp_request_fts_probe_scan()")
            #expect(ContinuousClock.now - begun < Self.slow.probeInterval / 4)
            cluster.primaries[0].kill()
            try cluster.coordinator.sql("SELECT pg_catalog.gp_request_fts_probe_scan()")
            #expect(try cluster.state() == "p n u, m n d")
            #expect(try cluster.actingPrimary().port == cluster.mirrors[0].port)
        }
    }

    @Test("A second one is refused, as a daemon and for one cycle")
    func second() async throws {
        let cluster = try PairCluster(mirrored: false)
        try await running(cluster) {
            let one = await #expect(throws: OperationError.self) { _ = try await cluster.service().runOnce() }
            #expect(one?.message == "gpftsd is already running for \(cluster.coordinator.directory)")
            #expect(one?.hint?.contains("gp_request_fts_probe_scan()") == true)
            await #expect(throws: OperationError.self) { try await cluster.service().run() }
        }
    }

    @Test("The end of a grace period wakes it before its interval is over")
    func grace() async throws {
        let cluster = try PairCluster(inSync: true)
        var settings = Self.slow
        settings.mirrorGracePeriod = .seconds(3)
        try await running(cluster, settings) {
            cluster.mirrors[0].kill()
            try cluster.coordinator.sql("SELECT pg_catalog.gp_request_fts_probe_scan()")
            #expect(try cluster.state() == "p s u, m s u")
            #expect(await eventually(within: .seconds(20)) { (try? cluster.state()) == "p n u, m n d" })
        }
    }

    @Test("A primary full of commits that wait for a dead mirror is released")
    func fullPrimary() async throws {
        let cluster = try PairCluster(inSync: true)
        let primary = cluster.primaries[0]
        try await running(cluster, PairCluster.quick) {
            // The first cycle is over, and its session is kept.
            try cluster.coordinator.sql("SELECT pg_catalog.gp_request_fts_probe_scan()")
            let crowd = WaitingCrowd(primary)
            let full = await eventually(within: .seconds(20)) { crowd.isTurnedAway }
            #expect(full, "\(crowd.connected) sessions")
            cluster.mirrors[0].kill()
            crowd.commit()
            let down = await eventually(within: .seconds(20)) { (try? cluster.state()) == "p n u, m n d" }
            #expect(down, "\(cluster.log.text)")
            let released = await eventually(within: .seconds(20)) { crowd.committed == crowd.connected }
            #expect(released, "\(crowd.committed) of \(crowd.connected): \(cluster.log.text)")
            crowd.leave()
            #expect(await eventually(within: .seconds(20)) { (try? primary.synchronousNames()) == "" })
        }
    }

    @Test("It waits for a coordinator that restarts, and is the service again")
    func coordinatorRestart() async throws {
        let cluster = try PairCluster()
        try await running(cluster) {
            cluster.coordinator.kill()
            let stopped = "still waiting for the coordinator: Greenplum database appears to be stopped"
            #expect(await eventually(within: .seconds(20)) { cluster.log.text.contains(stopped) })
            try cluster.coordinator.start()
            try cluster.coordinator.sql("SELECT pg_catalog.gp_request_fts_probe_scan()")
            #expect(try cluster.state() == "p s u, m s u", "\(cluster.log.text)")
        }
    }

    @Test("While another session has the catalog locked its cycles fail, and it stays the service")
    func lockedCatalog() async throws {
        let cluster = try PairCluster()
        var settings = PairCluster.quick
        settings.probeTimeout = .milliseconds(500)
        try await running(cluster, settings) {
            let held = try OpenSession(cluster.coordinator)
            try held.sql("BEGIN")
            try held.sql("LOCK TABLE pg_catalog.gp_segment_configuration IN ACCESS EXCLUSIVE MODE")
            let seen = await eventually(within: .seconds(20)) {
                cluster.log.text.contains("another session holds a lock on the catalog")
            }
            #expect(seen, "\(cluster.log.text)")
            try held.sql("ROLLBACK")
            #expect(await eventually(within: .seconds(20)) { (try? cluster.state()) == "p s u, m s u" })
            #expect(!cluster.log.text.contains("the coordinator is gone"), "\(cluster.log.text)")
        }
    }

    @Test("A standby is refused")
    func standby() async throws {
        let cluster = try PairCluster(mirrored: false)
        try cluster.coordinator.stop()
        try cluster.coordinator.follow(cluster.primaries[0])
        try cluster.coordinator.start()
        let error = await #expect(throws: OperationError.self) { _ = try await cluster.service().runOnce() }
        #expect(error?.message.contains("is a standby") == true)
    }
}
