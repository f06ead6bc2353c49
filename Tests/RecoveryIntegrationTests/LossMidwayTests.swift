import ClusterModel
import EmbeddedCluster
import Glibc
import RemoteShell
import TestClusters
import TestSupport
import Testing

extension OnOneCluster {
    /// What a copy needs goes away while it is made.
    @Suite struct LossMidwayTests {
        @Test func `a primary that dies during the copy of its mirror costs that segment alone`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let (lost, other) = (try await cluster.mirror(2), try await cluster.mirror(0))
            for mirror in [lost, other] { try await cluster.demo.stop(mirror, mode: "immediate") }
            try await cluster.awaitDown([lost, other])
            let before = try await cluster.contentSum(lost.dataDirectory)
            let file = "\(cluster.demo.directory)/home/both"
            try await cluster.shell(
                "printf '%s %s\\n%s\\n' \"$1\" \"$1\" \"$2\" > \"$3\"", [lost.fileForm, other.fileForm, file])
            let primary = try await cluster.primary(2)
            let process = try #require(cluster.demo.process(of: primary))
            async let running = cluster.recover(["-i", file, "--max-rate", "2M"])
            await cluster.expectCopying(lost)
            try await Task.sleep(for: .seconds(1))
            kill(process, SIGKILL)
            let output = try await running
            #expect(output.status == 1, words(output))
            #expect(output.standardOutput.contains("port: \(lost.port); logfile: "), words(output))
            let told = output.standardOutput.split(separator: "recoverytype: full; error: ").last ?? ""
            #expect(told.hasPrefix("pg_basebackup: error: ") || told.hasPrefix("error: "), words(output))
            #expect(try await cluster.mirror(0).status == .up)
            #expect(try await cluster.contentSum(lost.dataDirectory) == before)
            await cluster.expectNoPrograms()
            try await cluster.startAgain(primary)
            let second = try await cluster.recover(["-F", "--wait"])
            #expect(second.status == 0, words(second))
            #expect(second.standardOutput.contains("rsync: base backup completed"), words(second))
            try await cluster.expectHealthy()
        }

