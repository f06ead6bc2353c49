public import ArgumentParser
import BlockingWork
import ClusterModel
import ClusterOperations
import Reporting
public import ToolSupport

/// Gives a running cluster mirrors, while its primaries serve.
///
/// It copies each primary, adds the mirror's row to `gp_segment_configuration` and starts it. See gpaddmirrors(8).
public struct GPAddMirrors: ToolCommand {
    public static let toolName = "gpaddmirrors"
    public static let configuration = CommandConfiguration.tool(
        toolName, abstract: "Add mirror segments to a cluster that was made without them.")

    @OptionGroup public var standard: StandardOptions
    @OptionGroup var shellOptions: ShellOptions

    @Option(
        name: .customShort("i"), help: ArgumentHelp("Place the mirrors as this file says.", valueName: "file"),
        completion: .file())
    var inputFile: String?

    @Option(
        name: .customShort("o"), help: ArgumentHelp("Write the placements to a file and stop.", valueName: "file"),
        completion: .file())
    var outputFile: String?

    @Option(
        name: .customShort("m"), help: ArgumentHelp("File with the mirror data directories.", valueName: "file"),
        completion: .file())
    var directoryFile: String?

    @Flag(name: .customShort("s"), help: "Spread the mirrors of a host over the other hosts.")
    var spreads = false

    @Option(name: .customLong("block"), help: ArgumentHelp("Spread inside blocks of N hosts.", valueName: "N"))
    var blockSize: Int?

    @Option(name: .customShort("p"), help: ArgumentHelp("Add this to ports of primaries.", valueName: "offset"))
    var portOffset = 1000

    @Option(
        name: [.customShort("B"), .customLong("batch-size")],
        help: ArgumentHelp("Hosts worked on at once, 1 to 64.", valueName: "number"))
    var hostCount = 16

    @Option(
        name: [.customShort("b"), .customLong("segment-batch-size")],
        help: ArgumentHelp("Segments of a host worked on at once, 1 to 128.", valueName: "number"))
    var segmentCount = 64

    @Flag(name: .customLong("hba-hostnames"), help: "Write host names, not addresses, to pg_hba.conf.")
    var usesHostnames = false

    @Option(
        name: .customLong("hba-auth"), help: ArgumentHelp("Authentication method in pg_hba.conf.", valueName: "method"))
    var hbaMethod = "trust"

    @Flag(name: .customLong("dry-run"), help: "Show the plan; write nothing anywhere.")
    var isDryRun = false

    @Option(
        name: .customLong("map"), defaultAsFlag: MapForm.text.rawValue, parsing: .next,
        help: ArgumentHelp("With --dry-run: draw the planned layout: text, ascii or svg.", valueName: "form"),
        completion: .list(MapForm.allCases.map(\.rawValue)))
    var mapForm: String?

    @Flag(name: .customLong("no-progress"), help: "Show no progress.")
    var hidesProgress = false

    @Option(
        name: .customLong("wait"), defaultAsFlag: WaitTime.usual, parsing: .next,
        help: ArgumentHelp("Wait until every mirror is in sync (3600 seconds).", valueName: "seconds"))
    var wait: WaitTime?

    public init() {}

    public static let optionShapes: [OptionShape] =
        StandardOptions.shapes + ShellOptions.shapes + [
            .text("-i"), .text("-o"), .text("-m"), .flag("-s"), .integer("--block"), .integer("-p"),
            .integer("-B", "--batch-size"), .integer("-b", "--segment-batch-size"), .flag("--hba-hostnames"),
            .text("--hba-auth"), .flag("--dry-run"), .optional("--map"), .flag("--no-progress"), .optional("--wait"),
        ]

    /// The layout that the options ask for.
    var layout: MirrorLayout {
        if let blockSize { return .block(blockSize) }
        return spreads ? .spread : .group
    }

    /// What `--map` asks for; nil without it.
    var map: MapForm? { mapForm.flatMap(MapForm.init) }

    /// A drawing has standard output for itself.
    public var screenUse: ScreenUse { standard.isJSON || map == .svg ? .data : .log }

    /// Runs the tool: check, plan, show, ask, apply.
    public func run(_ context: ToolContext) async throws -> ExitStatus {
        try checkRanges()
        let dataDirectory = try context.requireCoordinatorDataDirectory()
        let lock = isDryRun || outputFile != nil ? nil : try takeLock(dataDirectory)
        defer { lock?.release() }
        try context.killPoint(AddMirrorsStep.locked.rawValue)
        return try await AddMirrorsRun(options: self, context: context, dataDirectory: dataDirectory).run()
    }

    private func checkRanges() throws(ToolError) {
        guard ParallelOptions.hostRange.contains(hostCount) else {
            throw ToolError(.validation, "Invalid batch_size provided with -B argument: \(hostCount)")
        }
        guard ParallelOptions.segmentRange.contains(segmentCount) else {
            throw ToolError(.validation, "Invalid segment_batch_size provided with -b argument: \(segmentCount)")
        }
        guard !spreads || blockSize == nil else {
            throw ToolError(.validation, "Only one of -s and --block may be specified")
        }
        guard !hbaMethod.isEmpty, hbaMethod.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
        else { throw ToolError(.validation, "Invalid --hba-auth method: '\(hbaMethod)'") }
        try checkMap()
        try wait?.check()
    }

    private func checkMap() throws(ToolError) {
        guard let mapForm else { return }
        do { _ = try MapForm.parse(mapForm) } catch {
            throw ToolError(.validation, PrintableText.oneLine(error.description))
        }
        guard isDryRun, outputFile == nil else { throw ToolError(.validation, "--map goes with --dry-run only") }
    }

    private func takeLock(_ dataDirectory: String) throws -> ToolLock {
        do {
            return try ToolLock.take(
                Self.toolName, dataDirectory: dataDirectory,
                alsoFree: ["gprecoverseg", "gpmovemirrors", "gpinitstandby"])
        } catch let error as OperationError {
            throw ToolError(.plain, error.message, hint: error.hint)
        }
    }
}
