import ClusterOperations
import Testing
import ToolSupport

@testable import GPState

@Suite("The value of --since")
struct SinceOptionTests {
    @Test(
        "is an age in seconds, minutes, hours, days or weeks",
        arguments: [("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86_400), ("2w", 1_209_600), ("0s", 0)])
    func ages(_ text: String, _ seconds: Int) throws {
        #expect(try SinceOption.parse(text) == .ago(seconds: seconds))
    }

    @Test(
        "is a time in ISO 8601",
        arguments: [
            "2026-11-21", "2026-11-21T20:15", "2026-11-21 20:15:30", "2026-11-21T20:15:30.123456",
            "2026-11-21T20:15Z", "2026-11-21T20:15:30+01", "2026-11-21T20:15:30-0330", "2026-11-21T20:15:30+05:45",
            "2024-02-29", "2000-02-29", "2026-11-21 20:15:30.5+00",
        ])
    func times(_ text: String) throws { #expect(try SinceOption.parse(text) == .time(text)) }

    @Test(
        "is refused in one line when it is neither",
        arguments: [
            "", "h", "2", "2x", "-2h", "1.5h", "2 h", "99999999999999d", "999999999w", "yesterday", "2026-13-01",
            "2026-02-30", "2025-02-29", "1900-02-29", "2026-1-1", "2026-11-21T", "2026-11-21T24:00",
            "2026-11-21T20:60", "2026-11-21T20:15:60", "2026-11-21T20:15:30.", "2026-11-21T20:15:30.1234567",
            "2026-11-21T20:15+1", "2026-11-21T20:15+16", "2026-11-21T20:15+01:0", "2026-11-21T20:15+0:100",
            "2026-11-21T20:15ZZ", "2026-11-21X20:15", "20:15", "2026-11-21'; DROP TABLE t", "2h\u{1b}[31m", "٢h",
        ])
    func refused(_ text: String) {
        let error = #expect(throws: ToolError.self) { try SinceOption.parse(text) }
        let message = error?.message ?? ""
        #expect(
            message.hasPrefix("--since: '")
                && message.hasSuffix("' is neither a time (2026-11-21T20:15) nor an age (30m, 2h, 1d)"))
        #expect(!message.contains("\n") && !message.contains("\u{1b}"))
    }
}
