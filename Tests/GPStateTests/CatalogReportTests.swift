import ClusterModel
import Reporting
import TestSupport
import Testing

@testable import GPState

@Suite("Reports of the catalog alone")
struct CatalogReportTests {
    private func unmirrored() throws -> ClusterFacts {
        try SampleCluster.small { $0.removeAll { $0.role == .mirror } }
    }

    @Test("-m without mirrors is three warnings and exit 0")
    func mirrorsNotUsed() throws {
        let report = MirrorsReport(try unmirrored())
        let rule = String(repeating: "-", count: 61)
        #expect(report.lines == [.warning(rule), .warning("Mirror not used"), .warning(rule)])
        #expect(report.exitStatus == 0)
    }

    @Test("-m: a failed primary whose mirror acts is no failed mirror")
    func actingMirror() throws {
        let report = MirrorsReport(
            try SampleCluster.small { rows in
                for index in [1, 3] { rows[index].mode = .notInSync }
                rows[1].role = .mirror
                rows[1].status = .down
                rows[3].role = .primary
            })
        #expect(
            report.lines.suffix(2) == [
                .warning("1 segment(s) configured as mirror(s) are acting as primaries"),
                .warning("1 mirror segment(s) acting as primaries are not synchronized"),
            ])
        #expect(report.exitStatus == 0)
    }

    @Test("-c without mirrors lists the primaries")
    func primariesOnly() throws {
        let rule = ReportLine.rule(61)
        #expect(
            MappingReport(try unmirrored()).lines == [
                rule, .info("-Primary list [Mirror not used]"), rule, .info("   Primary   Datadir    Port"),
                .info("   sdw1      /data/p0   7000"), .info("   sdw2      /data/p1   7000"), rule,
            ])
    }

    @Test("-c names the preferred primary first when roles are switched")
    func switchedMapping() throws {
        let lines = MappingReport(
            try SampleCluster.small { rows in
                rows[1].role = .mirror
                rows[3].role = .primary
            }
        ).lines
        #expect(
            lines[5].text
                == "   Mirror Active, Primary Available   Synchronized   sdw1      /data/p0   7000   sdw2     /data/m0   7001"
        )
        #expect(lines.last == .warning("1 segment(s) configured as mirror(s) are acting as primaries"))
    }

    @Test("-c tells a missing copy from a failed one")
    func missingMirror() throws {
        let report = MappingReport(
            try SampleCluster.small { rows in
                rows[1].mode = .notInSync
                rows.remove(at: 3)
            })
        #expect(report.lines.contains { $0.level == .warning && $0.text.hasPrefix("Primary Active, Mirror Missing") })
        #expect(report.json["pairs"][0]["mirror"].isNull)
        #expect(report.json["pairs"][0]["synchronized"] == .bool(false))
    }

    @Test("two mirrors of one host on one host make a group")
    func layout() throws {
        #expect(try SampleCluster.small().configuration.guessedLayout == .spread)
        #expect(try SampleCluster.healthy().configuration.guessedLayout == .group)
        let switched = try SampleCluster.small { rows in
            rows[2].hostname = "sdw1"
            rows[4].hostname = "sdw2"
            rows[2].role = .mirror
            rows[4].role = .primary
        }
        #expect(switched.configuration.guessedLayout == .group)
    }

    @Test("-Q counts segments alone and exits 1 when one is down")
    func quick() throws {
        let healthy = QuickReport(try SampleCluster.healthy())
        #expect(healthy.up == 6)
        #expect(healthy.exitStatus == 0)
        let down = QuickReport(try SampleCluster.small { $0[3].status = .down })
        #expect(down.exitStatus == 1)
        #expect(down.json["summary"]["down_dbids"] == .array([.int(4)]))
    }

    @Test("-p shows the directory as it was given")
    func givenDirectory() throws {
        var facts = try SampleCluster.small()
        facts.coordinatorDirectory = "./c"
        #expect(PortsReport(facts).lines[0].text == "-Coordinator segment instance  ./c  port = 6000")
    }

    @Test("the sample table quotes directories that a shell would read otherwise")
    func sampleQuoting() throws {
        var facts = try SampleCluster.small()
        facts.coordinatorDirectory = "/data/it's $(here)"
        let command = SampleTableReport(facts).statements.first { $0.hasPrefix("EXECUTE") }
        // The shell's quotes, each doubled for SQL.
        #expect(command?.hasSuffix(#" -q -d ''/data/it''\''''s $(here)''' ON COORDINATOR"#) == true)
    }
}
