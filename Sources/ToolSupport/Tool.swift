public import ArgumentParser

/// A program of the suite: either a command, or a family of commands that are its subcommands.
public protocol Tool: ParsableCommand, Sendable {
    /// The name the program has in its log lines and errors: `gpstate`.
    static var toolName: String { get }

    /// Every option of its own and of its option groups; `OptionShape.differences(of:)` proves the list complete.
    ///
    /// `--help` and `--version` are known without being listed.
    static var optionShapes: [OptionShape] { get }
}

extension Tool {
    public static var optionShapes: [OptionShape] { [] }
}

/// Which log records of a run reach the screen; the log file gets them all.
public enum ScreenUse: Sendable, Equatable {
    /// All, on standard output.
    case log
    /// All, on standard error: standard output carries data only.
    case data
    /// Errors on standard error, with `-v` the rest too.
    case errors
}

/// A command that runs with a context: the seam that lets a test run it in-process.
public protocol ToolCommand: Tool {
    /// What `-v`, `-q`, `-l`, `-a`, `-d` and `--json` said: an `@OptionGroup`.
    var standard: StandardOptions { get }

    /// Whether standard output carries data only, so that the log goes to standard error (as with `--json`).
    static var printsDataOnly: Bool { get }

    /// Where the log goes beside the file, by what the arguments ask for.
    var screenUse: ScreenUse { get }

    /// Does the work and returns how it ended.
    ///
    /// - Throws: `ToolError` for an end in one of the original's forms; any other error becomes
    ///   `<prog> failed. (Reason='…') exiting...`, exit status 2.
    func run(_ context: ToolContext) async throws -> ExitStatus
}

extension ToolCommand {
    public static var printsDataOnly: Bool { false }
    public var screenUse: ScreenUse { standard.isJSON || Self.printsDataOnly ? .data : .log }
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
