import ClusterModel
import Reporting
import TestSupport
import Testing

@testable import GPState

@Suite("--advise")
struct AdviceReportTests {
    @Test("tells a healthy cluster's layout and has nothing to do")
    func healthy() throws {
        let report = AdviceReport(
            try SampleCluster.small {
                $0.append(SampleCluster.segment(8, -1, .mirror, host: "scdw", port: 6000, directory: "/data/s"))
            })
        #expect(report.exitStatus == 0)
        #expect(report.lines.allSatisfy { $0.level == .info })
        let texts = report.lines.map(\.text)
        for line in [
            "   Layout                                  = pairs (group mirroring, two hosts each)",
            "   Hosts with segments                     = 2", "   Contents                                = 2",
            "   Contents with both copies on one host   = 0",
            "   Most primaries on a host                = 1 (sdw1, sdw2)",
            "   Most after the loss of any one host     = 2",
            "   Two-host losses that stop the cluster   = 1 of 1 (100.0 %)",
            "   sdw1, sdw2   2                     another host   0", "   nothing",
        ] { #expect(texts.contains(line), "\(line)") }
    }

    @Test("tells what is exposed and what to type")
    func exposed() throws {
        let report = AdviceReport(
            try SampleCluster.small { rows in
                for index in rows.indices where rows[index].content == ContentID(0) {
                    rows[index].mode = .notInSync
                    if rows[index].role == .mirror { rows[index].status = .down }
                }
            })
        #expect(report.exitStatus == 1)
        let lines = report.lines
        #expect(lines.contains(.warning("   content 0: the mirror sdw2:7001 is down")))
        #expect(lines.contains(.warning("   the coordinator has no standby")))
        #expect(lines.contains(.warning("sdw1        1                     sdw2   1 (0)           <<<<<<<<")))
        #expect(lines.contains(.info("   gprecoverseg              brings 1 mirror(s) back")))
        #expect(lines.contains(.info("   gpinitstandby -s <host>   makes a standby on another host")))
    }

    @Test("has a document whose members docs/json.md names")
    func document() throws {
        let page = try Fixture.text("../../../docs/json.md")
        let report = AdviceReport(try SampleCluster.small())
        let advice = report.json["advice"]
        #expect(report.json["mode"] == .string("advise"))
        #expect(advice["layout"] == .string("pairs") && advice["block_size"].isNull)
        #expect(advice["host_losses"][0]["busiest_hosts"] == .array([.string("sdw2")]))
        #expect(advice["exposed"][0]["kind"] == .string("no_standby"))
        #expect(advice["exposed"][0]["content"].isNull)
        #expect(advice["steps"][0]["command"] == .string("gpinitstandby -s <host>"))
        let names = advice.names + ["host_losses", "exposed", "steps"].flatMap { advice[$0][0].names }
        for name in names { #expect(page.contains("`\(name)`"), "\(name)") }
    }

    @Test("is in docs/json.md as it is printed")
    func example() throws {
        let page = try Fixture.text("../../../docs/json.md")
        let section = page.split(separator: "### ADVICE").last.map(String.init) ?? ""
        let start = try #require(section.firstRange(of: "    {\n"))
        let block = section[start.lowerBound...].split(separator: "\n", omittingEmptySubsequences: false)
            .prefix { $0.hasPrefix("    ") }
        let example = try JSONReader.read(block.joined(separator: "\n"))
        #expect(example == AdviceReport(try SampleCluster.small()).json["advice"])
    }
}
