import BlockingWork
import ClusterModel
import Glibc
import RemoteShell
import Reporting
import TestSupport
import Testing

@testable import ClusterOperations
@testable import GPActivateStandby

/// What is concluded from instances, positions and texts.
@Suite struct TruthTests {
    private static let pair = SegmentPair(primary: PlanTests.segments[0], mirror: PlanTests.segments[1])

    private static func instance(_ inRecovery: Bool, _ timeline: Int = 1, waits: Bool = true) -> InstanceTruth {
        InstanceTruth(
            isInRecovery: inRecovery, timeline: timeline, synchronousNames: waits ? "gp_walreceiver" : "")
    }

    private static func verdict(_ primary: InstanceTruth?, _ mirror: InstanceTruth?) -> PairTruth.Verdict {
        PairTruth(pair: pair, primary: primary, mirror: mirror).verdict
    }

    private static var swapped: [Segment] {
        var (new, old) = (PlanTests.segments[1], PlanTests.segments[0])
        (new.role, new.mode) = (.primary, .notInSync)
        (old.role, old.mode, old.status) = (.mirror, .notInSync, .down)
        return [new, old]
    }

    @Test func `a pair that is what the catalog says stays`() {
        #expect(Self.verdict(Self.instance(false), Self.instance(true)) == .right)
        #expect(Self.verdict(Self.instance(false), nil) == .right)
    }

    @Test func `roles are swapped where one instance alone can be the primary`() {
        #expect(Self.verdict(nil, Self.instance(false, 2)) == .wrong(Self.swapped))
        #expect(Self.verdict(Self.instance(true), Self.instance(false, 2)) == .wrong(Self.swapped))
        #expect(Self.verdict(Self.instance(false, 1), Self.instance(false, 2)) == .wrong(Self.swapped))
        #expect(Self.verdict(Self.instance(false, 2), Self.instance(false, 1)) == .right)
    }

    @Test func `the old coordinator is never looked for in the standby's own directory`() {
        let lock = "4711\n/c/gpseg-1\n1700000000\n5432\n/tmp\n"
        #expect(FormerDirectory.guess(own: "/s/gpseg-1", isHere: false, lock: nil) == "/s/gpseg-1")
        #expect(FormerDirectory.guess(own: "/s/gpseg-1", isHere: true, lock: lock) == "/c/gpseg-1")
        #expect(FormerDirectory.guess(own: "/c/gpseg-1", isHere: true, lock: lock) == nil)
        for text in [nil, "", "4711", "4711\nrelative\n"] {
            #expect(FormerDirectory.guess(own: "/s/gpseg-1", isHere: true, lock: text) == nil)
        }
    }

    @Test func `what could be either is left open`() {
        for (primary, mirror) in [
            (Self.instance(false, 2), Self.instance(false, 2)), (nil, Self.instance(true)), (nil, nil),
            (Self.instance(true), Self.instance(true)),
        ] {
            guard case .open = Self.verdict(primary, mirror) else {
                Issue.record("not open: \(String(describing: primary)) \(String(describing: mirror))")
                continue
            }
        }
    }

    @Test func `a primary that waits for nobody is not in sync`() {
        guard case .wrong(let rows) = Self.verdict(Self.instance(false, waits: false), Self.instance(true)) else {
            Issue.record("the promise stays")
            return
        }
        #expect(rows.map(\.mode) == [.notInSync, .notInSync])
        #expect(rows.map(\.role) == [.primary, .mirror])
    }

    @Test func `a standby that takes no sessions is not called stopped`() async throws {
        let place = try TemporaryStandby()
        func told() throws -> [String] {
            let facts = ActivationFacts(directory: try place.read(), port: 5432, hostname: "scdw")
            return StandbyEvidence(facts: facts).lines.map(\.text)
        }
        #expect(try told().contains("the standby is stopped; its latest restart point is at unknown"))
        let file = place.path + "/postmaster.pid"
        let server = try startProgram(["/bin/sh", "-c", "cd \(place.path) && exec /bin/sleep 30"])
        defer {
            kill(server, SIGKILL)
            waitpid(server, nil, 0)
        }
        try LocalFiles.write("\(server)\n\(place.path)\n1700000000\n5432\n/tmp\n*\n", to: file)
        defer { unlink(file) }
        #expect(await eventually(within: .seconds(5)) { (try? place.read())?.postmaster != nil })
        #expect(try told().contains("the standby takes no sessions; its latest restart point is at unknown"))
    }

    @Test func `positions of the WAL are compared as numbers`() throws {
        let low = try #require(WALPosition("0/FFFFFFFF"))
        let high = try #require(WALPosition("1/0"))
        #expect(low < high)
        #expect(low.bytes(behind: high) == 1)
        #expect(high.bytes(behind: low) == 0)
        #expect("\(low)" == "0/FFFFFFFF")
        #expect(WALPosition("x/1") == nil && WALPosition(nil) == nil && WALPosition("1") == nil)
    }

    @Test(
        "the source of a connection string is found as libpq finds it",
        arguments: [
            ("user=gp host=10.0.0.1 port=6000", "10.0.0.1", 6000), ("host='cdw' user='a b'", "cdw", 5432),
            ("  host = cdw  port = '6001' ", "cdw", 6001), ("user='it\\'s' host=h\\ x port=1", "h x", 1),
        ])
    func conninfo(_ text: String, _ host: String, _ port: Int) throws {
        let source = try #require(StandbyDirectory.source(text))
        #expect(source == (host, port))
        #expect(try TemporaryStandby(conninfo: text).read().source?.host == host)
    }

    @Test func `a connection string without a host has no source`() {
        #expect(StandbyDirectory.source("") == nil)
        #expect(StandbyDirectory.source("user=x") == nil)
        #expect(StandbyDirectory.source("host") == nil)
    }

    @Test func `the fence command gets its facts through the environment alone`() async throws {
        var former = FormerCoordinator(PlanTests.coordinator)
        former.dataDirectory = "/c/it's $(touch x)"
        let command =
            "printf '%s|%s|%s|%s' \"$GPHA_OLD_HOST\" \"$GPHA_OLD_ADDRESS\" \"$GPHA_OLD_PORT\" "
            + "\"$GPHA_OLD_DATA_DIRECTORY\""
        let script = FenceCommand(command: command, former: former).script
        let output = try await LocalShell().run(ShellCommand(script, purpose: "a test"), on: "localhost")
        #expect(output.standardOutput == "cdw|10.0.0.1|5432|/c/it's $(touch x)")
    }
}
