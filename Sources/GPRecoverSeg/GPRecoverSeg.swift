public import ArgumentParser
import ClusterModel
import ClusterOperations
import RemoteShell
public import ToolSupport

/// Rebalance only.
public struct GPRecoverSeg: ToolCommand {
    public static let toolName = "gprecoverseg"
    public static let configuration = CommandConfiguration.tool(toolName, abstract: "Recover failed segments.")

    @OptionGroup public var standard: StandardOptions
    @OptionGroup var shellOptions: ShellOptions
    @OptionGroup var parallel: ParallelOptions

    @Flag(name: .customShort("r"), help: "Give segments their preferred roles back.")
    var rebalances = false

    @Option(name: .customLong("replay-lag"), help: ArgumentHelp("Allowed replay lag.", valueName: "GB"))
    var replayLag: Double?

    @Flag(name: .customLong("disable-replay-lag"), help: "Do not check the replay lag.")
    var ignoresLag = false

    @Flag(name: .customLong("dry-run"), help: "Show the plan; write nothing anywhere.")
    var isDryRun = false

    @Flag(name: .customLong("no-progress"), help: "Show no progress.")
    var hidesProgress = false

    public init() {}

    public static let optionShapes: [OptionShape] =
        StandardOptions.shapes + ShellOptions.shapes + ParallelOptions.shapes + [
            .flag("-r"), .text("--replay-lag"), .flag("--disable-replay-lag"), .flag("--dry-run"),
            .flag("--no-progress"),
        ]

    public func run(_ context: ToolContext) async throws -> ExitStatus {
        let dataDirectory = try context.requireCoordinatorDataDirectory()
        let lock = try ToolLock.take(Self.toolName, dataDirectory: dataDirectory)
        defer { lock.release() }
        let opening = ClusterOpening(
            dataDirectory: dataDirectory, environment: context.environment, logger: context.logger)
        let cluster = try await opening.open(.dispatch) { configuration in
            shellOptions.shell(
                localHosts: [configuration.coordinator.hostname], width: parallel.hostCount,
                environment: context.environment)
        }
        try await cluster.versions.announce(context.logger)
        var options = RebalanceOptions()
        options.isDryRun = isDryRun
        options.hidesProgress = hidesProgress
        options.lagLimit = ignoresLag ? nil : ReplayLagLimit(gigabytes: replayLag)
        let status = try await RebalanceRun(options: options, context: context, cluster: cluster).run()
        await cluster.access.shell.close()
        return status
    }
}
