import ClusterModel
import ClusterOperations
import Glibc
import Logging
import PostgresClient
import RemoteShell
import TestSupport
import Testing

@testable import EmbeddedCluster

/// Copies by content between the hosts of an embedded cluster, over its own SSH.
@Suite(.serialized) struct SecureShellTests {
    @Test func `one host fetches from the other as its account, and says so when it cannot`() async throws {
        let directory = try makeTemporaryDirectory(named: "gpr")
        let demo = try await DemoCluster.create(
            DemoSpecification(
                directory: directory, hosts: 2, primariesPerHost: 1, mirrors: .spread, faultTolerance: false,
                toolPrograms: BuiltPrograms.debug))
        let result: Result<String, any Error>
        do {
            result = .success(try await fetch(demo))
        } catch {
            result = .failure(error)
        }
        try await demo.destroy()
        rmdir(directory)
        let kept = try result.get()
        // Only an account of the cluster's own tells whose it was.
        #expect(geteuid() != 0 || access(kept, F_OK) != 0)
    }

    /// Returns where a connection was still kept at the end.
    private func fetch(_ demo: DemoCluster) async throws -> String {
        let segments = try await demo.instances().filter { $0.content == ContentID(0) }
        let primary = try #require(segments.first { $0.role == .primary })
        let mirror = try #require(segments.first { $0.role == .mirror })
        #expect(primary.hostname != mirror.hostname)
        let shell = SSHShell(settings: RemoteShell.SSHSettings(configFile: demo.secureShellConfiguration))
        let recovery = try recovery(demo, shell)
        try await demo.query("CREATE TABLE public.goods AS SELECT i FROM generate_series(1, 30000) AS i", on: primary)
        #expect(try await recovery.stop(failed: mirror) == .stopped("fast"))
        // Nobody is to wait for the mirror that is gone; the service that would see to it does not run here.
        try await demo.query("ALTER SYSTEM SET synchronous_standby_names = ''", on: primary)
        try await demo.query("SELECT pg_catalog.pg_reload_conf()", on: primary)
        try await demo.query("DELETE FROM public.goods WHERE i % 2 = 0", on: primary)
        #expect(try await recovery.resumePossible(source: primary, target: mirror) == nil)
        let unused = try #require(
            try await recovery.proveWay(source: primary, target: mirror, keptFor: 120).kept)
        var gone = primary
        gone.dataDirectory += "/gone"
        let obstacle = await #expect(throws: WayObstacle.self) {
            try await recovery.proveWay(source: primary, with: [gone], target: mirror, keptFor: 1)
        }
        #expect(obstacle?.description.contains("No such file or directory") == true, "\(obstacle?.description ?? "")")
        let request = RecoveryRequest(
            source: primary, target: mirror,
            settings: [
                InstanceSetting("port", "\(mirror.port)"), InstanceSetting("listen_addresses", mirror.address),
                InstanceSetting("unix_socket_directories", demo.state.layout.socketDirectory(mirror.hostname)),
            ])
        let (wire, _) = try await recovery.differential(request, check: {}, onEvent: { _ in })
        #expect(wire.total > 10_000 && wire.total < 8 << 20, "\(wire)")
        try await inSync(demo, primary, mirror)
        #expect(try await demo.query("SELECT count(*) FROM public.goods", on: mirror).value() == "15000")
        // The connection of the proof serves the copy, also where no other can be made.
        #expect(try await recovery.stop(failed: mirror) == .stopped("fast"))
        let way = try await recovery.proveWay(source: primary, target: mirror, keptFor: 3)
        let kept = try #require(way.kept)
        #expect(access(kept + "/way", F_OK) == 0)
        try demo.secureShells.stop(demo.host(primary.hostname))
        try await demo.query("DELETE FROM public.goods WHERE i % 4 = 1", on: primary)
        try await recovery.differential(request, way: way, check: {}, onEvent: { _ in })
        try await inSync(demo, primary, mirror)
        #expect(try await demo.query("SELECT count(*) FROM public.goods", on: mirror).value() == "7500")
        // It goes by itself, and then the way is what it is.
        for _ in 0..<200 where access(kept, F_OK) == 0 { try await Task.sleep(for: .milliseconds(50)) }
        #expect(access(kept, F_OK) != 0)
        let reason = try await recovery.resumePossible(source: primary, target: mirror)
        #expect(
            reason?.hasPrefix("\(mirror.hostname) cannot fetch from \(primary.hostname): ssh: connect to host") == true,
            "\(reason ?? "possible")")
        #expect(try await recovery.stop(failed: mirror) == .stopped("fast"))
        let refused = await #expect(throws: RecoveryError.self) {
            try await recovery.differential(request, way: way, check: {}, onEvent: { _ in })
        }
        #expect(refused?.leavesTargetUntouched == true && refused?.message == reason)
        #expect(try await recovery.reconcile(mirror).isEmpty)
        await shell.close()
        #expect(access(unused, F_OK) == 0)
        return unused
    }

    private func recovery(_ demo: DemoCluster, _ shell: any Shell) throws -> SegmentRecovery {
        let location = try CoordinatorLocation(dataDirectory: demo.state.layout.coordinator.dataDirectory)
        return SegmentRecovery(
            access: ClusterAccess(location: location, environment: ["PGUSER": demo.accountName], shell: shell),
            build: MirrorBuild(
                engine: location.engine, binaryDirectory: location.binaryDirectory, user: demo.accountName),
            runID: "run1", logger: Logger(label: "test"))
    }

    /// Waits until the mirror has applied what the primary has written.
    private func inSync(_ demo: DemoCluster, _ primary: Segment, _ mirror: Segment) async throws {
        let lsn = try await demo.query("SELECT pg_catalog.pg_create_restore_point('here')", on: primary).value() ?? ""
        for _ in 0..<200 {
            let isThere = try? await demo.query(
                "SELECT pg_catalog.pg_last_wal_replay_lsn() >= $1::pg_lsn", [lsn], on: mirror)
            if try isThere?.value() == "t" { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TestFailure("the mirror does not follow")
    }
}
