public import ArgumentParser
import ClusterModel
import ClusterOperations
import Glibc
import Logging
import Reporting
public import ToolSupport

/// Tells the state of a cluster: what the catalog says, what the hosts say, and where they disagree.
///
/// It changes nothing. See gpstate(8).
public struct GPState: ToolCommand {
    public static let toolName = "gpstate"
    public static let configuration = CommandConfiguration.tool(toolName, abstract: "Show the state of a cluster.")

    @OptionGroup public var standard: StandardOptions
    @OptionGroup var shellOptions: ShellOptions
    @OptionGroup var parallel: HostParallelOptions
    @OptionGroup var monitoring: MonitoringOptions

    @Flag(name: .customShort("b"), help: "Brief summary (default).") var brief = false
    @Flag(name: .customShort("s"), help: "Detailed state of every instance.") var detailed = false
    @Flag(name: .customShort("e"), help: "Mirrors with trouble only.") var problems = false
    @Flag(name: .customShort("m"), help: "List the mirrors.") var mirrors = false
    @Flag(name: .customShort("c"), help: "Map primaries to mirrors.") var mapping = false
    @Flag(name: .customShort("Q"), help: "Quick: from the catalog alone.") var quick = false
    @Flag(name: .customShort("p"), help: "List the ports.") var ports = false
    @Flag(name: .customShort("i"), help: "Show software versions.") var versions = false
    @Flag(name: .customShort("f"), help: "Show the standby coordinator.") var standby = false
    @Flag(name: .customShort("x"), help: "Show the state of an expansion.") var expansion = false

    @Flag(name: .customLong("segmentStatusPipeSeparatedForTableUse"), help: .hidden) var segmentRows = false
    @Flag(name: .customLong("printSampleExternalTableSql"), help: .hidden) var sampleTable = false

    @Option(
        name: .customLong("timeout"), help: ArgumentHelp("Time for the first connection.", valueName: "seconds"))
    var timeoutSeconds: Int?

    @Option(
        name: .customLong("retries"), help: ArgumentHelp("Tries of the first connection.", valueName: "number"))
    var retries: Int?

    @OptionGroup var views: ViewOptions

    public init() {}

    public static let optionShapes: [OptionShape] =
        StandardOptions.shapes + ShellOptions.shapes + HostParallelOptions.shapes + MonitoringOptions.shapes
        + ViewOptions.shapes
        + ["-b", "-s", "-e", "-m", "-c", "-Q", "-p", "-i", "-f", "-x"].map { .flag($0) } + [
            .flag("--segmentStatusPipeSeparatedForTableUse"), .flag("--printSampleExternalTableSql"),
            .integer("--timeout"), .integer("--retries"),
        ]

    private var asked: Set<StatusMode> {
        let flags: [(Bool, StatusMode)] =
            [
                (brief, .brief), (detailed, .detailed), (problems, .problems), (mirrors, .mirrors), (mapping, .mapping),
                (quick, .quick), (ports, .ports), (versions, .versions), (standby, .standby), (expansion, .expansion),
                (segmentRows, .segmentRows), (sampleTable, .sampleTable),
            ] + views.asked
        return Set(flags.filter(\.0).map(\.1))
    }

    /// Gathers the facts of the mode and reports them.
    public func run(_ context: ToolContext) async throws -> ExitStatus {
        let mode = try chosenMode()
        if monitoring.isAsked {
            guard !self.views.isAsked else {
                throw ToolError(
                    .validation, "--since and --watch do not go with --check and --metrics")
            }
            return try await monitor(context)
        }
        let views = try self.views.checked(mode, context)
        let dataDirectory = try context.requireCoordinatorDataDirectory()
        if let interval = views.interval {
            return await watch(mode, views, every: interval, dataDirectory, context)
        }
        let shell = ReusedShell(options: shellOptions, width: parallel.hostCount)
        let (cluster, own) = try await open(
            mode, dataDirectory, context.environment, context.logger, shell: shell, since: views.since)
        async let facts = facts(of: cluster, own, mode, dataDirectory, context.environment)
        await cluster.versions.announce(context.logger)
        if let line = mode.announcement(in: cluster.configuration) { context.report(line) }
        let report = mode.report(of: try await facts, picture: views.picture)
        // Where it is being ended, questions were broken off: what came of them is no report.
        try context.stop.check()
        context.report(report.lines)
        // The document has what these lines say.
        if !context.isJSON { report.plainLines.forEach(context.printPlain) }
        context.emit(json: report.json)
        return ExitStatus(rawValue: report.exitStatus)
    }

    /// Reads the catalog, and asks the coordinator what the mode needs of it.
    func open(
        _ mode: StatusMode, _ dataDirectory: String, _ environment: [String: String], _ logger: Logger,
        shell: ReusedShell, since: HistoryStart?
    ) async throws -> (cluster: OpenCluster, answer: Task<CoordinatorQuestion.Answer, any Error>) {
        var opening = ClusterOpening(dataDirectory: dataDirectory, environment: environment, logger: logger)
        opening.connectTimeout = timeoutSeconds.map { .seconds($0) }
        opening.tries = timeoutSeconds == nil ? 1 : max(1, retries ?? 1)
        return try await opening.open(.utility) {
            shell.shell($0, environment)
        } asking: {
            connection, engine, configuration in
            try CoordinatorQuestion.ask(
                mode.needs(in: configuration), connection, engine: engine, coordinator: configuration.coordinator,
                dataDirectory: dataDirectory, since: since)
        }
    }

    func facts(
        of cluster: OpenCluster, _ own: Task<CoordinatorQuestion.Answer, any Error>, _ mode: StatusMode,
        _ dataDirectory: String, _ environment: [String: String]
    ) async throws -> ClusterFacts {
        var facts = ClusterFacts(
            configuration: cluster.configuration, coordinatorDirectory: dataDirectory,
            programDirectory: Self.programDirectory)
        let gatherer = FactGatherer(
            access: cluster.access, configuration: cluster.configuration, hostLimit: parallel.hostCount,
            hostTimeout: shellOptions.hostTimeout, logDirectory: standard.logDirectory(environment))
        try await gatherer.gather(mode.needs(in: cluster.configuration), own: own, into: &facts)
        return facts
    }

    private func chosenMode() throws(ToolError) -> StatusMode {
        let mode: StatusMode
        do throws(TooManyOutputOptions) {
            mode = try StatusMode.chosen(from: asked)
            if monitoring.isAsked, !asked.isEmpty { throw TooManyOutputOptions() }
        } catch {
            throw ToolError(.validation, error.description)
        }
        guard HostParallelOptions.hostRange.contains(parallel.hostCount) else {
            throw ToolError(.validation, "Invalid parallelDegree provided with -B argument: \(parallel.hostCount)")
        }
        return mode
    }

    /// Where the running program lies, for the sample table's command.
    private static var programDirectory: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard length > 0 else { return "." }
        let path = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
