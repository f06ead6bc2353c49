import ClusterModel
import Reporting
import TestSupport
import Testing

@testable import GPState

@Suite("gpstate -e")
struct ProblemsReportTests {
    @Test("without mirrors it says so, asks nobody and exits 1")
    func withoutMirrors() throws {
        let report = ProblemsReport(try SampleCluster.small { $0.removeAll { $0.role == .mirror } })
        #expect(report.lines == [.info("Physical mirroring is not configured")])
        #expect(report.exitStatus == 1)
        #expect(report.json["summary"]["mirroring_configured"] == .bool(false))
    }

    @Test("nothing wrong is said in one sentence, exit 0")
    func healthy() throws {
        let report = ProblemsReport(try SampleCluster.small())
        #expect(report.lines.last == .info("All segments are running normally"))
        #expect(report.exitStatus == 0)
    }

    @Test("switched roles alone give their section and exit 1")
    func switched() throws {
        let report = ProblemsReport(
            try SampleCluster.small { rows in
                rows[1].role = .mirror
                rows[3].role = .primary
            })
        #expect(
            report.lines.suffix(4) == [
                .rule(), .info("Segments with Primary and Mirror Roles Switched"),
                .info("   Current Primary   Port   Mirror   Port"),
                .info("   sdw2              7001   sdw1     7000"),
            ])
        #expect(report.exitStatus == 1)
        #expect(report.json["summary"]["switched_contents"] == .array([.int(0)]))
    }

    @Test("a mirror that is not synchronous is listed with its bytes, unknown without a row")
    func unsynchronized() throws {
        var facts = try SampleCluster.small()
        facts.synchronization[ContentID(0)] = .answered([SynchronizationRow(bytes: 4096, syncState: "async")])
        facts.synchronization[ContentID(1)] = .answered([])
        let report = ProblemsReport(facts)
        #expect(
            report.lines.suffix(3) == [
                .info("   Current Primary   Port   WAL sync remaining bytes   Mirror   Port"),
                .info("   sdw1              7000   4096                       sdw2     7001"),
                .info("   sdw2              7000   Unknown                    sdw1     7001"),
            ])
        #expect(report.json["pairs"][0]["synchronization"]["bytes"] == .int(4096))
        #expect(report.json["pairs"][1]["synchronization"]["bytes"].isNull)
    }

    @Test("a primary that does not answer is warned of twice and is no unsynchronized pair")
    func notAnswering() throws {
        var facts = try SampleCluster.small()
        facts.replication[ContentID(1)] = .failed(reason: nil)
        facts.synchronization[ContentID(1)] = .failed(reason: nil)
        let report = ProblemsReport(facts)
        #expect(report.lines.count { $0 == .warning("could not query segment 3 (sdw2:7000)") } == 2)
        #expect(report.unsynchronized.isEmpty)
        #expect(report.exitStatus == 0)
    }

    @Test("the complaint about synchronous commit comes after the switched pairs")
    func complaintAfterSwitched() throws {
        var facts = try SampleCluster.small { rows in
            rows[1].role = .mirror
            rows[3].role = .primary
        }
        facts.synchronization[ContentID(0)] = .failed(reason: nil)
        let lines = ProblemsReport(facts).lines
        let title = try #require(lines.firstIndex(of: .info("Segments with Primary and Mirror Roles Switched")))
        let complaint = try #require(lines.lastIndex { $0.text.hasPrefix("could not query segment") })
        #expect(title < complaint)
        #expect(lines.prefix(title).count { $0.text.hasPrefix("could not query segment") } == 0)
    }

    @Test("a recovery is shown in the order of the array, after the downed segments")
    func recovering() throws {
        var facts = try SampleCluster.small { rows in
            for index in 1...4 { rows[index].mode = .notInSync }
            for index in [3, 4] { rows[index].status = .down }
        }
        facts.recoveries = RecoveryProgress.parse("incremental:5:10/20 kB (50%)\nfull:4:17164848/137171500 kB (12%)")
        let report = ProblemsReport(facts)
        #expect(
            report.lines.suffix(5) == [
                .rule(), .info("Segments in recovery"),
                .info(
                    "   Segment   Port   Recovery type   Completed bytes (kB)   Total bytes (kB)   Percentage completed"
                ),
                .info("   sdw2      7001   full            17164848               137171500          12%"),
                .info("   sdw1      7001   incremental     10                     20                 50%"),
            ])
        #expect(report.json["recoveries"][0]["percent"] == .int(12))
    }

    @Test("the block about an unavailable database stands between downed segments and recoveries")
    func doubleFault() throws {
        var facts = try SampleCluster.small { rows in
            for index in [1, 3] { rows[index].mode = .notInSync }
            rows[3].status = .down
        }
        facts.instances[DatabaseID(2)] = .failed(.unreachable(address: "sdw1"))
        facts.recoveries = RecoveryProgress.parse("full:4:1/2 kB (50%)")
        let texts = ProblemsReport(facts).lines.map(\.text)
        let block = try #require(texts.firstIndex(of: "DATABASE IS PROBABLY UNAVAILABLE"))
        let downed = try #require(texts.firstIndex { $0.hasPrefix("Downed Segments") })
        let recovery = try #require(texts.firstIndex(of: "Segments in recovery"))
        #expect(downed < block && block < recovery)
    }
}
