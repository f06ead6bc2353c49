import TestSupport
import Testing
import ToolSupport

@testable import GPState

@Suite("Thresholds of a check")
struct ThresholdTests {
    private func set(_ text: String, _ level: WritableKeyPath<Threshold, Double?> = \.warning) throws -> Thresholds {
        var thresholds = Thresholds()
        try thresholds.set(level, text, option: "--warning")
        return thresholds
    }

    @Test("are numbers with the unit of their aspect, several separated by commas")
    func values() throws {
        let found = try set("replication-lag=64MB,disk=80%,segments-up=2,coordinator=500ms,retained-wal=2h")
        #expect(found[.replicationLag].warning == Double(64 << 20))
        #expect(found[.diskUsed].warning == 80)
        #expect(found[.segmentsDown].warning == 2)
        #expect(found[.coordinatorTime].warning == 0.5)
        // The unit tells which of the aspect's two measures is meant.
        #expect(found[.walFullIn].warning == 7200)
        #expect(found[.retainedWAL] == Measure.retainedWAL.defaults)
        #expect(try set("retained-wal=1.5GB")[.retainedWAL].warning == 1.5 * 1_073_741_824)
        #expect(try set("disk=72.5%", \.critical)[.diskUsed] == Threshold(warning: 70, critical: 72.5))
        let off = try set("retained-wal=off", \.critical)
        #expect(off[.retainedWAL].critical == nil && off[.walFullIn].critical == nil)
        #expect(off[.retainedWAL].warning == Measure.retainedWAL.defaults.warning)
    }

    @Test(
        "that make no sense are refused in one line that names option, aspect and word",
        arguments: [
            ("", "option --warning: '' is not of the form aspect=value"),
            ("disk", "option --warning: 'disk' is not of the form aspect=value"),
            ("disk=80%,", "option --warning: '' is not of the form aspect=value"),
            ("disk=80", "option --warning: disk takes a percentage from 0% to 100%, or off; not '80'"),
            ("disk=101%", "option --warning: disk takes a percentage from 0% to 100%, or off; not '101%'"),
            (
                "replication-lag=64",
                "option --warning: replication-lag takes a size with a unit (64MB, 10GB), or off; not '64'"
            ),
            ("segments-up=1.5", "option --warning: segments-up takes a whole number, or off; not '1.5'"),
            ("segments-up=-1", "option --warning: segments-up takes a whole number, or off; not '-1'"),
            ("segments-up=0x1", "option --warning: segments-up takes a whole number, or off; not '0x1'"),
            ("standby=\n1", "option --warning: standby takes a whole number, or off; not ' 1'"),
            (
                "retained-wal=9",
                "option --warning: retained-wal takes a size with a unit (64MB, 10GB), or a time with a unit "
                    + "(500ms, 30s, 10min, 4h, 2d), or off; not '9'"
            ),
        ])
    func refused(_ text: String, _ reason: String) {
        let error = #expect(throws: ThresholdError.self) { try set(text) }
        #expect(error?.description == reason)
    }

    @Test("of an unknown aspect are refused with the list of those there are")
    func unknownAspect() {
        let error = #expect(throws: ThresholdError.self) { try set("lag=1MB") }
        #expect(error?.description == "option --warning: no such aspect: 'lag' (\(CheckAspect.list))")
    }

    @Test("are passed by what is beyond them, not by what is at them")
    func edges() {
        let threshold = Threshold(warning: 70, critical: 75)
        #expect(
            [70, 70.1, 75, 75.1].map { threshold.status($0, of: .diskUsed) } == [.ok, .warning, .warning, .critical])
        let time = Threshold(warning: 100, critical: 10)
        #expect([100, 99, 10, 9].map { time.status($0, of: .walFullIn) } == [.ok, .warning, .warning, .critical])
        #expect(Threshold(warning: nil, critical: nil).status(1e12, of: .replicationLag) == .ok)
    }

    @Test("belong to one aspect each, and every aspect has one")
    func complete() {
        #expect(Set(Measure.allCases.map(\.aspect)) == Set(CheckAspect.allCases))
        for measure in Measure.allCases {
            #expect(measure.defaults.warning != nil || measure.defaults.critical != nil, "\(measure)")
        }
    }

    @Test("and what belongs to a check alone are refused without it, as usage")
    func usage() async {
        for arguments in [["--only", "disk"], ["--warning=disk=1%"], ["--deadline", "5"], ["--output", "f"]] {
            let terminal = CapturedTerminal()
            let status = await ToolRunner.run(
                GPState.self, arguments: arguments, environment: [:], terminal: terminal)
            #expect(status == .refused && terminal.output == "", "\(arguments)")
        }
        for arguments in [
            ["--check", "--bogus"], ["--check", "--only", "lag"], ["--check", "--warning", "disk=x"],
            ["--check", "--deadline", "0"], ["--check", "--deadline", "x"], ["--check", "--metrics"],
            ["--chec", "extra"],
        ] {
            let terminal = CapturedTerminal()
            let status = await ToolRunner.run(
                GPState.self, arguments: arguments, environment: [:], terminal: terminal)
            #expect(status == .unknown, "\(arguments)")
            #expect(terminal.output.hasPrefix("GPSTATE UNKNOWN - ") && terminal.error == "", "\(arguments)")
            #expect(terminal.output.split(separator: "\n").count == 1)
        }
    }
}