        @Test func `where SSH is lost during a copy nothing goes on there, and the next run goes on with it`()
            async throws
        {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(1)
            try await cluster.lose(mirror)
            let before = try await cluster.contentSum(mirror.dataDirectory)
            async let running = cluster.recover(["-F", "--max-rate", "2M"])
            await cluster.expectCopying(mirror)
            try await Task.sleep(for: .seconds(1))
            try await cluster.cutConnections(of: mirror.hostname)
            let output = try await running
            #expect(output.status == 1, words(output))
            #expect(
                output.standardOutput.contains(" hostname: \(mirror.hostname); port: \(mirror.port)"), words(output))
            await cluster.expectNoPrograms()
            #expect(try await cluster.contentSum(mirror.dataDirectory) == before)
            #expect(try await cluster.mirror(1).status == .down)
            try cluster.startSecureShells()
            let second = try await cluster.recover(["-F", "--wait"])
            #expect(second.status == 0, words(second))
            try await cluster.expectHealthy()
        }

        @Test func `a coordinator that is restarted during a copy costs nothing`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(0)
            try await cluster.lose(mirror)
            async let running = cluster.recover(["-F", "--max-rate", "4M", "--wait"])
            await cluster.expectCopying(mirror)
            let coordinator = try #require(
                try await cluster.demo.instances().first { $0.isCoordinatorPair && $0.role == .primary })
            try await cluster.demo.stop(coordinator)
            try await Task.sleep(for: .seconds(1))
            try await cluster.demo.start(coordinator)
            let output = try await running
            #expect(output.status == 0, words(output))
            try await cluster.expectHealthy()
        }

        @Test(.enabled(if: geteuid() == 0, "a file system of one's own needs root"))
        func `a disk that fills up during a copy leaves the old one, and with room the next run finishes`()
            async throws
        {
            let cluster = try await RecoveryCluster.healthy()
            let parent = "\(cluster.demo.directory)/small"
            try await cluster.shell("mkdir \"$1\"", [parent])
            // Room for a segment and its copy, each with its WAL.
            let size = TestEngine.isGreenplum ? "800m" : "400m"
            try #require(
                try runProgram(["/bin/mount", "-t", "tmpfs", "-o", "size=\(size),mode=777", "gpha-test", parent]) == 0)
            do {
                try cluster.showMounts()
                try await fillUp(cluster, parent)
            } catch {
                try runProgram(["/bin/umount", "-l", parent])
                throw error
            }
            #expect(try runProgram(["/bin/umount", parent]) == 0)
            try cluster.showMounts()
            try await cluster.shell("rmdir \"$1\"", [parent])
            try await cluster.expectHealthy()
        }

        /// Moves a mirror to the small file system, fills that up during a copy, and moves the mirror back.
        private func fillUp(_ cluster: RecoveryCluster, _ parent: String) async throws {
            let home = try await cluster.mirror(1)
            var mirror = home
            mirror.dataDirectory = parent + "/seg"
            try await cluster.move(home, to: mirror)
            try await cluster.lose(mirror)
            let before = try await cluster.contentSum(mirror.dataDirectory)
            async let running = cluster.recover(["-F", "--max-rate", "12M"])
            let filled = try await cluster.shell(
                """
                left=150; old=`du -sk --exclude=pg_wal "$1/seg" | cut -f 1`
                until [ "`du -sk --exclude=pg_wal "$1/seg.gpha-new" 2>/dev/null | cut -f 1`" -ge $((old / 2)) ] 2>/dev/null; do
                  [ $left -gt 0 ] || exit 1
                  left=$((left - 1)); sleep 0.1
                done
                dd if=/dev/zero of="$1/filler" bs=64k 2>/dev/null; [ -s "$1/filler" ]
                """, [parent])
            let output = try await running
            #expect(filled.succeeded, "half of the copy never came")
            #expect(output.status == 1, words(output))
            #expect(output.standardOutput.contains("No space left on device"), words(output))
            #expect(try await cluster.contentSum(mirror.dataDirectory) == before)
            #expect(try await cluster.mirror(1).status == .down)
            try await cluster.shell("rm \"$1/filler\"", [parent])
            let second = try await cluster.recover(["-F", "--wait"])
            #expect(second.status == 0, words(second))
            try await cluster.move(mirror, to: home)
        }
    }
}

extension RecoveryCluster {
    /// One sum over names and content of a directory's files.
    func contentSum(_ directory: String) async throws -> String {
        let output = try await shell(
            "cd \"$1\" && find . -type f -exec md5sum {} + | sort | md5sum", [directory])
        try #require(output.succeeded, words(output))
        return output.standardOutput
    }

    /// Kills a host's sshd and the processes of its open connections.
    func cutConnections(of host: String) async throws {
        // Those of the cluster's account, and with root's rights those that watch over them.
        try runProgram([
            "/bin/sh", "-c",
            """
            listener=`cat "$1/sshd.pid"`; all=
            for one in `pgrep -P "$listener"`; do all="$all $one `pgrep -P "$one" sshd`"; done
            kill -9 $listener $all 2>/dev/null; exit 0
            """, "sh", demo.state.layout.hostDirectory(host),
        ])
    }

    /// Starts an instance whose postmaster was killed, once its children are gone.
    func startAgain(_ instance: Segment) async throws {
        for _ in 0..<20 {
            if (try? await demo.start(instance)) != nil { return }
            try await Task.sleep(for: .milliseconds(300))
        }
        try await demo.start(instance)
    }

    /// Moves a mirror with an input file and waits until it is in sync there.
    func move(
        _ mirror: Segment, to place: Segment, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let file = "\(demo.directory)/home/move"
        try await shell("printf '%s %s\\n' \"$1\" \"$2\" > \"$3\"", [mirror.fileForm, place.fileForm, file])
        let output = try await recover(["-i", file, "--wait"])
        try #require(output.status == 0, words(output), sourceLocation: sourceLocation)
    }
}
