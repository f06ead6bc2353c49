public import ArgumentParser
import BlockingWork
import ClusterOperations
import Glibc
import Reporting
public import ToolSupport

/// Makes the standby the coordinator.
///
/// See gpactivatestandby(8).
public struct GPActivateStandby: ToolCommand {
    public static let toolName = "gpactivatestandby"
    public static let configuration = CommandConfiguration.tool(
        toolName, abstract: "Make the standby the coordinator.")

    @OptionGroup var log: CoordinatorToolOptions
    @OptionGroup var shellOptions: ShellOptions

    @Option(
        name: [
            .customShort("d"), .customLong("coordinator-data-directory"), .customLong("master-data-directory"),
            .customLong("coordinator_data_directory"), .customLong("master_data_directory"),
        ], help: ArgumentHelp("The standby's data directory.", valueName: "directory"), completion: .directory)
    var dataDirectory: String?

    @Flag(name: [.customShort("f"), .customLong("force")], help: "Go on with a standby that is not running.")
    var isForced = false

    @Option(
        name: .customLong("timeout"),
        help: ArgumentHelp("How long the end of the replay may take.", valueName: "seconds"))
    var timeoutSeconds = 600

    @Option(
        name: .customLong("fence-timeout"),
        help: ArgumentHelp("How long an old coordinator out of reach is listened for.", valueName: "seconds"))
    var fenceTimeoutSeconds = 10

    @Option(
        name: .customLong("fence-command"),
        help: ArgumentHelp("Switch the old coordinator off with this.", valueName: "command"))
    var fenceCommand: String?

    @Flag(name: .customLong("require-fencing"), help: "Refuse an old coordinator that is not proved to be stopped.")
    var requiresFencing = false

    @Flag(name: .customLong("no-segment-fence"), help: "Do not turn the old coordinator away at the segments.")
    var leavesSegmentsOpen = false

    @Flag(name: .customLong("finish"), help: "Turn the old coordinator away at segments that were out of reach.")
    var finishes = false

    @Flag(name: .customLong("dry-run"), help: "Show the plan; change nothing anywhere.")
    var isDryRun = false

    @Option(name: .customLong("ignore"), help: .hidden)
    var ignored: String?

    public init() {}

    public static let optionShapes: [OptionShape] =
        CoordinatorToolOptions.shapes + ShellOptions.shapes + [
            .text(
                "-d", "--coordinator-data-directory", "--master-data-directory", "--coordinator_data_directory",
                "--master_data_directory"),
            .flag("-f", "--force"), .integer("--timeout"), .integer("--fence-timeout"), .text("--fence-command"),
            .flag("--require-fencing"), .flag("--no-segment-fence"), .flag("--finish"), .flag("--dry-run"),
            .text("--ignore"),
        ]

    /// The options every tool has, from this tool's own names for them.
    public var standard: StandardOptions { log.standard(dataDirectory: dataDirectory) }

    public func validate() throws {
        for (name, value) in [("--timeout", timeoutSeconds), ("--fence-timeout", fenceTimeoutSeconds)]
        where !(1...86_400).contains(value) {
            throw ValidationError("option \(name): \(value) is not between 1 and 86400 seconds")
        }
        if finishes, isForced || fenceCommand != nil || leavesSegmentsOpen {
            throw ValidationError("option --finish cannot be used with -f, --fence-command or --no-segment-fence")
        }
        if fenceCommand == "" { throw ValidationError("option --fence-command: it is empty") }
    }

    /// Runs the tool: check the options, take the lock, work.
    public func run(_ context: ToolContext) async throws -> ExitStatus {
        if let directory = log.missingDirectory {
            throw ToolError(.critical, "Log directory \(directory) does not exist.")
        }
        let dataDirectory = try chosenDirectory(context)
        guard let text = context.environment["PGPORT"], !text.isEmpty else {
            throw ToolError(
                .critical, "PGPORT environment variable not set.", hint: "export PGPORT=<the standby's port>")
        }
        do {
            guard let port = Int(text), (1...65_535).contains(port) else {
                throw OperationError("PGPORT is '\(text)', which is not a port (1 to 65535)")
            }
            return try await work(context, dataDirectory, port)
        } catch {
            throw framed(error, context)
        }
    }

    private func work(_ context: ToolContext, _ dataDirectory: String, _ port: Int) async throws -> ExitStatus {
        guard LocalFiles.exists(dataDirectory + "/PG_VERSION") else {
            throw ActivationRun.notHere(dataDirectory, context)
        }
        let lock = isDryRun ? nil : try ToolLock.take(Self.toolName, dataDirectory: dataDirectory)
        defer { lock?.release() }
        try context.killPoint(ActivationStep.locked.rawValue)
        let run = ActivationRun(options: self, context: context, dataDirectory: dataDirectory, port: port)
        return try await run.run()
    }

    /// `-d`, then the variables, as the original looks for it; what it meant to say when there is none.
    private func chosenDirectory(_ context: ToolContext) throws(ToolError) -> String {
        if dataDirectory == nil {
            context.report(
                .info(
                    "Option -d or --master-data-directory or --coordinator-data-directory not set. "
                        + "Checking environment variable COORDINATOR_DATA_DIRECTORY"))
        }
        do { return try context.requireCoordinatorDataDirectory() } catch {
            context.report(
                ReportLine(
                    .critical, "Both -d parameter and COORDINATOR_DATA_DIRECTORY environment variable are not set."))
            throw ToolError(
                .critical, "Required option coordinator data directory is missing.",
                hint: "pass -d <the standby's data directory>")
        }
    }

    /// Any failure in the original's last line.
    private func framed(_ error: any Error, _ context: ToolContext) -> any Error {
        if context.stop.isRequested {
            context.report(.error("User canceled"))
            return error
        }
        let (text, hint) =
            switch error {
            case let error as ToolError: (error.message, error.hint)
            case let error as any HintedError: (error.message, error.hint)
            default: ("\(error)", nil as String?)
            }
        return ToolError(.critical, "Error activating standby coordinator: \(text)", hint: hint)
    }
}
