public import ArgumentParser
import ClusterOperations
import Glibc
import Reporting
public import ToolSupport

/// Makes, starts and removes the coordinator's standby, while clients work.
///
/// See gpinitstandby(8).
public struct GPInitStandby: ToolCommand {
    public static let toolName = "gpinitstandby"
    public static let configuration = CommandConfiguration.tool(
        toolName, abstract: "Add, start or remove the standby of the coordinator.")

    @OptionGroup var log: CoordinatorToolOptions
    @OptionGroup var shellOptions: ShellOptions

    @Option(
        name: [
            .customShort("d"), .customLong("coordinator-data-directory"), .customLong("coordinator_data_directory"),
        ], help: ArgumentHelp("The coordinator's data directory.", valueName: "directory"),
        completion: .directory)
    var coordinatorDataDirectory: String?

    @Option(
        name: [.customShort("s"), .customLong("standby-host")],
        help: ArgumentHelp("Add a standby on this host.", valueName: "host"),
        completion: .custom { words, _, _ in
            CatalogNames.hosts(words: words, environment: ToolRunner.processEnvironment())
        })
    var standbyHost: String?

    @Option(
        name: [.customShort("P"), .customLong("standby-port")],
        help: ArgumentHelp("The standby's port (the coordinator's).", valueName: "port"))
    var standbyPort: Int?

    @Option(
        name: [.customShort("S"), .customLong("standby-datadir")],
        help: ArgumentHelp("The standby's data directory (the coordinator's).", valueName: "directory"))
    var standbyDirectory: String?

    @Flag(name: [.customShort("n"), .customLong("no-update")], help: "Start the standby that is configured.")
    var startsOnly = false

    @Flag(name: [.customShort("r"), .customLong("remove")], help: "Remove the standby.")
    var removes = false

    @Flag(name: .customLong("replace"), help: "With -s: remove the old standby and add the new one.")
    var replaces = false

    @Flag(name: .customLong("finish"), help: "Let the standby in at segments that were out of reach.")
    var finishes = false

    @Flag(name: .customLong("hba-hostnames"), help: "Write host names, not addresses, to pg_hba.conf.")
    var usesHostnames = false

    @Option(
        name: .customLong("hba-auth"), help: ArgumentHelp("Authentication method in pg_hba.conf.", valueName: "method"))
    var hbaMethod = "trust"

    @Option(
        name: [.customShort("M"), .customLong("mode")],
        help: ArgumentHelp("Taken for compatibility; has no effect.", valueName: "mode"))
    var mode = "smart"

    @Flag(name: .customLong("dry-run"), help: "Show the plan; write nothing anywhere.")
    var isDryRun = false

    @Flag(name: .customLong("no-progress"), help: "Show no progress.")
    var hidesProgress = false

    public init() {}

    public static let optionShapes: [OptionShape] =
        CoordinatorToolOptions.shapes + ShellOptions.shapes + [
            .text("-d", "--coordinator-data-directory", "--coordinator_data_directory"),
            .text("-s", "--standby-host"), .integer("-P", "--standby-port"), .text("-S", "--standby-datadir"),
            .flag("-n", "--no-update"), .flag("-r", "--remove"), .flag("--replace"), .flag("--finish"),
            .flag("--hba-hostnames"), .text("--hba-auth"), .text("-M", "--mode"), .flag("--dry-run"),
            .flag("--no-progress"),
        ]

    /// The options every tool has, from this tool's own names for them.
    public var standard: StandardOptions { log.standard(dataDirectory: coordinatorDataDirectory) }

    /// What is to be done.
    enum Action: Sendable, Equatable {
        case add
        case start
        case remove
        case finish
    }

    /// Runs the tool: check the options, take the lock, work.
    public func run(_ context: ToolContext) async throws -> ExitStatus {
        let action = try chosenAction(context)
        do {
            let dataDirectory = try context.requireCoordinatorDataDirectory()
            let lock = isDryRun ? nil : try takeLock(dataDirectory)
            defer { lock?.release() }
            try context.killPoint(StandbyStep.locked.rawValue)
            return try await InitStandbyRun(options: self, context: context, dataDirectory: dataDirectory)
                .run(action)
        } catch {
            throw framed(error, action, context)
        }
    }

    /// The original's checks, in its order and words, then ours.
    private func chosenAction(_ context: ToolContext) throws(ToolError) -> Action {
        func refuse(_ text: String) -> ToolError { ToolError(.plain, text) }
        if let directory = log.missingDirectory { throw refuse("Log directory \(directory) does not exist.") }
        if standbyHost != nil, startsOnly { throw refuse("Options -s and -n cannot be specified together.") }
        if standbyDirectory != nil, startsOnly { throw refuse("Options -S and -n cannot be specified together.") }
        if standbyHost != nil, removes { throw refuse("Options -s and -r cannot be specified together.") }
        if replaces, standbyHost == nil { throw refuse("Option --replace needs -s.") }
        if finishes, standbyHost != nil || removes || startsOnly {
            throw refuse("Option --finish cannot be specified together with -s, -r or -n.")
        }
        guard !hbaMethod.isEmpty, hbaMethod.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
        else { throw refuse("Invalid --hba-auth method: '\(hbaMethod)'") }
        if removes { return .remove }
        if startsOnly { return .start }
        if finishes { return .finish }
        if standbyHost != nil { return .add }
        context.report(.error("No action provided in the options."))
        context.printPlain(Self.helpMessage())
        throw ToolError(.plain, "name what to do with -s, -n or -r")
    }

    private func takeLock(_ dataDirectory: String) throws -> ToolLock {
        try ToolLock.take(
            Self.toolName, dataDirectory: dataDirectory, alsoFree: ["gpaddmirrors", "gprecoverseg", "gpmovemirrors"])
    }

    /// Any failure in the original's last line.
    private func framed(_ error: any Error, _ action: Action, _ context: ToolContext) -> any Error {
        if context.stop.isRequested {
            context.report(.error("User canceled"))
            return error
        }
        let verb = action == .remove ? "removing" : "initializing"
        let (text, hint) =
            switch error {
            case let error as ToolError: (error.message, error.hint)
            case let error as any HintedError: (error.message, error.hint)
            default: ("\(error)", nil as String?)
            }
        return ToolError(.plain, "Error \(verb) standby coordinator: \(text)", hint: hint)
    }
}
