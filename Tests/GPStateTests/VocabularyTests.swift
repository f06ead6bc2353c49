import ClusterModel
import ClusterOperations
import Reporting
import TestSupport
import Testing

@testable import GPState

@Suite("The words of Greenplum 6")
struct VocabularyTests {
    private func texts(_ mode: StatusMode, standby: Bool) throws -> [String] {
        var facts = try SampleCluster.small { rows in
            guard standby else { return }
            rows.append(SampleCluster.segment(9, -1, .mirror, host: "smdw", port: 6001, directory: "/data/s"))
        }
        facts.vocabulary = .greenplum6
        let report = mode.report(of: facts)
        return report.lines.map { $0.text.split(separator: " ").joined(separator: " ") } + report.plainLines
    }

    @Test("no report says coordinator", arguments: StatusMode.allCases, [true, false])
    func nowhere(mode: StatusMode, standby: Bool) throws {
        #expect(try !texts(mode, standby: standby).contains { $0.lowercased().contains("coordinator") })
    }

    @Test(
        "the labels are those of Greenplum 6",
        arguments: [
            (StatusMode.brief, ["Master instance = Active", "Master standby = smdw"]),
            (.brief, ["Standby master state = Standby host passive"]),
            (.brief, ["Total primary segment valid (at master) = 2", "Total mirror segment failures (at master) = 0"]),
            (
                .detailed,
                [
                    "-Master Configuration & Status", "Master host = cdw", "Master postgres process ID = 1001",
                    "Master data directory = /data/c", "Master port = 6000", "Master current role = dispatch",
                ]
            ),
            (.quick, ["-Quick Greenplum database status from Master instance only"]),
            (.ports, ["-Master segment instance /data/c port = 6000"]), (.standby, ["Standby master details"]),
        ])
    func labels(mode: StatusMode, expected: [String]) throws {
        let texts = try texts(mode, standby: true)
        for line in expected { #expect(texts.contains(line)) }
    }

    @Test("a missing standby is said in its words")
    func withoutStandby() throws {
        #expect(try texts(.brief, standby: false).contains("Master standby = No master standby configured"))
        #expect(try texts(.standby, standby: false).contains("Standby master instance not configured"))
    }

    @Test("the table runs on the master, and the start-up names it")
    func keyword() throws {
        #expect(try texts(.sampleTable, standby: true).contains { $0.hasSuffix("' ON MASTER") })
        let preamble = ClusterVersions.lines(local: "a", server: "b", word: Vocabulary.greenplum6.word)
        #expect(
            preamble.dropFirst() == [
                "master Greenplum Version: 'b'", "Obtaining Segment details from master...",
            ])
    }

    @Test("columns shrink with the labels")
    func widths() throws {
        var facts = try SampleCluster.small()
        facts.vocabulary = .greenplum6
        #expect(DetailedReport(facts).lines[3].text == "   Master host                    = cdw")
    }
}
