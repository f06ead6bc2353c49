import ClusterModel
import ClusterOperations
import Glibc
import TestSupport
import Testing

@testable import GPState

@Suite("Metrics as text")
struct MetricsTextTests {
    /// Everything there is a metric for, in one cluster.
    static func everything() throws -> MonitorFacts {
        var facts = try MonitoredCluster.healthy { rows in
            for index in rows.indices where rows[index].content == ContentID(3) {
                rows[index].mode = .notInSync
                if rows[index].role == .mirror { rows[index].status = .down }
            }
        }
        facts.instances[DatabaseID(5)]?.growth = WALGrowth(bytes: 3 << 20, seconds: 1.5)
        facts.instances[DatabaseID(5)]?.slotLimit = 64 << 30
        facts.instances[DatabaseID(5)]?.rebuild = MirrorRebuild(kind: .copying, started: nil)
        facts.recoveries = RecoveryProgress.parse("full:9:1164848/1371715 kB (84%)")
        facts.hosts["cdw"] = .failure(GatherFailure(OperationError("cdw: no")))
        return facts
    }

    @Test("tell what the facts say, in base units")
    func values() throws {
        let samples = try ExpositionReader.read(ClusterMetrics(facts: try Self.everything()).text)
        #expect(samples.values("gpha_coordinator_up") == [1])
        #expect(samples.values("gpha_catalog_age_seconds") == [0])
        #expect(samples.values("gpha_segment_up", ["content": "3", "port": "7103"]) == [0])
        #expect(samples.values("gpha_segment_up").reduce(0, +) == 7)
        #expect(samples.values("gpha_segment_in_sync", ["content": "3"]) == [0, 0])
        #expect(samples.values("gpha_segment_primary", ["dbid": "2"]) == [1])
        #expect(samples.values("gpha_segment_in_preferred_role").allSatisfy { $0 == 1 })
        #expect(samples.values("gpha_replication_lag_bytes", ["content": "0", "stage": "replayed"]) == [4096])
        #expect(samples.values("gpha_replication_lag_bytes", ["content": "-1", "stage": "sent"]) == [0])
        #expect(samples.values("gpha_replication_lag_bytes", ["content": "3"]) == [])
        #expect(samples.values("gpha_replication_streaming", ["content": "3"]) == [0])
        #expect(samples.values("gpha_replication_slot_retained_bytes", ["dbid": "5"]) == [1_048_576])
        #expect(samples.values("gpha_replication_slot_active", ["dbid": "5"]) == [0])
        #expect(samples.values("gpha_replication_slot_limit_bytes") == [68_719_476_736])
        #expect(samples.values("gpha_wal_growth_bytes_per_second") == [2_097_152])
        #expect(samples.values("gpha_recovery_completed_bytes", ["dbid": "9", "type": "full"]) == [1_192_804_352])
        #expect(samples.values("gpha_mirror_rebuild", ["dbid": "9", "type": "copying"]) == [1])
        #expect(samples.values("gpha_content_copies", ["content": "3"]) == [1])
        #expect(samples.values("gpha_content_copies").sorted() == [1, 2, 2, 2, 2])
        #expect(samples.values("gpha_host_loss_lethal", ["hostname": "sdw2"]) == [1])
        #expect(samples.values("gpha_host_loss_lethal", ["hostname": "sdw1"]) == [0])
        #expect(samples.values("gpha_fts_up") == [1])
        #expect(samples.values("gpha_fts_last_probe_age_seconds") == [2.5, 2.5, 2.5, 2.5])
        #expect(samples.values("gpha_standby_in_sync") == [1])
        #expect(samples.values("gpha_host_up", ["hostname": "cdw"]) == [0])
        #expect(samples.values("gpha_filesystem_avail_bytes", ["hostname": "sdw1"]) == [Double(70 << 30)])
    }

    @Test("say in a metric that the coordinator is down, and have the rest of what is still known")
    func coordinatorDown() throws {
        var facts = try Self.everything()
        facts.coordinator = .silent("no")
        facts.catalogAge = 61
        facts.instances[DatabaseID(1)] = nil
        facts.isServiceRunning = nil
        let samples = try ExpositionReader.read(ClusterMetrics(facts: facts).text)
        #expect(samples.values("gpha_coordinator_up") == [0])
        #expect(samples.values("gpha_catalog_age_seconds") == [61])
        #expect(samples.values("gpha_segment_up").count == 8)
        #expect(samples.values("gpha_content_copies", ["content": "-1"]) == [])
        #expect(samples.values("gpha_standby_in_sync") == [] && samples.values("gpha_standby_up") == [1])
        facts.configuration = nil
        let blind = try ExpositionReader.read(ClusterMetrics(facts: facts).text)
        #expect(Set(blind.map(\.name)) == ["gpha_coordinator_up", "gpha_collect_duration_seconds"])
    }

