import ClusterModel
import EmbeddedCluster
import Glibc
import RemoteShell
import TestSupport
import Testing

extension OnClusters.SmallCluster {
    @Suite struct LockTests {
        @Test func `a second run at the same time is refused with the original's two lines`() async throws {
            let cluster = try await TestCluster.fresh()
            let lock = "\(cluster.coordinatorDirectory)/gpaddmirrors.lock"
            var second: CommandOutput?
            let first = try await cluster.runPaused(answer: "n") {
                second = try await cluster.addMirrors()
                // Planning writes nothing and takes no lock.
                #expect(try await cluster.addMirrors(["--dry-run"]).status == 0)
            }
            let refused = try #require(second)
            #expect(refused.status == 2, words(refused))
            let text = refused.standardOutput + refused.standardError
            #expect(
                text.contains(
                    "Lockfile \(lock) indicates that an instance of gpaddmirrors is already running with PID "))
            #expect(text.contains("If this is not the case, remove the lockfile directory at \(lock)"))
            #expect(first.status == 4, words(first))
            #expect(try await cluster.mirrors() == [])
            try await cluster.expectNothingLeft()
        }

        @Test func `the lock of a process that is gone does not stop anybody`() async throws {
            let cluster = try await TestCluster.fresh()
            let killed = try await cluster.addMirrors(environment: ["GPHA_KILL_AT": "locked"])
            #expect(killed.status == 128 + Int(SIGKILL), words(killed))
            #expect(Files.exists("\(cluster.coordinatorDirectory)/gpaddmirrors.lock/PID"))
            try await cluster.expectNextRunFinishes()
        }

        @Test(arguments: ["gprecoverseg", "gpmovemirrors"])
        func `another tool that changes mirrors must end first`(_ tool: String) async throws {
            let cluster = try await TestCluster.fresh()
            let lock = "\(cluster.coordinatorDirectory)/\(tool).lock"
            let before = try await cluster.everythingWritable()
            try await cluster.shell("mkdir \"$1\" && printf '%s' \"$2\" > \"$1/PID\"", [lock, "\(getpid())"])
            let output = try await cluster.addMirrors()
            try await cluster.shell("rm -r \"$1\"", [lock])
            #expect(output.status == 2, words(output))
            #expect(
                (output.standardOutput + output.standardError).contains(
                    "indicates that an instance of \(tool) is already running with PID \(getpid())"), words(output))
            #expect(try await cluster.everythingWritable() == before)
        }
    }
}
