import ArgumentParser
import Reporting
import Testing
import ToolSupport

/// A tool that speaks to a program: what it shows is what `--use` says.
private struct PlainSpoken: ToolCommand {
    static let toolName = "plain"
    static let configuration = CommandConfiguration.tool("plain", abstract: "Tries what reaches the screen.")
    static let optionShapes = StandardOptions.shapes + [.text("--use"), .flag("--fail")]

    @OptionGroup var standard: StandardOptions
    @Option(name: .customLong("use"), help: "What to show.") var use = "log"
    @Flag(name: .customLong("fail"), help: "End with an error.") var fails = false

    var screenUse: ScreenUse {
        switch use {
        case "data": .data
        case "errors": .errors
        case "nothing": .nothing
        default: .log
        }
    }

    func refusal(of error: ToolError) -> ToolRefusal? {
        use == "nothing" ? ToolRefusal(text: "UNKNOWN - \(error.message)", status: .unknown) : nil
    }

    static func refusal(ofUsage message: String, _ arguments: [String]) -> ToolRefusal? {
        arguments.contains("--fail") ? ToolRefusal(text: "UNKNOWN - \(message)", status: .unknown) : nil
    }

    func run(_ context: ToolContext) async throws -> ToolSupport.ExitStatus {
        if fails { throw ToolError(.operational, "no cluster") }
        context.report([.info("i"), .warning("w"), .error("e")])
        context.printPlain("data")
        return .done
    }
}

@Suite("What of the log reaches the screen")
struct ScreenUseTests {
    private func run(_ arguments: [String], log: String) async -> (ToolSupport.ExitStatus, CapturedTerminal) {
        let terminal = CapturedTerminal()
        let status = await ToolRunner.run(
            PlainSpoken.self, arguments: arguments + ["-l", log], environment: [:], terminal: terminal)
        return (status, terminal)
    }

    private func levels(_ text: String) -> [String] {
        text.split(separator: "\n").compactMap { line -> String? in
            let level = line.split(separator: "[").last?.split(separator: "]").first
            return level.map { String($0) }
        }
    }

    @Test("is what the run wants, and with -v all of it; data stay alone")
    func uses() async throws {
        let scratch = try ScratchDirectory()
        let cases: [(String, [String])] = [
            ("data", ["INFO", "INFO", "WARNING", "ERROR"]), ("errors", ["ERROR"]), ("nothing", []),
        ]
        for (use, expected) in cases {
            let (status, terminal) = await run(["--use", use], log: scratch.path)
            #expect(status == .done && terminal.output == "data\n", "\(use)")
            #expect(levels(terminal.error) == expected, "\(use): \(terminal.error)")
            let (_, verbose) = await run(["--use", use, "-v"], log: scratch.path)
            #expect(verbose.output == "data\n" && levels(verbose.error) == ["INFO", "INFO", "WARNING", "ERROR"])
        }
        let (_, log) = await run(["--use", "log"], log: scratch.path)
        #expect(log.error == "" && log.outputLines.count == 6)
    }

    @Test("a log file that cannot be written ends a run only where the log is for people")
    func withoutFile() async throws {
        let scratch = try ScratchDirectory()
        let log = scratch.path + "/none/log"
        for (use, expected) in [
            ("log", ToolSupport.ExitStatus.refused), ("data", .refused), ("errors", .done), ("nothing", .done),
        ] {
            let (status, _) = await run(["--use", use], log: log)
            #expect(status == expected, "\(use)")
        }
    }

    @Test("an error, and wrong usage, take the form that the tool has for them")
    func refusals() async throws {
        let scratch = try ScratchDirectory()
        let (status, terminal) = await run(["--use", "nothing", "--fail"], log: scratch.path)
        #expect(status == .unknown && status.rawValue == 3)
        #expect(terminal.output == "UNKNOWN - no cluster\n" && terminal.error == "")
        let (plain, said) = await run(["--use", "errors", "--fail"], log: scratch.path)
        #expect(plain == .refused && said.output == "" && said.error.hasSuffix("[ERROR]:-plain error: no cluster\n"))
        let (usage, wrong) = await run(["--fail", "--bogus"], log: scratch.path)
        #expect(usage == .unknown && wrong.output == "UNKNOWN - no such option: --bogus\n" && wrong.error == "")
        let (usual, lines) = await run(["--bogus"], log: scratch.path)
        #expect(usual == .refused && lines.output == "" && lines.error.hasPrefix("Usage: plain "))
    }
}
