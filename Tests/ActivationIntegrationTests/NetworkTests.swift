import ClusterModel
import Glibc
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

extension OnNamespaces {
    @Suite struct NetworkTests {
        /// Where the old side's writes go: every primary.
        private func primaries(_ cluster: ActivationCluster) -> [Segment] {
            cluster.segments.filter { $0.role == .primary }
        }

        @Test func `cut off, activated, joined again: the old side writes nowhere until it is the standby`()
            async throws
        {
            let cluster = try await ActivationCluster.fresh(running: true)
            let away = cluster.demo.hosts[3]
            // A session from before, in the middle of its work.
            let session = try await oldSession(cluster, to: primaries(cluster)[0])
            cluster.demo.secureShells.stop(away)
            try await cluster.demo.cutHost("cdw")
            let start = ContinuousClock.now
            let output = try await cluster.activate(["-a", "--fence-timeout", "4"])
            #expect(start.duration(to: .now) < .seconds(TestEngine.isGreenplum ? 30 : 10))
            try await cluster.expectActivated(output)
            #expect(output.standardOutput.contains("NOT PROVED to be stopped"), words(output))
            #expect(output.standardOutput.contains("gpactivatestandby --finish"), words(output))
            try cluster.demo.secureShells.start(away)
            let finish = try await cluster.activate(["--finish"])
            #expect(finish.status == 0, words(finish))
            try await cluster.demo.joinHost("cdw")
            #expect(cluster.demo.process(of: cluster.coordinator) != nil)
            try await expectFenced(cluster)
            #expect(try await sessions(cluster) == 0)
            kill(session, SIGKILL)
            try await comeBack(cluster)
            try await goBack(cluster)
        }

        /// The other way round: the first host's standby is activated, and now the second host is turned away.
        private func goBack(_ cluster: ActivationCluster) async throws {
            try await cluster.demo.stop(cluster.standby, mode: "immediate")
            let output = try await cluster.demo.exec(
                "cdw", ["gpactivatestandby", "-a", "-d", cluster.coordinator.dataDirectory, "--fence-timeout", "4"],
                timeout: .seconds(100))
            #expect(output.status == 0, words(output))
            for segment in cluster.segments { try await expectRefused(cluster, from: "scdw", at: segment) }
            for primary in primaries(cluster) {
                let accepted = try await cluster.write(from: "cdw", to: primary)
                #expect(accepted.status == 0, words(accepted))
            }
            // Where the catalog is hidden, nobody knows which directory to mark: these hosts share their files.
            #expect(PrivateFiles.exists(SupersededMark.path(cluster.standby.dataDirectory)) != TestEngine.isGreenplum)
            #expect(!PrivateFiles.exists(SupersededMark.path(cluster.coordinator.dataDirectory)))
        }

        /// Greenplum's mirrors refuse everybody, before they look at who it is.
        private func expectRefused(_ cluster: ActivationCluster, from host: String, at segment: Segment) async throws {
            if TestEngine.isGreenplum, segment.role == .mirror { return }
            var refused = try await cluster.write(from: host, to: segment)
            // A host that was just joined again may remember for a moment that a neighbour did not answer.
            for _ in 0..<50 where refused.standardError.contains("No route to host") {
                try await Task.sleep(for: .milliseconds(100))
                refused = try await cluster.write(from: host, to: segment)
            }
            #expect(refused.standardError.contains("pg_hba.conf rejects connection"), words(refused))
        }

        /// The old side is refused by everybody, also by mirrors, and the new one is not.
        private func expectFenced(_ cluster: ActivationCluster) async throws {
            for segment in cluster.segments {
                try await expectRefused(cluster, from: "cdw", at: segment)
                let text = try PrivateFiles.read(ActivationCluster.accessFile(segment))
                #expect(text.hasPrefix("host all all \(cluster.coordinator.address)/32 reject # gpha-fence cdw\n"))
            }
            for primary in primaries(cluster) {
                let accepted = try await cluster.write(from: "scdw", to: primary)
                #expect(accepted.status == 0, words(accepted))
            }
        }

        /// A client on the old coordinator's host with a session that would go on for long.
        private func oldSession(_ cluster: ActivationCluster, to segment: Segment) async throws -> pid_t {
            let output = try await cluster.shell(
                "psql -XAtw -d \"$1\" -c 'SELECT pg_sleep(600)' </dev/null >/dev/null 2>&1 & echo $!",
                [cluster.way(to: segment)])
            for _ in 0..<100 where try await sessions(cluster) == 0 { try await Task.sleep(for: .milliseconds(50)) }
            #expect(try await sessions(cluster) == 1)
            return pid_t(output.standardOutput.filter(\.isNumber)) ?? 0
        }

        private func sessions(_ cluster: ActivationCluster) async throws -> Int {
            let count = """
                SELECT count(*) FROM pg_stat_activity
                WHERE client_addr = '\(cluster.coordinator.address)' AND application_name = 'psql'
                """
            var all = 0
            for primary in primaries(cluster) { all += Int(try await cluster.value(count, on: primary)) ?? 0 }
            return all
        }

        /// The old one becomes the standby: its data is moved aside, and the segments let its host in again.
        private func comeBack(_ cluster: ActivationCluster) async throws {
            let old = cluster.coordinator.dataDirectory
            try cluster.showOldHostAll()
            let early = try await cluster.tool(["gpinitstandby", "-a", "-s", "cdw", "-S", old])
            #expect(early.status == 2, words(early))
            #expect(early.standardOutput.contains("the former coordinator still runs on host cdw"), words(early))
            try await cluster.demo.stop(cluster.coordinator, mode: "immediate")
            let back = try await cluster.tool(["gpinitstandby", "-a", "-s", "cdw", "-S", old])
            #expect(back.status == 0, words(back))
            #expect(back.standardOutput.contains("let it in again"), words(back))
            for segment in cluster.segments {
                let text = try PrivateFiles.read(ActivationCluster.accessFile(segment))
                #expect(!text.contains("gpha-fence"), "\(segment.label)")
            }
            for primary in primaries(cluster) {
                let accepted = try await cluster.write(from: "cdw", to: primary)
                #expect(accepted.status == 0, words(accepted))
            }
        }

        @Test func `behind a fence command that lies, a stopped old side changes nothing when it goes on`()
            async throws
        {
            let cluster = try await ActivationCluster.fresh(running: true)
            cluster.demo.secureShells.stop(cluster.demo.hosts[0])
            let process = try #require(cluster.demo.process(of: cluster.coordinator))
            kill(process, SIGSTOP)
            let output = try await cluster.activate(["-a", "--require-fencing", "--fence-command", "true"])
            kill(process, SIGCONT)
            try await cluster.expectActivated(output)
            #expect(output.standardOutput.contains("because the fence command ended with 0; it could not be seen"))
            try await expectFenced(cluster)
            #expect(try await cluster.value("SELECT pg_is_in_recovery()", on: cluster.coordinator) == "f")
        }
    }
}
