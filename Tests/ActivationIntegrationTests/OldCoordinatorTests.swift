import ClusterModel
import Glibc
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

extension OnLoopback {
    /// What the old coordinator is decides.
    @Suite struct OldCoordinatorTests {
        @Test func `a running coordinator is refused in every mode, in the original's words`() async throws {
            let cluster = try await ActivationCluster.fresh(running: true)
            let modes = [[], ["-f"], ["--require-fencing"], ["--no-segment-fence"], ["--dry-run"]]
            for mode in modes {
                let output = try await cluster.activate(["-a"] + mode)
                try await cluster.expectUntouched(output)
                for text in [
                    "Appears that there is an active postgres process on cdw port=\(cluster.coordinator.port)",
                    "Need to stop current coordinator before activating the standby.",
                    "Error activating standby coordinator: Active postgres process on coordinator",
                ] { #expect(output.standardOutput.contains(text), words(output)) }
            }
        }

        @Test func `a coordinator stopped by a signal counts as running`() async throws {
            try TestEngine.skipOnGreenplum(
                "its standby names no directory of the old coordinator, and hosts of one machine share their processes")
            let cluster = try await ActivationCluster.fresh(running: true)
            let process = try #require(cluster.demo.process(of: cluster.coordinator))
            kill(process, SIGSTOP)
            defer { kill(process, SIGCONT) }
            let output = try await cluster.activate()
            try await cluster.expectUntouched(output)
            #expect(output.standardOutput.contains("process \(process) T"), words(output))
        }

        @Test func `out of reach it is listened for, then the warning says what is not proved`() async throws {
            let cluster = try await ActivationCluster.fresh()
            cluster.demo.secureShells.stop(cluster.demo.hosts[0])
            let strict = try await cluster.activate(["-a", "--require-fencing", "--fence-timeout", "1"])
            try await cluster.expectUntouched(strict)
            #expect(strict.standardOutput.contains("is not proved to be stopped, and --require-fencing was given"))
            let start = ContinuousClock.now
            let output = try await cluster.activate(["-a", "--fence-timeout", "3"])
            #expect(start.duration(to: .now) > .seconds(3))
            try await cluster.expectActivated(output)
            #expect(output.standardOutput.contains("is NOT PROVED to be stopped: "), words(output))
            #expect(output.standardOutput.contains("spoke no PostgreSQL for 3 s"), words(output))
            #expect(output.standardOutput.contains("whether the standby was in sync is not known"), words(output))
        }

        @Test func `a foreign program on its port is no coordinator`() async throws {
            try TestEngine.skipOnGreenplum(
                "the program would have to run in a namespace, and is the same for both engines")
            let cluster = try await ActivationCluster.fresh()
            let holder = try PortHolder(address: cluster.coordinator.address, port: cluster.coordinator.port)
            let output = try await cluster.activate(["-a", "--fence-timeout", "3"])
            try await cluster.expectActivated(output)
            #expect(output.standardOutput.contains("old coordinator cdw:\(cluster.coordinator.port): stopped"))
            withExtendedLifetime(holder) {}
        }

        @Test func `a fence command decides by its status, and a port that answers overrules it`() async throws {
            let cluster = try await ActivationCluster.fresh(running: true)
            let failed = try await cluster.activate(["-a", "--fence-command", "echo no power >&2; exit 3"])
            try await cluster.expectUntouched(failed)
            #expect(
                failed.standardOutput.contains(
                    "Error activating standby coordinator: the fence command ended with 3: no power"), words(failed))
            cluster.demo.secureShells.stop(cluster.demo.hosts[0])
            let overruled = try await cluster.activate(["-a", "--fence-command", "true"])
            try await cluster.expectUntouched(overruled)
            #expect(overruled.standardOutput.contains("Active postgres process on coordinator"), words(overruled))
            // A standby that takes no sessions does not know it.
            let known = TestEngine.isGreenplum ? "" : cluster.coordinator.dataDirectory
            let command =
                "test \"$GPHA_OLD_HOST $GPHA_OLD_PORT\" = 'cdw \(cluster.coordinator.port)' "
                + "&& test \"$GPHA_OLD_ADDRESS\" = \(cluster.coordinator.address) "
                + "&& test \"$GPHA_OLD_DATA_DIRECTORY\" = '\(known)' "
                + "&& pg_ctl -D '\(cluster.coordinator.dataDirectory)' -m immediate -s stop"
            let done = try await cluster.activate(["-a", "--require-fencing", "--fence-command", command])
            try await cluster.expectActivated(done)
            #expect(done.standardOutput.contains("because the fence command ended with 0"), words(done))
        }

        @Test func `a directory that follows nobody is refused as not the standby's`() async throws {
            let cluster = try await ActivationCluster.fresh(running: true)
            for directory in [cluster.coordinator.dataDirectory, cluster.segments[0].dataDirectory] {
                let output = try await cluster.demo.exec("cdw", ["gpactivatestandby", "-a", "-d", directory])
                #expect(output.status == 2, words(output))
                #expect(
                    output.standardOutput.contains(
                        "Critical required file on standby \"\(directory)/standby.signal\" is not present."),
                    words(output))
            }
            let port = try await cluster.activate(environment: ["PGPORT": "1"])
            try await cluster.expectUntouched(port)
            #expect(port.standardOutput.contains("PGPORT is 1, the standby's port is \(cluster.standby.port)"))
        }
    }
}
