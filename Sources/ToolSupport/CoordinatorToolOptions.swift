public import ArgumentParser
import Glibc

/// The common options under the names that they have in the tools for the coordinator's standby.
///
/// There `-v` is the version and `-D` makes them talk. Each tool names its data directory's option itself.
public struct CoordinatorToolOptions: ParsableArguments, Sendable {
    @Flag(name: .customShort("v"), help: "Show the version.")
    var showsVersion = false

    @Flag(name: [.customShort("D"), .customLong("debug")], help: "Log debug records too.")
    var isVerbose = false

    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Print warnings and errors only.")
    var isQuiet = false

    @Option(
        name: [.customShort("l"), .customLong("logfile")],
        help: ArgumentHelp("Write the log file there.", valueName: "directory"), completion: .directory)
    public var logDirectory: String?

    @Flag(name: .customShort("a"), help: "Do not ask for confirmation.")
    var asksNothing = false

    @Flag(name: .customLong("json"), help: "Print one JSON document; the log goes to standard error.")
    var isJSON = false

    public init() {}

    /// The same options for the argument pre-pass.
    public static let shapes: [OptionShape] = [
        .version("-v"), .flag("-D", "--debug"), .flag("-q", "--quiet"), .text("-l", "--logfile"), .flag("-a"),
        .flag("--json"),
    ]

    /// As every tool's parts know them.
    public func standard(dataDirectory: String?) -> StandardOptions {
        var standard = StandardOptions()
        standard.isVerbose = isVerbose
        standard.isQuiet = isQuiet
        // A directory that is not there is refused, not made.
        standard.logDirectory = missingDirectory == nil ? logDirectory : nil
        standard.asksNothing = asksNothing
        standard.coordinatorDataDirectory = dataDirectory
        standard.isJSON = isJSON
        return standard
    }

    /// The directory of `-l` when it does not exist.
    public var missingDirectory: String? {
        guard let logDirectory else { return nil }
        var status = stat()
        guard stat(logDirectory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return logDirectory }
        return nil
    }
}
