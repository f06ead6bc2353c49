import ClusterModel
import EmbeddedCluster
import Glibc
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import GPRecoverSeg

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

        @Test func `a full copy is a new one after a differential recovery that broke off`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(0)
            try await cluster.lose(mirror)
            let first = try await cluster.recover(
                ["--differential", "--max-rate", "500k"], environment: ["GPHA_KILL_AT": RecoveryStep.copyBegun.rawValue]
            )
            #expect(first.status == 128 + Int(SIGKILL), words(first))
            await cluster.expectNoPrograms()
            let marks = try await cluster.leftovers().filter { $0.hasSuffix(".gpha-copy") }
            #expect(marks.count == 1, "it never began")
            let second = try await cluster.recover(["-F", "--wait"])
            #expect(second.status == 0, words(second))
            #expect(second.standardOutput.contains("pg_basebackup: base backup completed"), words(second))
            try await cluster.expectHealthy()
        }

        @Test func `a swap that was only announced is no full copy`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(2)
            try await cluster.lose(mirror)
            try await cluster.markBeside(mirror, "swap", ["old \(mirror.dataDirectory).gpha-old-earlier"])
            let output = try await cluster.recover(["-F", "--wait"])
            #expect(output.status == 0, words(output))
            #expect(output.standardOutput.contains("pg_basebackup: base backup completed"), words(output))
            try await cluster.expectHealthy()
        }

        @Test func `a rewind that was cut off before it wrote anything is done again`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let old = try await cluster.primary(2)
            try await cluster.lose(old)
            let story = "\(cluster.demo.directory)/home/story"
            try await cluster.shell("echo 'pg_rewind: connected to server' > \"$1\"", [story])
            let boot = try await cluster.shell("cat /proc/sys/kernel/random/boot_id")
            try await cluster.markBeside(
                old, "copy",
                ["method rewind", "story \(story)", "boot \(boot.standardOutput.filter { !$0.isWhitespace })"])
            let output = try await cluster.recover(["--wait"])
            #expect(output.status == 0, words(output))
            #expect(output.standardOutput.contains("pg_rewind: Done!"), words(output))
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
            await cluster.expectCopying(moved)
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

extension RecoveryCluster {
    /// Writes a hidden file beside a segment's directory, as an earlier run would have left it.
    fileprivate func markBeside(_ segment: Segment, _ kind: String, _ lines: [String]) async throws {
        let source = try await primary(segment.content.rawValue)
        let system = try await value("SELECT system_identifier FROM pg_control_system()", on: source)
        let mark = CopyMark(run: "earlier", content: segment.content, dbid: segment.dbid, systemIdentifier: system)
        try await shell(
            "file=\"${1%/*}/.${1##*/}.gpha-$2\"; shift 2; printf '%s\\n' \"$@\" > \"$file\"",
            [segment.dataDirectory, kind, mark.text] + lines)
    }
}
