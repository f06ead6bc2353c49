import ClusterModel
import EmbeddedCluster
import Glibc
import RemoteShell
import TestSupport
import Testing

extension OnOneCluster {
    @Suite struct IsolationTests {
        @Test func `an unreachable host costs its own segments alone, and each is named`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            // Content 0 has its mirror on the lost host, content 1 its primary; content 2 has nothing there.
            let lost = try await cluster.mirror(0).hostname
            let mirrors = [try await cluster.mirror(0), try await cluster.mirror(2)]
            for mirror in mirrors { try await cluster.demo.stop(mirror, mode: "immediate") }
            try await cluster.awaitDown(mirrors)
            let start = ContinuousClock.now
            // Its sshd takes connections and says nothing: what costs most.
            let output = try await cluster.whileHung(lost) {
                try await cluster.recover(["--wait", "--host-timeout", "3"])
            }
            #expect(ContinuousClock.now - start < .seconds(15), words(output))
            #expect(output.status == 1, words(output))
            #expect(output.standardOutput.contains("One or more hosts are not reachable via SSH."))
            #expect(output.standardOutput.contains("Host \(lost) is unreachable"))
            #expect(output.standardOutput.contains("did not come within 3"), words(output))
            #expect(
                output.standardOutput.contains(
                    "Not recovering segment \(mirrors[0].dbid) because \(lost) is unreachable"), words(output))
            let partner = try await cluster.primary(0).hostname
            #expect(
                output.standardOutput.contains(
                    "Not updating pg_hba.conf for segments on unreachable hosts: \(partner).You can manually update"),
                words(output))
            #expect(try await cluster.mirror(2).status == .up)
            #expect(try await cluster.mirror(0).status == .down)
            let second = try await cluster.recover(["--wait"])
            #expect(second.status == 0, words(second))
            try await cluster.expectHealthy()
        }

        @Test func `with every failed segment out of reach they are named, and the status is not 0`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(0)
            try await cluster.lose(mirror)
            try await cluster.stopSecureShell(of: mirror.hostname)
            let output = try await cluster.recover(["--host-timeout", "3"])
            let there = try await cluster.recover(["--host-timeout", "3", "-p", mirror.hostname])
            // The file for -i names them all the same: nobody is asked for it.
            let file = "\(cluster.demo.directory)/home/listed"
            let listing = try await cluster.recover(["-o", file])
            try cluster.startSecureShells()
            #expect(listing.status == 0, words(listing))
            let listed = try await cluster.shell("cat \"$1\"", [file])
            #expect(listed.standardOutput.contains("\(mirror.fileForm)\n"), words(listed))
            #expect(there.status == 2, words(there))
            #expect(
                there.standardOutput.contains(
                    "Cannot recover. The following recovery target hosts are unreachable: ['\(mirror.hostname)']"),
                words(there))
            #expect(output.status == 1, words(output))
            #expect(!output.standardOutput.contains("No segments to recover"))
            #expect(
                output.standardOutput.contains(
                    "Not recovering segment \(mirror.dbid) because \(mirror.hostname) is unreachable"), words(output))
            let second = try await cluster.recover(["-i", file, "--wait"])
            #expect(second.status == 0, words(second))
            try await cluster.expectHealthy()
        }

        @Test func `with both copies of a content down the evidence is shown, and nothing is started`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let (primary, mirror) = (try await cluster.primary(2), try await cluster.mirror(2))
            try await cluster.demo.stop(mirror, mode: "immediate")
            try await cluster.demo.stop(primary, mode: "immediate")
            let output = try await cluster.recover(["--json"])
            #expect(output.status == 2, words(output))
            let told = output.standardError
            #expect(!told.contains("No segments to recover"))
            #expect(told.contains("Double fault: both copies of content 2 are down"), words(output))
            #expect(told.contains("Better to start from: dbid \(primary.dbid): "), words(output))
            #expect(told.contains("   on \(primary.hostname): "), words(output))
            let control = try await cluster.shell(
                "LC_ALL=C pg_controldata -D \"$1\" | sed -n 's/^Latest checkpoint location: *//p'",
                [primary.dataDirectory])
            let json = output.standardOutput.filter { !$0.isWhitespace }
            for part in [
                "\"content\":2,\"was_in_sync\":true", "\"better_dbid\":\(primary.dbid)", "\"exit_status\":2",
                "\"last_checkpoint\":\"\(control.standardOutput.filter { !$0.isWhitespace })\"", "\"timeline\":",
                "\"last_wal_record\":\"", "\"cluster_state\":\"inproduction\"",
                "\"cluster_state\":\"inarchiverecovery\"",
                "\"commands\":[{\"host\":\"\(primary.hostname)\"",
            ] { #expect(json.contains(part), "\(part) is not in \(json)") }
            #expect(cluster.demo.process(of: primary) == nil)
            #expect(cluster.demo.process(of: mirror) == nil)
            try await cluster.demo.start(primary)
            try await cluster.awaitDown([mirror])
            let second = try await cluster.recover(["--wait"])
            #expect(second.status == 0, words(second))
            try await cluster.expectHealthy()
        }

        @Test func `a second run is refused while one works, except inside it`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let lock = "\(cluster.coordinatorDirectory)/gprecoverseg.lock"
            try await cluster.shell("mkdir \"$1\" && printf '%s' \"$2\" > \"$1/PID\"", [lock, "\(getpid())"])
            let output = try await cluster.recover()
            #expect(output.status == 2, words(output))
            #expect(
                output.standardOutput.contains(
                    "Lockfile \(lock) indicates that an instance of gprecoverseg is already running with PID \(getpid())"
                ))
            #expect(
                output.standardOutput.contains("If this is not the case, remove the lockfile directory at \(lock)"))
            let inner = try await cluster.recover(environment: ["GPRECOVERPID": "\(getpid())"])
            #expect(inner.status == 0, words(inner))
            #expect(try await cluster.shell("ls \"$1\"", [lock]).standardOutput == "PID\n")
            try await cluster.shell("rm -r \"$1\"", [lock])
        }

        @Test func `of two runs at once the second is refused, and the first ends well`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(0)
            try await cluster.lose(mirror)
            async let running = cluster.recover(["-F", "--max-rate", "4M", "--wait"])
            await cluster.expectCopying(mirror)
            let output = try await cluster.recover(["-F"])
            let first = try await running
            #expect(output.status == 2, words(output))
            #expect(
                output.standardOutput.contains(
                    "indicates that an instance of gprecoverseg is already running with PID"),
                words(output))
            #expect(first.status == 0, words(first))
            try await cluster.expectHealthy()
        }

        @Test func `a bad line ends the run before anything is asked, and is named`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let file = "\(cluster.demo.directory)/home/bad"
            try await cluster.shell("printf '\\nsdw1|1\\n' > \"$1\"", [file])
            let output = try await cluster.recover(["-i", file])
            #expect(output.status == 2, words(output))
            #expect(
                output.standardOutput.contains(
                    "gprecoverseg error: line 2 of file \(file): expected 3 or 4 parts on failed segment group, "
                        + "obtained 2"), words(output))
        }
    }
}
