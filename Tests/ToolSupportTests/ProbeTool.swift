import ArgumentParser
import Logging
import RemoteShell
import Reporting
import ToolSupport

/// A tool that does what `--do` says: the runner's guinea pig.
struct ProbeTool: ToolCommand {
    static let toolName = "probe"
    static let configuration = CommandConfiguration.tool("probe", abstract: "Tries the runner.")
    static let optionShapes =
        StandardOptions.shapes + ShellOptions.shapes + ParallelOptions.shapes + [
            .text("--do"), .optional("--wait"), .integer("-p"), .flag("--secret"),
        ]

    @OptionGroup var standard: StandardOptions
    @OptionGroup var shell: ShellOptions
    @OptionGroup var parallel: ParallelOptions
    @Option(name: .customLong("do"), help: "What to do.") var action = "nothing"
    @Option(name: .customLong("wait"), defaultAsFlag: 60, help: "Wait so long.") var wait: Int?
    @Option(name: .customShort("p"), help: "A port offset.") var offset = 0
    @Flag(name: .customLong("secret"), help: .hidden) var isSecret = false

    struct Surprise: Error, CustomStringConvertible { let description = "the roof is gone" }

    func run(_ context: ToolContext) async throws -> ExitStatus {
        switch action {
        case "validation": throw ToolError(.validation, "too many options")
        case "operational": throw ToolError(.operational, "no mirrors", detail: "none at all", hint: "run gpaddmirrors")
        case "surprise": throw Surprise()
        case "shell": throw ShellError(.unreachable, host: "sdw1", reason: "no route to host", hint: "ping sdw1")
        case "incomplete": return .incomplete
        case "ask":
            try await context.confirm("Continue with probe", background: "This is a probe.")
            context.report(.info("confirmed"))
        case "levels": context.report([.init(.debug, "d"), .info("i"), .warning("w"), .error("e")])
        case "json":
            context.emit(json: .object([("schema", .int(1))]))
            context.printPlain("plain")
        case "kill point": try context.killPoint("after the copy")
        case "interrupted":
            context.stop.request()
            try await Task.sleep(for: .seconds(30))
        case "options":
            context.printPlain("\(parallel.hostCount) \(parallel.segmentCount) \(wait ?? -1) \(offset)")
        default: break
        }
        return .done
    }
}

/// A tool made of subcommands.
struct ProbeFamily: Tool {
    static let toolName = "family"
    static let configuration = CommandConfiguration.tool(
        "family", abstract: "Tries subcommands.", subcommands: [Exec.self])

    struct Exec: ToolCommand {
        static let toolName = "family"
        static let printsDataOnly = true
        static let configuration = CommandConfiguration.tool("exec", abstract: "Runs a program.")
        static let optionShapes = StandardOptions.shapes + [.optional("--wait")]

        @OptionGroup var standard: StandardOptions
        @Argument var host: String
        @Argument var words: [String] = []
        @Option(name: .customLong("wait"), defaultAsFlag: 60) var wait: Int?

        func run(_ context: ToolContext) async throws -> ExitStatus {
            context.printPlain("\(host): \(words.joined(separator: "|"))" + (wait.map { " \($0)" } ?? ""))
            return .unknown
        }
    }
}

/// A tool whose option list is wrong.
struct DriftedTool: ToolCommand {
    static let toolName = "drifted"
    static let configuration = CommandConfiguration.tool("drifted", abstract: "Has drifted.")
    static let optionShapes = StandardOptions.shapes + [.flag("--gone"), .flag("-B")]
    @OptionGroup var standard: StandardOptions
    @OptionGroup var parallel: HostParallelOptions
    func run(_ context: ToolContext) async throws -> ExitStatus { .done }
}
