import Logging
import Testing

@testable import ToolSupport

@Suite("the log")
struct LogTests {
    static let time = LogTime(year: 2024, month: 3, day: 9, hour: 7, minute: 5, second: 2)

    @Test(
        "has the original's line",
        arguments: [
            (Int32(42), Logger.Level.info, "20240309:07:05:02:000042 gpstate:cdw:gpadmin-[INFO]:-hello"),
            (1_234_567, .critical, "20240309:07:05:02:1234567 gpstate:cdw:gpadmin-[CRITICAL]:-hello"),
            (1, .warning, "20240309:07:05:02:000001 gpstate:cdw:gpadmin-[WARNING]:-hello"),
            (1, .trace, "20240309:07:05:02:000001 gpstate:cdw:gpadmin-[DEBUG]:-hello"),
            (1, .notice, "20240309:07:05:02:000001 gpstate:cdw:gpadmin-[INFO]:-hello"),
            (1, .error, "20240309:07:05:02:000001 gpstate:cdw:gpadmin-[ERROR]:-hello"),
        ])
    func line(_ processID: Int32, _ level: Logger.Level, _ expected: String) {
        let identity = LogIdentity(tool: "gpstate", host: "cdw", user: "gpadmin", processID: processID)
        #expect(LogLine.text(level, "hello", at: Self.time, by: identity) == expected + "\n")
    }

    @Test("prefixes the first line of a message only")
    func multiLine() {
        let identity = LogIdentity(tool: "t", host: "h", user: "u", processID: 1)
        let text = LogLine.text(.info, "-one\n\ttwo", at: Self.time, by: identity)
        #expect(text == "20240309:07:05:02:000001 t:h:u-[INFO]:--one\n\ttwo\n")
    }

    @Test("identifies this process by a host without a dot and a user")
    func identity() {
        let identity = LogIdentity.current(tool: "t")
        #expect(!identity.host.isEmpty && !identity.host.contains(".") && !identity.user.isEmpty)
        #expect(identity.processID > 0)
    }

    @Test(
        "shows control characters instead of obeying them",
        arguments: [
            ("plain\n\ttext", "plain\n\ttext"), ("\u{1b}[2J", "\\x1b[2J"), ("a\rb", "a\\x0db"), ("\u{9b}1m", "\\x9b1m"),
            ("\u{202e}x", "\\u202ex"), ("sdw-é-日", "sdw-é-日"), ("\u{0}", "\\x00"), ("a\r\nb", "a\\x0d\nb"),
        ])
    func printable(_ text: String, _ expected: String) {
        #expect(PrintableText.of(text) == expected)
    }

    @Test("appends metadata in the order of its names")
    func metadata() throws {
        let terminal = CapturedTerminal()
        let log = ToolLog(
            identity: LogIdentity(tool: "t", host: "h", user: "u", processID: 1), screen: Screen(terminal),
            use: .log, isVerbose: true, isQuiet: false, file: nil)
        var logger = Logger(label: "t", factory: { _ in GreenplumLogHandler(log) })
        logger[metadataKey: "host"] = "sdw1"
        logger.debug("copied", metadata: ["dbid": "4"])
        logger.trace("too much")
        #expect(terminal.output.hasSuffix("t:h:u-[DEBUG]:-copied (dbid=4 host=sdw1)\n"))
    }
}
