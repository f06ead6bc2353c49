public import ArgumentParser
import ClusterModel
import ClusterOperations
public import ToolSupport

/// Brings failed segments back, each from its content's acting primary, or gives pairs their preferred roles again.
///
/// See gprecoverseg(8).
public struct GPRecoverSeg: ToolCommand {
    public static let toolName = "gprecoverseg"
    public static let configuration = CommandConfiguration.tool(
        toolName, abstract: "Recover segments that are down, or rebalance roles.")

    @OptionGroup public var standard: StandardOptions
    @OptionGroup var shellOptions: ShellOptions
    @OptionGroup var parallel: ParallelOptions

    @Option(
        name: .customShort("i"), help: ArgumentHelp("Recover what this file says.", valueName: "file"),
        completion: .file())
    var inputFile: String?

    @Option(
        name: .customShort("o"), help: ArgumentHelp("Write such a file and stop.", valueName: "file"),
        completion: .file())
    var outputFile: String?

    @Option(
        name: .customShort("p"), help: ArgumentHelp("Recover to these other hosts.", valueName: "host,..."),
        completion: .custom(HostCompletion.list))
    var newHosts: String?

    @Flag(name: .customShort("F"), help: "Copy everything.")
    var isFull = false

    @Flag(name: .customLong("differential"), help: "Move what differs, found by rsync.")
    var isDifferential = false

    @Option(
        name: .customLong("fallback"),
        help: ArgumentHelp("How far to go where a method fails: differential, full or none.", valueName: "method"),
        completion: .list(["differential", "full", "none"]))
    var fallback = "none"

    @Flag(name: .customShort("r"), help: "Give every pair its preferred roles.")
    var rebalances = false

    @Option(
        name: .customLong("replay-lag"), help: ArgumentHelp("Lag in GB that -r accepts (10).", valueName: "GB"))
    var replayLag: Double?

    @Flag(name: .customLong("disable-replay-lag"), help: "Let -r accept any lag.")
    var ignoresReplayLag = false

    @Option(
        name: .customLong("max-rate"), help: ArgumentHelp("kB a second that a copy moves at most.", valueName: "rate"))
    var maxRate: String?

    @Flag(name: .customShort("s"), help: "Show progress line by line.")
    var isSequential = false

    @Flag(name: .customLong("no-progress"), help: "Show no progress.")
    var hidesProgress = false

    @Flag(name: .customLong("hba-hostnames"), help: "Write host names, not addresses, to pg_hba.conf.")
    var usesHostnames = false

    @Option(
        name: .customLong("hba-auth"), help: ArgumentHelp("Authentication method in pg_hba.conf.", valueName: "method"))
    var hbaMethod = "trust"

    @Flag(name: .customLong("dry-run"), help: "Show the plan; write nothing anywhere.")
    var isDryRun = false

    @Option(
        name: .customLong("wait"), defaultAsFlag: WaitTime.usual, parsing: .next,
        help: ArgumentHelp("Wait until every pair is in sync (3600 seconds).", valueName: "seconds"))
    var wait: WaitTime?

    public init() {}

    public static let optionShapes: [OptionShape] =
        StandardOptions.shapes + ShellOptions.shapes + ParallelOptions.shapes + [
            .text("-i"), .text("-o"), .text("-p"), .flag("-F"), .flag("--differential"), .text("--fallback"),
            .flag("-r"), .number("--replay-lag"), .flag("--disable-replay-lag"), .text("--max-rate"), .flag("-s"),
            .flag("--no-progress"), .flag("--hba-hostnames"), .text("--hba-auth"), .flag("--dry-run"),
            .optional("--wait"),
        ]

    /// Runs the tool: check, ask, plan, show, confirm, apply.
    public func run(_ context: ToolContext) async throws -> ExitStatus {
        try checkRanges()
        let dataDirectory = try context.requireCoordinatorDataDirectory()
        let lock = isDryRun || outputFile != nil ? nil : try takeLock(dataDirectory, context.environment)
        defer { lock?.release() }
        try context.killPoint(RecoveryStep.locked.rawValue)
        return try await RecoverRun(options: self, context: context, dataDirectory: dataDirectory).run()
    }

    private func takeLock(_ dataDirectory: String, _ environment: [String: String]) throws -> ToolLock? {
        do {
            return try ToolLock.take(
                Self.toolName, dataDirectory: dataDirectory, alsoFree: ["gpaddmirrors", "gpinitstandby"],
                heldBy: environment["GPRECOVERPID"].flatMap { Int($0) })
        } catch let error as OperationError {
            throw ToolError(.plain, error.message, hint: error.hint)
        }
    }
}
