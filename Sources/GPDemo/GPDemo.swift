public import ArgumentParser
import EmbeddedCluster
import Glibc
import Reporting
public import ToolSupport

/// Makes and tends a cluster of plain PostgreSQL servers on this machine, to try the tools on.
///
/// See gpdemo(8).
public struct GPDemo: Tool {
    public static let toolName = "gpdemo"
    public static let configuration = CommandConfiguration.tool(
        toolName, abstract: "Make and tend a cluster to try the tools on.",
        subcommands: [
            CreateCommand.self, StartCommand.self, StopCommand.self, DestroyCommand.self, StatusCommand.self,
            TourCommand.self,
            EnvironmentCommand.self, ExecCommand.self, CutCommand.self, JoinCommand.self, CrashCommand.self,
        ])

    public init() {}
}

/// Where the cluster is: what every command of gpdemo takes.
struct DirectoryOptions: ParsableArguments, Sendable {
    @Option(
        name: .customLong("dir"),
        help: ArgumentHelp("The cluster's directory (GPDEMO_DIR, else ./gpdemo).", valueName: "directory"),
        completion: .directory)
    var directory: String?

    static let shapes: [OptionShape] = [.text("--dir")]

    /// The directory, absolute and without `.` and `..`.
    func path(_ environment: [String: String]) throws(ToolError) -> String {
        let given = directory ?? environment["GPDEMO_DIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "gpdemo"
        guard !given.isEmpty else { throw ToolError(.validation, "--dir is empty") }
        var absolute = given
        if !given.hasPrefix("/") {
            guard let current = getcwd(nil, 0) else {
                throw ToolError(.validation, "the working directory is gone; give an absolute --dir")
            }
            absolute = "\(String(cString: current))/\(given)"
            free(current)
        }
        var parts: [Substring] = []
        for part in absolute.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}

/// A command of gpdemo: its errors in one form, its steps as log lines.
protocol DemoCommand: ToolCommand {
    var location: DirectoryOptions { get }
    static var ownShapes: [OptionShape] { get }
    func perform(_ context: ToolContext, in directory: String) async throws -> ExitStatus
}

extension DemoCommand {
    static var toolName: String { GPDemo.toolName }
    static var ownShapes: [OptionShape] { [] }
    static var optionShapes: [OptionShape] { StandardOptions.shapes + DirectoryOptions.shapes + ownShapes }

    func run(_ context: ToolContext) async throws -> ExitStatus {
        do {
            return try await perform(context, in: try location.path(context.environment))
        } catch let error as DemoError {
            throw ToolError(.operational, error.message, hint: error.hint)
        }
    }
}

extension ToolContext {
    /// Logs each step of work on a cluster.
    var demoProgress: DemoProgress { { step in self.report(.info(step)) } }

    /// Runs work that removes what it made when it is cancelled, and lets it do so after Ctrl-C.
    ///
    /// A second signal still ends the process at once.
    func cleaningUp<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result {
        try await stop.withHandler({}, body)
    }
}
