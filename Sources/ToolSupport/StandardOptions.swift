public import ArgumentParser
import Glibc

/// The options every tool has, under Greenplum's names.
public struct StandardOptions: ParsableArguments, Sendable {
    @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Log debug records too.")
    public var isVerbose = false

    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Print warnings and errors only.")
    public var isQuiet = false

    @Option(
        name: .customShort("l"), help: ArgumentHelp("Write the log file there.", valueName: "directory"),
        completion: .directory)
    public var logDirectory: String?

    @Flag(name: .customShort("a"), help: "Do not ask for confirmation.")
    public var asksNothing = false

    @Option(
        name: [
            .customShort("d"), .customLong("coordinator_data_directory"), .customLong("master_data_directory"),
            .customLong("coordinator-data-directory"), .customLong("master-data-directory"),
        ], help: ArgumentHelp("The coordinator's data directory.", valueName: "directory"),
        completion: .directory)
    public var coordinatorDataDirectory: String?

    @Flag(name: .customLong("json"), help: "Print one JSON document; the log goes to standard error.")
    public var isJSON = false

    public init() {}

    /// The same options for the argument pre-pass.
    public static let shapes: [OptionShape] = [
        .flag("-v", "--verbose"), .flag("-q", "--quiet"), .text("-l"), .flag("-a"),
        .text(
            "-d", "--coordinator_data_directory", "--master_data_directory", "--coordinator-data-directory",
            "--master-data-directory"),
        .flag("--json"),
    ]

    /// The coordinator's data directory, absolute: `-d`, then `COORDINATOR_DATA_DIRECTORY`, then
    /// `MASTER_DATA_DIRECTORY`; an empty variable counts as unset.
    ///
    /// - Throws: `ToolError` in Greenplum's words when none of them is given.
    public func requireCoordinatorDataDirectory(_ environment: [String: String]) throws(ToolError) -> String {
        let variables = ["COORDINATOR_DATA_DIRECTORY", "MASTER_DATA_DIRECTORY"].map { environment[$0] ?? "" }
        guard let directory = ([coordinatorDataDirectory ?? ""] + variables).first(where: { !$0.isEmpty }) else {
            throw ToolError(
                .failure, "Environment Variable COORDINATOR_DATA_DIRECTORY not set!",
                hint: "set COORDINATOR_DATA_DIRECTORY, or pass -d <coordinator data directory>")
        }
        return Self.absolute(directory)
    }

    /// `path` without symbolic links where it exists, else prefixed with the working directory when it is relative.
    private static func absolute(_ path: String) -> String {
        if let resolved = realpath(path, nil) {
            defer { free(resolved) }
            return String(cString: resolved)
        }
        guard !path.isEmpty, !path.hasPrefix("/"), let working = getcwd(nil, 0) else { return path }
        defer { free(working) }
        return String(cString: working) + "/" + path
    }
}
