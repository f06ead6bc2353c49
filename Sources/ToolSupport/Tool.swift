public import ArgumentParser

/// A program of the suite: either a command, or a family of commands that are its subcommands.
public protocol Tool: ParsableCommand, Sendable {
    /// The name the program has in its log lines and errors: `gpstate`.
    static var toolName: String { get }

    /// Every option of its own and of its option groups; `OptionShape.differences(of:)` proves the list complete.
    ///
    /// `--help` and `--version` are known without being listed.
    static var optionShapes: [OptionShape] { get }

    /// How wrong usage is told; nil is the original's way: three lines on standard error, exit status 2.
    ///
    /// - Parameters:
    ///   - message: what is wrong, lowercase.
    ///   - arguments: as the user typed them.
    static func refusal(ofUsage message: String, _ arguments: [String]) -> ToolRefusal?
}

extension Tool {
    public static var optionShapes: [OptionShape] { [] }
    public static func refusal(ofUsage message: String, _ arguments: [String]) -> ToolRefusal? { nil }
}

/// What a run that comes to nothing prints to standard output where the original's forms are not wanted.
public struct ToolRefusal: Sendable, Equatable {
    /// Without its final newline.
    public let text: String
    public let status: ExitStatus

    public init(text: String, status: ExitStatus) {
        self.text = text
        self.status = status
    }
}

/// Which log records of a run reach the screen; the log file gets them all.
public enum ScreenUse: Sendable, Equatable {
    /// All, on standard output.
    case log
    /// All, on standard error: standard output carries data only.
    case data
    /// Errors on standard error, with `-v` the rest too; a log file that cannot be written is done without.
    case errors
    /// None, with `-v` all on standard error; a log file that cannot be written is done without.
    case nothing
}

/// A command that runs with a context: the seam that lets a test run it in-process.
public protocol ToolCommand: Tool {
    /// What `-v`, `-q`, `-l`, `-a`, `-d` and `--json` said: an `@OptionGroup`.
    var standard: StandardOptions { get }

    /// Whether standard output carries data only, so that the log goes to standard error (as with `--json`).
    static var printsDataOnly: Bool { get }

    /// Where the log goes beside the file, by what the arguments ask for.
    var screenUse: ScreenUse { get }

    /// The status of a run that a signal ends.
    var interruptedStatus: ExitStatus { get }

    /// How a run that ends with an error says so; nil is the original's way.
    func refusal(of error: ToolError) -> ToolRefusal?

    /// Does the work and returns how it ended.
    ///
    /// - Throws: `ToolError` for an end in one of the original's forms; any other error becomes
    ///   `<prog> failed. (Reason='…') exiting...`, exit status 2.
    func run(_ context: ToolContext) async throws -> ExitStatus
}

extension ToolCommand {
    public static var printsDataOnly: Bool { false }
    public var screenUse: ScreenUse { standard.isJSON || Self.printsDataOnly ? .data : .log }
    public var interruptedStatus: ExitStatus { .refused }
    public func refusal(of error: ToolError) -> ToolRefusal? { nil }
}

extension CommandConfiguration {
    /// The configuration of a tool: help under `-h`, `-?` and `--help`, and the suite's version.
    ///
    /// - Parameters:
    ///   - name: as the user types it.
    ///   - abstract: one line, the same as the manual page's.
    public static func tool(
        _ name: String, abstract: String, discussion: String = "", shouldDisplay: Bool = true,
        subcommands: [any ParsableCommand.Type] = []
    ) -> CommandConfiguration {
        CommandConfiguration(
            commandName: name, abstract: abstract, discussion: discussion, version: ToolVersion.line(of: name),
            shouldDisplay: shouldDisplay, subcommands: subcommands,
            helpNames: [.short, .customShort("?"), .long])
    }
}
