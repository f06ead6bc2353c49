import ClusterModel
import Reporting
import TestSupport
import Testing

@testable import GPState

@Suite("JSON")
struct JSONTests {
    @Test("every mode of every recorded state is a document of the schema", arguments: StatusMode.allCases)
    func schema(mode: StatusMode) throws {
        let states = Fixture.names(in: "states").filter { $0.hasSuffix(".json") }
        #expect(states.count == 7)
        for state in states {
            let report = mode.report(of: try FedFacts.read(Fixture.text("states/\(state)")))
            let document = try JSONReader.read(report.json.text())
            #expect(document == report.json)
            #expect(document["schema"] == .int(1))
            #expect(document["tool"] == .string("gpstate"))
            #expect(document["mode"] == .string(mode.rawValue))
            #expect(document["exit_status"].int == Int(report.exitStatus))
            #expect(document["coordinator"]["dbid"] == .int(1))
            #expect(document["pairs"].elements.count == 2)
            #expect(document["pairs"][0]["primary"]["datadir"].string?.hasPrefix("/") == true)
        }
    }

    @Test("an instance has what its mode asked for, no more")
    func members() throws {
        let facts = try SampleCluster.healthy()
        let catalog = [
            "dbid", "content", "role", "preferred_role", "mode", "status", "hostname", "address", "port", "datadir",
        ]
        let fetched = ["fetched", "fetch_error", "fetch_error_reason"]
        #expect(QuickReport(facts).json["pairs"][0]["primary"].names == catalog)
        #expect(VersionsReport(facts).json["pairs"][0]["primary"].names == catalog + fetched + ["version"])
        #expect(StandbyReport(facts).json["pairs"][0]["primary"].names == catalog)
        #expect(StandbyReport(facts).json["standby"].names == catalog + fetched + ["pid", "pid_error"])
        #expect(
            BriefReport(facts).json["pairs"][0]["primary"].names
                == catalog + fetched + [
                    "pid", "pid_error", "pid_file", "lock_file", "database_status", "state", "warnings", "version",
                ])
    }

    @Test("bytes are whole numbers, unknown ones are null")
    func bytes() throws {
        var facts = try SampleCluster.small()
        var sender = SampleCluster.sender("0/1")
        sender.bytesToSend = 8192
        sender.bytesToFlush = nil
        facts.replication[ContentID(0)] = .answered(ReplicationAnswer(senders: [sender], currentLSN: "0/3"))
        facts.replication[ContentID(1)] = .failed(reason: "connection refused")
        let pairs = DetailedReport(facts).json["pairs"]
        #expect(pairs[0]["replication"]["bytes_to_send"] == .int(8192))
        #expect(pairs[0]["replication"]["bytes_to_flush"].isNull)
        #expect(pairs[0]["replication"]["write_location"] == .string("0/3"))
        #expect(pairs[1]["replication"]["bytes_to_send"].isNull)
        #expect(pairs[1]["replication"]["error_reason"] == .string("connection refused"))
    }

    @Test("a failed host keeps its real reason")
    func reason() throws {
        var facts = try SampleCluster.small()
        facts.instances[DatabaseID(4)] = .failed(.unreachable(address: "sdw2", reason: "no answer within 10 s"))
        let mirror = DetailedReport(facts).json["pairs"][0]["mirror"]
        #expect(mirror["fetched"] == .bool(false))
        #expect(mirror["fetch_error_reason"] == .string("no answer within 10 s"))
        #expect(mirror["pid"].isNull && mirror["pid_file"].isNull)
        #expect(mirror["state"] == .string("unknown"))
    }

    @Test("every member is in docs/json.md", arguments: StatusMode.allCases)
    func documented(mode: StatusMode) throws {
        let page = try Fixture.text("../../../docs/json.md")
        var facts = try FedFacts.read(Fixture.text("states/swdown.json"))
        facts.recoveries = RecoveryProgress.parse("full:2:1/2 kB (50%)")
        facts.expansion = .redistributing(
            status: "EXPANSION STARTED",
            tables: ["NOT STARTED", "IN PROGRESS"].map {
                ExpansionTable(database: "db", name: "s.t", status: $0)
            })
        for name in Set(members(of: mode.report(of: facts).json)) {
            #expect(page.contains("`\(name)`") || page.contains("\"\(name)\""), "\(name)")
        }
    }

    private func members(of value: JSONValue) -> [String] {
        switch value {
        case .array(let values): values.flatMap { members(of: $0) }
        case .object(let pairs): pairs.flatMap { [$0.0] + members(of: $0.1) }
        default: []
        }
    }
}
