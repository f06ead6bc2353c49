import ClusterModel
import EmbeddedCluster
import RemoteShell
import TestClusters
import TestSupport
import Testing

/// Half of the hosts are out of reach, on a cluster of its own.
@Suite(.serialized, .embeddedOnly("one lost host of three is tested on Greenplum; four take long to make"))
struct HalfLostTests {
    @Test func `with half of the hosts out of reach the rest is recovered, and every other segment is named`()
        async throws
    {
        let directory = try makeTemporaryDirectory(named: "grh")
        let demo = try await DemoCluster.create(
            DemoSpecification(
                directory: directory, hosts: 4, primariesPerHost: 1, mirrors: .group, toolPrograms: BuiltPrograms.debug
            ).underTest)
        let result: Result<Void, any Error>
        do {
            try await recover(RecoveryCluster(demo: demo))
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await demo.destroy()
        try result.get()
    }

    private func recover(_ cluster: RecoveryCluster) async throws {
        let mirrors = try await cluster.rows().filter { $0.role == .mirror }
        for mirror in mirrors { try await cluster.demo.stop(mirror, mode: "immediate") }
        try await cluster.awaitDown(mirrors)
        // Content 0 alone has both its instances on the first two hosts.
        for host in ["sdw3", "sdw4"] { try await cluster.stopSecureShell(of: host) }
        let output = try await cluster.recover(["--wait", "--host-timeout", "3"])
        #expect(output.status == 1, words(output))
        for host in ["sdw3", "sdw4"] {
            #expect(output.standardOutput.contains("Host \(host) is unreachable"), words(output))
        }
        for content in 1...3 {
            #expect(output.standardOutput.contains("(content \(content)"), words(output))
        }
        let up = try await cluster.rows().filter { $0.role == .mirror && $0.status == .up }.map(\.content.rawValue)
        #expect(up == [0], words(output))
        try cluster.startSecureShells()
        let second = try await cluster.recover(["--wait"])
        #expect(second.status == 0, words(second))
        #expect(try await cluster.isHealthy())
    }
}
