import ClusterModel
import Reporting
import TestSupport
import Testing
import ToolSupport

@testable import GPState

@Suite("A check as a plugin tells it")
struct PluginTextTests {
    private func text(_ facts: MonitorFacts, _ aspects: [CheckAspect] = CheckAspect.allCases) -> PluginText {
        PluginText(results: ClusterCheck(facts: facts, thresholds: Thresholds()).results(aspects))
    }

    private func unprotected() throws -> MonitorFacts {
        try MonitoredCluster.healthy { rows in rows.loseMirror(of: 3) }
    }

    @Test("has status, words and numbers in its first line")
    func firstLine() throws {
        #expect(
            text(try unprotected(), [.segmentsUp]).firstLine
                == "GPSTATE CRITICAL - 1 of 4 contents unprotected: content 3 (sdw1:7103 down) | segments_down=1;;0;0;8"
        )
        #expect(
            text(try MonitoredCluster.healthy(), [.segmentsUp, .inSync]).firstLine
                == "GPSTATE OK - 2 aspects checked, nothing is wrong | segments_down=0;;0;0;8 "
                + "contents_not_in_sync=0;0;;0;4")
        #expect(
            text(try MonitoredCluster.healthy(), [.replicationLag, .coordinator, .disk]).firstLine.hasSuffix(
                " | replication_lag=4096B;1073741824;10737418240;0 coordinator_time=0.012s;5;;0 "
                    + "disk_used=30%;70;75;0;100 'disk cdw:/data'=30%;70;75;0;100 'disk sdw1:/data'=30%;70;75;0;100 "
                    + "'disk sdw2:/data'=30%;70;75;0;100"))
    }

    @Test("tells the gravest first, then the others, and every aspect in a line of its own")
    func order() throws {
        let text = text(try unprotected())
        #expect(text.status == .critical)
        #expect(
            text.summary == "1 of 4 contents unprotected: content 3 (sdw1:7103 down); 1 of 4 contents not in sync: "
                + "content 3; losing sdw2 now stops the cluster")
        var facts = try MonitoredCluster.healthy()
        facts.hosts["sdw1"] = nil
        facts.instances[DatabaseID(2)]?.stream = nil
        #expect(
            self.text(facts, [.replicationLag, .disk]).summary.contains(", 1 not known; file systems are at most "))
        facts.coordinator = .silent("no route")
        #expect(
            self.text(facts, [.coordinator, .replicationLag, .disk]).summary
                == "coordinator does not answer: no route; not all known: replication-lag, disk")
        let titles = text.lines.dropFirst().filter { $0.hasPrefix("[") }.map { $0.prefix { $0 != ":" } }
        #expect(titles.count == 10)
        #expect(titles.contains("[CRITICAL] segments-up") && titles.contains("[OK] disk"))
    }

    @Test("ranks what is not known above what is well, below what is wrong")
    func ranks() {
        #expect(CheckStatus.allCases.sorted() == [.ok, .unknown, .warning, .critical])
        #expect(PluginText(results: []).status == .unknown)
        #expect(CheckStatus.allCases.sorted().map(\.exitStatus.rawValue) == [0, 3, 1, 2])
    }

    @Test("lets no name break a line, forge performance data or end a label")
    func hostile() throws {
        var facts = try MonitoredCluster.healthy()
        var space = MonitoredCluster.space(.data, used: 99)
        space.mountPoint = "/a|b=9\n'x' é\u{1b}[2J"
        facts.hosts["sdw1"] = .success(HostAnswer(spaces: [DatabaseID(2): [space]]))
        facts.instances[DatabaseID(2)] = InstanceAnswer(status: .down, reason: "FATAL | x=1\nsecond\u{85}line")
        let text = text(facts)
        for line in text.lines {
            #expect(!line.unicodeScalars.contains { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) }, "\(line)")
        }
        #expect(text.lines.count { $0.contains("|") } == 1)
        #expect(text.firstLine.count { $0 == "|" } == 1)
        #expect(text.firstLine.contains(" 'disk sdw1:/a\\x7cb\\x3d9 ''x'' é\\x1b[2J'=99%;70;75;0;100"))
        // Outside of quotes every word of the performance data is one label and its value.
        let data = try #require(text.firstLine.split(separator: "|").last)
        let plain = data.split(separator: "'", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset.isMultiple(of: 2) }.map { String($0.element) }.joined()
        for word in plain.split(separator: " ") { #expect(word.count { $0 == "=" } == 1, "\(word)") }
    }

    @Test("is the same judgement in JSON, as docs/json.md has it")
    func json() throws {
        let text = text(try unprotected())
        let document = CheckJSON.document(text, catalogAge: nil)
        #expect(try JSONReader.read(document.text()) == document)
        #expect(document["status"].string == "CRITICAL" && document["exit_status"].int == 2)
        #expect(document["summary"].string == text.summary && document["catalog_age"].isNull)
        #expect(document["aspects"].elements.map(\.["aspect"].string) == CheckAspect.allCases.map(\.rawValue))
        let page = try Fixture.text("../../../docs/json.md")
        let start = try #require(page.firstRange(of: "## gpstate --check, schema 1"))
        let example = page[start.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
            .drop { !$0.hasPrefix("    {") }.prefix { $0.hasPrefix("    ") }.joined(separator: "\n")
        #expect(
            try JSONReader.read(example)
                == CheckJSON.document(self.text(try unprotected(), [.segmentsUp, .inSync]), catalogAge: nil))
        for name in Set(Self.members(of: document)) { #expect(page.contains("`\(name)`"), "\(name)") }
        let unknown = CheckJSON.unknown("no cluster")
        #expect(unknown.names == document.names && unknown["exit_status"].int == 3)
    }

    private static func members(of value: JSONValue) -> [String] {
        switch value {
        case .array(let values): values.flatMap { members(of: $0) }
        case .object(let pairs): pairs.flatMap { [$0.0] + members(of: $0.1) }
        default: []
        }
    }

    @Test("that was cut off by a signal is UNKNOWN to a monitor, in the exit status")
    func interrupted() async throws {
        let scratch = try TemporaryDirectory()
        for (arguments, expected) in [(["--check"], 3), (["--metrics"], 2), (["-s"], 2)] as [([String], Int32)] {
            let stop = StopRequest()
            stop.request(.terminate)
            let status = await ToolRunner.run(
                GPState.self, arguments: arguments + ["-l", scratch.path], environment: [:],
                terminal: CapturedTerminal(),
                stop: stop)
            #expect(status.rawValue == expected, "\(arguments)")
        }
    }

    @Test("of a run without a cluster is UNKNOWN, in text and in JSON, and asks for no log file")
    func noCluster() async throws {
        let scratch = try TemporaryDirectory()
        let nowhere = scratch.path + "/none"
        for (environment, part) in [
            ([:], "Environment Variable COORDINATOR_DATA_DIRECTORY not set!"),
            (["COORDINATOR_DATA_DIRECTORY": nowhere], "No such file or directory"),
        ] as [([String: String], String)] {
            for arguments in [["--check"], ["--check", "-q"], ["--check", "--json"]] {
                let terminal = CapturedTerminal()
                let status = await ToolRunner.run(
                    GPState.self, arguments: arguments + ["-l", nowhere + "/log"], environment: environment,
                    terminal: terminal)
                #expect(status == .unknown && terminal.error == "", "\(terminal.error)")
                guard arguments.contains("--json") else {
                    #expect(terminal.output.hasPrefix("GPSTATE UNKNOWN - ") && terminal.output.contains(part))
                    #expect(terminal.output.split(separator: "\n").count == 1)
                    continue
                }
                let document = try JSONReader.read(terminal.output)
                #expect(document["exit_status"].int == 3 && document["summary"].string?.contains(part) == true)
            }
        }
    }
}
