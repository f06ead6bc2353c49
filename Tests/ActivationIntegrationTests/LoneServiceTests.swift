import ClusterModel
import Glibc
import PostgresClient
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

extension OnLoopback {
    @Suite(.embeddedOnly("gpftsd is the embedded engine's; Greenplum's service ends with its coordinator"))
    struct LoneServiceTests {
        /// Everything of the primaries that a fault-tolerance service changes.
        private func traces(_ cluster: ActivationCluster) async throws -> [String] {
            var all: [String] = []
            for segment in cluster.segments {
                all.append(
                    try await cluster.value(
                        """
                        SELECT concat_ws('|', current_setting('synchronous_standby_names'), pg_is_in_recovery(),
                            (SELECT string_agg(t::text, ',') FROM gp_coordinator_timeline AS t),
                            (pg_stat_file('postgresql.auto.conf')).modification)
                        """, on: segment))
            }
            return all
        }

        @Test
        func `a service that runs on alone, its coordinator stopped behind a fence command that lies, changes nothing`()
            async throws
        {
            let cluster = try await ActivationCluster.fresh(running: true)
            // The catalog that the old service goes by has something to do in each of its cycles.
            try await cluster.shell(
                "printf 'gp_fts_probe_interval = 1\\ngp_fts_probe_timeout = 2\\n' >> \"$1\"/gpftsd.conf",
                [cluster.coordinator.dataDirectory])
            try await cluster.demo.startFaultTolerance()
            try await cluster.demo.query("SELECT gp_request_fts_probe_scan()", timeout: .seconds(30))
            let service = try #require(cluster.demo.faultTolerance.process)
            let postmaster = try #require(cluster.demo.process(of: cluster.coordinator))
            let history = "SELECT count(*) FROM gp_configuration_history WHERE description LIKE 'FTS: %'"
            cluster.demo.secureShells.stop(cluster.demo.hosts[0])
            kill(postmaster, SIGSTOP)
            defer { kill(postmaster, SIGCONT) }
            // Its session with the coordinator is a process of its own and works on: so does the service.
            let output = try await cluster.activate(["-a", "--require-fencing", "--fence-command", "true"])
            try await cluster.expectActivated(output)
            #expect(output.standardOutput.contains("because the fence command ended with 0; it could not be seen"))

            // By the old catalog the pair is in sync, and nobody waits: an old service would change that.
            let primary = try #require(cluster.segments.first { $0.role == .primary })
            let new = try await traces(cluster)
            #expect(new.allSatisfy { $0.contains("(t,2,") }, "\(new)")
            let before = try await cluster.value(history, on: cluster.standby)
            let isGone = await eventually(within: .seconds(15)) { cluster.demo.faultTolerance.process == nil }
            #expect(isGone, "the old service \(service) runs on against a newer coordinator")
            #expect(try await traces(cluster) == new)
            kill(postmaster, SIGCONT)
            // A service of the old side, begun anew, is refused as well.
            let again = try await cluster.demo.exec(
                "cdw", ["gpftsd", "--once", "-d", cluster.coordinator.dataDirectory])
            #expect(again.status == 2, words(again))
            #expect(again.standardOutput.contains("remembers a coordinator on timeline 2"), words(again))
            try await Task.sleep(for: .seconds(2))
            #expect(try await traces(cluster) == new)
            #expect(try await cluster.value(history, on: cluster.standby) == before)
            let write = try await cluster.write(from: "scdw", to: primary)
            #expect(write.status == 0, words(write))
        }
    }
}
