import ClusterModel
import Testing

@testable import GPState

@Suite("Rows for an external table")
struct SegmentRowsTests {
    @Test("a separator or a line break inside a value cannot forge a field or a row")
    func separators() throws {
        var facts = try SampleCluster.small { $0[1].dataDirectory = "/data/a|b" }
        facts.instances[DatabaseID(2)] = .fetched(SampleCluster.up(pid: 1, version: "x|y\nz"))
        let rows = SegmentRowsReport(facts).plainLines
        #expect(rows.count == 4)
        #expect(rows[0].contains("/data/a_b|7000|") && rows[0].hasSuffix("|x_y z"))
        #expect(rows.allSatisfy { $0.count(where: { $0 == "|" }) == 18 })
    }

    @Test("facts that are missing are empty fields")
    func missing() throws {
        var facts = try SampleCluster.small()
        facts.instances[DatabaseID(2)] = .failed(.unreachable(address: "sdw1"))
        facts.instances[DatabaseID(3)] = .fetched(
            InstanceStatus(pid: 7, pidError: "No lock file", hasPidFile: true, databaseStatus: .up))
        let rows = SegmentRowsReport(facts).plainLines
        #expect(
            rows[0]
                == "2|0|sdw1|sdw1|/data/p0|7000|Primary|Primary|Synchronized||Up|Unknown -- unable to load segment status"
                + "|t|Error getting status from host sdw1|||||")
        #expect(rows[2].hasSuffix("|Process error -- database process may be down|t||t|7|f||"))
    }

    @Test("without mirrors the mirror status says so")
    func withoutMirrors() throws {
        let facts = try SampleCluster.small { $0.removeAll { $0.role == .mirror } }
        #expect(SegmentRowsReport(facts).plainLines[0].contains("|Physical replication not configured|"))
    }
}
