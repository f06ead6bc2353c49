import ClusterModel
import EmbeddedCluster
import RemoteShell
import Reporting
import TestSupport
import Testing

extension OnOneCluster {
    @Suite struct FullTests {
        @Test func `without its data directory a segment is refused with the reason, or copied with consent`()
            async throws
        {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(1)
            try await cluster.lose(mirror)
            try await cluster.shell("rm -rf \"$1\"", [mirror.dataDirectory])
            let refused = try await cluster.recover()
            #expect(refused.status == 2, words(refused))
            #expect(
                refused.standardOutput.contains(
                    "incremental recovery cannot work: its data directory \(mirror.dataDirectory) is missing; "
                        + "use -F, or --fallback full"), words(refused))
            #expect(!refused.standardOutput.contains("No segments to recover"))
            let output = try await cluster.recover(["--fallback", "full", "--wait", "--json"])
            #expect(output.status == 0, words(output))
            let document = try JSONReader.read(output.standardOutput)
            let segment = document["segments"][0]
            #expect(segment["method"] == .string("full"))
            #expect(segment["state"] == .string("started"))
            #expect(document["exit_status"] == .int(0))
            try await cluster.expectHealthy()
        }

        @Test func `where the WAL is gone the plan says so, and a full copy brings the segment back`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(2)
            try await cluster.lose(mirror)
            let primary = try await cluster.primary(2)
            try await cluster.forgetWAL(of: primary)
            let plan = try await cluster.recover(["--dry-run"])
            #expect(plan.status == 2, words(plan))
            #expect(plan.standardOutput.contains("incremental recovery cannot work: "), words(plan))
            #expect(plan.standardOutput.contains("WAL"), words(plan))
            let output = try await cluster.recover(["-F", "--wait"])
            #expect(output.status == 0, words(output))
            try await cluster.expectHealthy()
        }

        @Test func `a healthy mirror moves to another place, and back`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(0)
            var moved = mirror
            let host = try await cluster.mirror(1)
            (moved.hostname, moved.address) = (host.hostname, host.address)
            moved.port += 100
            moved.dataDirectory = "\(cluster.demo.directory)/moved/seg0"
            for (from, to) in [(mirror, moved), (moved, mirror)] {
                // On the way back the old copy is still there: it is replaced only by a good one.
                let file = "\(cluster.demo.directory)/home/moves"
                try await cluster.shell(
                    "printf '# comment\\n%s %s\\n' \"$1\" \"$2\" > \"$3\"", [from.fileForm, to.fileForm, file])
                let output = try await cluster.recover(["-i", file, "--wait"])
                #expect(output.status == 0, words(output))
                #expect(output.standardOutput.contains("Synchronization mode                 = Full"))
                let row = try await cluster.mirror(0)
                #expect(row.fileForm == to.fileForm)
                #expect(row.hostname == to.hostname)
                #expect(row.dbid == mirror.dbid)
                let history = try await cluster.value(
                    "SELECT count(*) FROM gp_configuration_history WHERE description = "
                        + "'gprecoverseg: segment config for resync: inserted segment configuration for full recovery "
                        + "or original dbid \(mirror.dbid)'")
                #expect(history == (to == moved ? "1" : "2"))
                // The same file again asks for nothing more than is there.
                let plan = try await cluster.recover(["-i", file, "--dry-run"])
                #expect(plan.standardOutput.contains("= in-place"), words(plan))
            }
            try await cluster.shell("rm -rf \"$1\"", [moved.dataDirectory])
            try await cluster.expectHealthy()
        }

        @Test func `gpstate shows a differential recovery while it runs`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let (primary, mirror) = (try await cluster.primary(1), try await cluster.mirror(1))
            try await cluster.lose(mirror)
            try await cluster.demo.query(
                "CREATE TABLE public.extra AS SELECT md5(i::text) || md5((-i)::text) AS t FROM generate_series(1, 80000) i",
                on: primary)
            async let running = cluster.recover(["--differential", "--max-rate", "2M", "--wait"])
            var state = try await cluster.tool("gpstate", ["-e"])
            for _ in 0..<40 where !state.standardOutput.contains("Segments in recovery") {
                state = try await cluster.tool("gpstate", ["-e"])
            }
            let output = try await running
            #expect(output.status == 0, words(output))
            let row = state.standardOutput.split(separator: "\n").first { $0.contains(" differential ") }
            #expect(row?.contains("\(mirror.port)") == true && row?.contains("%") == true, words(state))
            try await cluster.demo.query("DROP TABLE public.extra", on: primary)
            try await cluster.expectHealthy()
        }

        @Test func `files by content bring a segment back, and what they moved is told`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(0)
            try await cluster.lose(mirror)
            let output = try await cluster.recover(["--differential", "--wait"])
            #expect(output.status == 0, words(output))
            #expect(output.standardOutput.contains("Synchronization mode                 = Differential"))
            #expect(output.standardOutput.contains("rsync: "), words(output))
            try await cluster.expectHealthy()
        }
    }
}

extension Segment {
    /// As the input file names it.
    var fileForm: String { "\(address)|\(port)|\(dataDirectory)" }
}

extension RecoveryCluster {
    /// Makes a primary write and remove WAL, so that what a mirror lost at this moment wants is not there any more.
    func forgetWAL(of primary: Segment) async throws {
        for statement in [
            "ALTER SYSTEM SET wal_keep_size = 0", "SELECT pg_reload_conf()",
            "SELECT pg_drop_replication_slot('internal_wal_replication_slot')",
        ] { try await demo.query(statement, on: primary) }
        for _ in 0..<4 {
            try await demo.query("SELECT pg_switch_wal() FROM pg_create_restore_point('x')", on: primary)
            try await demo.query("CHECKPOINT", on: primary)
        }
        try await demo.query("ALTER SYSTEM RESET wal_keep_size", on: primary)
        try await demo.query("SELECT pg_reload_conf()", on: primary)
    }
}
