import ClusterModel
import ClusterOperations
import Reporting
import TestSupport
import Testing

@testable import GPState

@Suite("A double fault in -e")
struct DoubleFaultTests {
    /// The second copy of content 0 does not answer either.
    private func facts(_ change: (inout ClusterFacts) throws -> Void = { _ in }) throws -> ClusterFacts {
        var facts = try SampleCluster.small()
        facts.instances[DatabaseID(2)] = .fetched(InstanceStatus(databaseStatus: .down))
        facts.instances[DatabaseID(4)] = .fetched(InstanceStatus(databaseStatus: .down))
        facts.synchronization[ContentID(0)] = .failed(reason: "connection refused")
        try change(&facts)
        return facts
    }

    private func contents(_ facts: ClusterFacts) -> [ContentID] {
        ClusterAssessment(facts).doublyFailed.map(\.content)
    }

    @Test("it is one when the primary does not answer and the mirror cannot take its place")
    func recognised() throws {
        #expect(contents(try facts()) == [ContentID(0)])
        #expect(contents(try SampleCluster.small()).isEmpty)
        #expect(contents(try facts { $0.synchronization[ContentID(0)] = .answered([]) }).isEmpty)
        let mirrorUp = try facts { $0.instances[DatabaseID(4)] = .fetched(SampleCluster.up(pid: 1)) }
        #expect(contents(mirrorUp).isEmpty, "the service promotes it")
        let refusing = try facts {
            $0.instances[DatabaseID(2)] = .fetched(InstanceStatus(databaseStatus: .rejectingConnections))
        }
        #expect(contents(refusing).isEmpty, "it is alive")
        let unreachable = try facts { $0.instances[DatabaseID(2)] = .failed(.unreachable(address: "sdw1")) }
        #expect(contents(unreachable) == [ContentID(0)])
    }

    @Test("no recorded state of the original is one, so that its lines stay as they are")
    func recordings() throws {
        for state in Fixture.names(in: "states").filter({ $0.hasSuffix(".json") }) {
            #expect(contents(try FedFacts.read(Fixture.text("states/\(state)"))).isEmpty, "\(state)")
        }
    }

    static func copy(_ segment: Segment, last: String, state: String) -> DoubleFault.Copy {
        var facts = TargetRecoveryFacts(dataDirectory: segment.dataDirectory)
        let place = WALPosition(last) ?? WALPosition(rawValue: 0)
        facts.directory = .present
        facts.lastRecord = place
        facts.lastTimeline = 1
        facts.control = .read(
            ControlData(systemIdentifier: "7", state: state, checkpoint: place, redo: place, timeline: 1))
        return DoubleFault.Copy(segment: segment, facts: facts)
    }

    static func fault(_ facts: ClusterFacts) throws -> DoubleFault {
        let pair = facts.configuration.pairs[0]
        let mirror = try #require(pair.mirror)
        return DoubleFault(
            primary: copy(pair.primary, last: "0/3000100", state: "in production"),
            mirror: copy(mirror, last: "0/30000A0", state: "in archive recovery"),
            commands: [HostCommand(host: "sdw1", text: "pg_ctl start"), HostCommand(host: "cdw", text: "gpstate -e")])
    }

    @Test("it is told after the original's lines, with evidence, the better copy and the commands")
    func lines() throws {
        let without = try facts()
        let with = try facts { $0.doubleFaults = [try Self.fault($0)] }
        let before = ProblemsReport(without).lines
        let lines = ProblemsReport(with).lines
        #expect(Array(lines.prefix(before.count)) == before)
        #expect(
            lines.dropFirst(before.count).map { "\($0.level.rawValue) \($0.text)" } == [
                "INFO ----------------------------------------------------",
                "WARNING Double fault: both copies of content 0 are down",
                "INFO    Segment   Port   Role      Timeline   Last checkpoint   Last WAL record   Ended",
                "INFO    sdw1      7000   Primary   1          0/3000100         0/3000100         crashed",
                "INFO    sdw2      7001   Mirror    1          0/30000A0         0/30000A0         crashed",
                "INFO    dbid 2 (sdw1:7000): it did not shut down: its control file says \"in production\"",
                "INFO    dbid 4 (sdw2:7001): it did not shut down: its control file says \"in archive recovery\"",
                "WARNING Better to start from: dbid 2: the pair was in sync, so neither copy lacks an acknowledged "
                    + "commit, and it is the acting primary",
                "INFO Nothing was started; to do so, type:", "INFO    on sdw1: pg_ctl start",
                "INFO    on cdw: gpstate -e",
            ])
        #expect(ProblemsReport(with).exitStatus == 1)
    }

    @Test("its JSON is documented, and null where nothing is known")
    func json() throws {
        let facts = try facts {
            let fault = try Self.fault($0)
            let lost = DoubleFault.Copy(segment: fault.mirror.segment, facts: nil, failure: "no route")
            $0.doubleFaults = [fault, DoubleFault(primary: fault.primary, mirror: lost)]
        }
        let document = ProblemsReport(facts).json
        #expect(try JSONReader.read(document.text()) == document)
        let faults = document["double_faults"]
        #expect(faults[0]["better_dbid"] == .int(2) && faults[0]["content"] == .int(0))
        #expect(faults[0]["copies"][0]["last_wal_record"] == .string("0/3000100"))
        #expect(faults[0]["commands"][0]["command"] == .string("pg_ctl start"))
        #expect(faults[1]["better_dbid"].isNull && faults[1]["copies"][1]["timeline"].isNull)
        #expect(faults[1]["copies"][1]["reachable"] == .bool(false))
        let page = try Fixture.text("../../../docs/json.md")
        for name in Set(Self.members(of: faults)) { #expect(page.contains("`\(name)`"), "\(name)") }
        #expect(ProblemsReport(try SampleCluster.small()).json["double_faults"] == .array([]))
    }

    private static func members(of value: JSONValue) -> [String] {
        value.elements.flatMap { members(of: $0) } + value.names.flatMap { [$0] + members(of: value[$0]) }
    }
}