    @Test("escape what a label may not hold, and come back as they were")
    func escaping() throws {
        var family = MetricFamily("gpha_x", "A \\ and a\nbreak.")
        let hostile = "a\"b\\c\nd}e,f=\"g\" é"
        family.add(1.5, [("mountpoint", hostile), ("hostname", "")])
        let text = MetricFamily.text([family])
        #expect(text.hasPrefix("# HELP gpha_x A \\\\ and a\\nbreak.\n# TYPE gpha_x gauge\ngpha_x{mountpoint="))
        #expect(try ExpositionReader.read(text).first?.labels == ["mountpoint": hostile, "hostname": ""])
        #expect(MetricFamily.text([MetricFamily("gpha_empty", "None.")]) == "")
    }

    @Test("have numbers that the format knows")
    func numbers() {
        let texts = [0, 1, -3, 0.5, 0.0004, 1e14, 68_719_476_736, 1e18, .infinity, -.infinity, .nan].map {
            PlainNumber.text($0)
        }
        #expect(
            texts == [
                "0", "1", "-3", "0.5", "0", "100000000000000", "68719476736", "1e+18", "+Inf", "-Inf", "NaN",
            ])
    }

    @Test(
        "that break the format are refused by the reader of these tests",
        arguments: [
            "", "gpha_x 1\n", "# HELP gpha_x A.\n# TYPE gpha_x gauge\ngpha_x 1", "# TYPE gpha_x gauge\ngpha_x 1\n",
            "# HELP gpha_x A.\ngpha_x 1\n", "# HELP gpha_x\n# TYPE gpha_x gauge\ngpha_x 1\n",
            "# HELP gpha_x A.\n# TYPE gpha_x gauge\ngpha_y 1\n", "# HELP gpha_x A.\n# TYPE gpha_x gouge\ngpha_x 1\n",
            "# HELP gpha_x A.\n# TYPE gpha_x gauge\ngpha_x one\n", "# HELP gpha_x A.\n# TYPE gpha_x gauge\ngpha_x  1\n",
            "# HELP gpha_x A.\n# TYPE gpha_x gauge\ngpha_x 1\ngpha_x 2\n",
            "# HELP gpha_x A.\n# TYPE gpha_x gauge\ngpha_x{a=\"1\"b=\"2\"} 1\n",
            "# HELP gpha_x A.\n# TYPE gpha_x gauge\ngpha_x{a=\"1\",a=\"2\"} 1\n",
            "# HELP gpha_x A.\n# TYPE gpha_x gauge\ngpha_x{a=1} 1\n",
            "# HELP gpha_x A.\n# TYPE gpha_x gauge\ngpha_x{a=\"\\t\"} 1\n",
            "# HELP gpha_x A.\n# TYPE gpha_x gauge\ngpha_x{a=\"1} 1\n",
            "# HELP gpha_x A.\n# TYPE gpha_x gauge\ngpha_x{1a=\"1\"} 1\n",
            "# HELP gpha-x A.\n# TYPE gpha-x gauge\ngpha-x 1\n",
            "# HELP gpha_x_total A.\n# TYPE gpha_x_total gauge\ngpha_x_total 1\n",
            "# HELP gpha_x_ms A.\n# TYPE gpha_x_ms gauge\ngpha_x_ms 1\n",
            "# HELP gpha_x A.\n# TYPE gpha_x gauge\n\ngpha_x 1\n",
            "# HELP gpha_x A.\n# TYPE gpha_x gauge\ngpha_x 1\n# HELP gpha_y B.\n# TYPE gpha_y gauge\ngpha_y 1\n"
                + "# HELP gpha_x A.\n# TYPE gpha_x gauge\ngpha_x{a=\"1\"} 1\n",
        ])
    func refused(_ text: String) {
        #expect(throws: ExpositionReader.Malformed.self) { try ExpositionReader.read(text) }
    }

    static var promtool: String? {
        let path: String = getenv("PATH").map { text in String(cString: text) } ?? ""
        let programs: [String] = path.split(separator: ":").map { directory in "\(directory)/promtool" }
        return programs.first { program in access(program, X_OK) == 0 }
    }

    @Test(
        "pass promtool, complaints of its linter included", .enabled(if: promtool != nil, "needs Debian's prometheus"))
    func promtoolCheck() async throws {
        let text = ClusterMetrics(facts: try Self.everything()).text
        let run = try await FinishedProgram.run([try #require(Self.promtool), "check", "metrics"], input: text)
        #expect(run.status == 0 && run.error == "", "\(run.output)\(run.error)")
    }
}
