import BlockingWork
import ClusterModel
import ClusterOperations
import FaultTolerance
import Glibc
import PostgresClient
import TestSupport
import Testing

@Suite("Primaries that a tool hands over", .serialized, .ownThreads, .timeLimit(.minutes(2)))
struct HandoverTests {
    /// Patient: a primary that nobody hands over costs three seconds.
    private static let patient = FTSSettings(
        probeInterval: .seconds(60), probeTimeout: .seconds(2), probeRetries: 3, mirrorGracePeriod: .seconds(5))

    @Test("A primary that was stopped on purpose is replaced without further attempts, another one is not")
    func noRetries() async throws {
        let cluster = try PairCluster(inSync: true)
        let session = try OpenSession(cluster.coordinator)
        try session.handOver(1)
        try cluster.primaries[0].stop()
        // The word for another pair counts for nothing here.
        var begun = ContinuousClock.now
        let ended = FTSStop()
        let slow = cluster.service(Self.patient, stop: ended) { if $0 == .primaryProbed { ended.request() } }
        _ = try await slow.runOnce()
        #expect(ContinuousClock.now - begun >= .seconds(3))
        #expect(try cluster.state() == "p s u, m s u", "\(cluster.log.text)")
        try session.handOver(0)
        begun = .now
        #expect(try await cluster.service(Self.patient).runOnce())
        #expect(ContinuousClock.now - begun < .seconds(3))
        #expect(try cluster.actingPrimary().port == cluster.mirrors[0].port, "\(cluster.log.text)")
    }

    @Test("A request gives the other pairs a turn while a hung one keeps the cycle open")
    func turnOnRequest() async throws {
        let cluster = try PairCluster(pairs: 2, inSync: true)
        let stop = FTSStop()
        let service = cluster.service(Self.patient, stop: stop)
        cluster.primaries[0].freeze()
        defer { cluster.primaries[0].thaw() }
        async let running: Void = service.run()
        // The first cycle has looked at the other pair by now, and waits for the frozen one: three seconds and more.
        try await Task.sleep(for: .milliseconds(700))
        let session = try OpenSession(cluster.coordinator)
        try session.handOver(1)
        try cluster.primaries[1].stop("immediate")
        let begun = ContinuousClock.now
        try cluster.coordinator.sql("SELECT nextval('pg_catalog.gp_fts_probe_request')")
        let deadline = Deadline.after(.seconds(10))
        while try cluster.actingPrimary(1).port != cluster.mirrors[1].port, !deadline.isPast {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(ContinuousClock.now - begun < .seconds(2), "\(cluster.log.text)")
        stop.request()
        cluster.primaries[0].thaw()
        try await running
    }
}

extension OpenSession {
    /// Says, until the session ends, that the primary of a content was stopped on purpose.
    fileprivate func handOver(_ content: Int) throws {
        try use { try Handover.announce(ContentID(content), on: $0) }
    }
}
