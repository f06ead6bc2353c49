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
            let output = try await cluster.recover()
            #expect(output.status == 2, words(output))
            #expect(!output.standardOutput.contains("No segments to recover"))
            #expect(output.standardOutput.contains("Double fault: both copies of content 2 are down"), words(output))
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
