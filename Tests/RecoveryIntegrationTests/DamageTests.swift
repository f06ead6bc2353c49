import ClusterModel
import EmbeddedCluster
import Glibc
import RemoteShell
import TestClusters
import TestSupport
import Testing

extension OnOneCluster {
    /// What is there is no use, or what was begun breaks off.
    @Suite struct DamageTests {
        @Test(arguments: ["--differential", "-F"])
        func `a segment whose control file is damaged is refused with the reason, and comes back`(way: String)
            async throws
        {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(1)
            try await cluster.lose(mirror)
            // One wrong number, or no sense at all: of that PostgreSQL 12's pg_controldata dies.
            let bytes = way == "-F" ? 8192 : 8
            try await cluster.shell(
                "dd if=/dev/urandom of=\"$1/global/pg_control\" bs=\"$2\" count=1 conv=notrunc 2>/dev/null",
                [mirror.dataDirectory, "\(bytes)"])
            let reason =
                way == "-F" && TestEngine.isGreenplum
                ? "pg_controldata was ended by signal 11" : "Calculated CRC checksum"
            let before = try await cluster.contentSum(mirror.dataDirectory)
            let output = try await cluster.recover()
            #expect(output.status == 2, words(output))
            #expect(
                output.standardOutput.contains(
                    "incremental recovery cannot work: its control file cannot be read: \(reason)"),
                words(output))
            #expect(output.standardOutput.contains("use --differential, or --fallback differential"), words(output))
            #expect(try await cluster.contentSum(mirror.dataDirectory) == before)
            #expect(try await cluster.mirror(1).status == .down)
            let second = try await cluster.recover([way, "--wait"])
            #expect(second.status == 0, words(second))
            try await cluster.expectHealthy()
        }

        @Test func `a move whose copy breaks off leaves row and old place, and the same line goes on with it`()
            async throws
        {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(2)
            var moved = mirror
            moved.dataDirectory += "-moved"
            moved.port += 40
            let file = "\(cluster.demo.directory)/home/moving"
            try await cluster.shell(
                "printf '%s %s\\n' \"$1\" \"$2\" > \"$3\"", [mirror.fileForm, moved.fileForm, file])
            async let running = cluster.recover(["-i", file, "--max-rate", "2M"])
            let isCopying = await eventually(within: .seconds(30)) {
                !Processes.all(with: ["pg_basebackup", moved.dataDirectory]).isEmpty
            }
            #expect(isCopying, "no copy begins")
            try await Task.sleep(for: .seconds(1))
            for process in Processes.all(with: ["pg_basebackup", moved.dataDirectory]) { kill(process, SIGKILL) }
            let output = try await running
            #expect(output.status == 1, words(output))
            #expect(try await cluster.mirror(2).dataDirectory == mirror.dataDirectory)
            await cluster.expectNoPrograms()
            // The old place is as good as it was.
            let back = try await cluster.recover(["--wait"])
            #expect(back.status == 0, words(back))
            #expect(try await cluster.mirror(2).status == .up)
            let second = try await cluster.recover(["-i", file, "--wait"])
            #expect(second.status == 0, words(second))
            #expect(try await cluster.mirror(2).dataDirectory == moved.dataDirectory)
            try await cluster.move(moved, to: mirror)
            try await cluster.expectHealthy()
        }
    }
}
