import ArgumentParser
import Glibc
import Logging
import RemoteShell
import Reporting

/// What a run starts from.
struct ToolStart: Sendable {
    let toolName: String
    let arguments: [String]
    let environment: [String: String]
    let terminal: any Terminal
    let stop: StopRequest
}

/// The main program of every tool: parse, log, run, and end as the original does.
public enum ToolRunner {
    /// Runs a command line and ends the process.
    ///
    /// - Parameter arguments: without the program's name; the process's own unless given.
    public static func main<C: Tool>(
        _ type: C.Type, arguments: [String] = Array(CommandLine.arguments.dropFirst())
    ) async -> Never {
        dropDatabaseRedirection()
        SignalWatch.shield()
        let start = ToolStart(
            toolName: C.toolName, arguments: arguments,
            environment: processEnvironment(), terminal: SystemTerminal(), stop: StopRequest())
        let status = await run(type, start) { stop, screen, interrupted in
            SignalWatch.start(stop) {
                screen.releaseBlock()
                _exit(interrupted.rawValue)
            }
        }
        // Not exit(3): its handlers would tear down the C libraries under threads that still use them.
        fflush(nil)
        _exit(status.rawValue)
    }

    /// Parses and runs in-process, for tests: nothing but the log file is touched beyond what the command does.
    ///
    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - environment: used in place of the process's; set `HOME`, or pass `-l`, to place the log file.
    ///   - terminal: a `CapturedTerminal` keeps what is printed.
    ///   - stop: lets a test interrupt the run.
    public static func run<C: Tool>(
        _ type: C.Type, arguments: [String], environment: [String: String], terminal: any Terminal,
        stop: StopRequest = StopRequest()
    ) async -> ExitStatus {
        let start = ToolStart(
            toolName: C.toolName, arguments: arguments, environment: environment, terminal: terminal, stop: stop)
        return await run(type, start) { _, _, _ in }
    }

    private static func run<C: Tool>(
        _ type: C.Type, _ start: ToolStart, watch: (StopRequest, Screen, ExitStatus) -> Void
    ) async -> ExitStatus {
        switch ParsedCommand(type, start.arguments, columns: start.terminal.size?.columns) {
        case .text(let text):
            start.terminal.write(text.hasSuffix("\n") ? text : text + "\n", to: .standardOutput)
            return .done
        case .refusal(let message):
            guard let refusal = C.refusal(ofUsage: message, start.arguments) else {
                start.terminal.write(ParsedCommand.usageError(C.toolName, message) + "\n", to: .standardError)
                return .refused
            }
            start.terminal.write(refusal.text + "\n", to: .standardOutput)
            return refusal.status
        case .command(let command):
            let screen = Screen(start.terminal)
            watch(start.stop, screen, command.interruptedStatus)
            return await run(command, start, screen)
        }
    }

    private static func run(_ command: any ToolCommand, _ start: ToolStart, _ screen: Screen) async -> ExitStatus {
        let standard = command.standard
        let use = command.screenUse
        let identity = LogIdentity.current(tool: start.toolName)
        func log(_ file: LogFile?) -> ToolLog {
            ToolLog(
                identity: identity, screen: screen, use: use, isVerbose: standard.isVerbose, isQuiet: standard.isQuiet,
                file: file)
        }
        do {
            let file = try logFile(command, start)
            let context = ToolContext(start, standard: standard, screen: screen, log: log(file))
            context.report(
                .info("Starting \(start.toolName) with args: \(start.arguments.joined(separator: " "))"))
            return await run(command, context)
        } catch {
            log(nil).write(error.lines(of: start.toolName))
            return error.status
        }
    }

    /// - Throws: `ToolError` when it cannot be written, unless the run can do without.
    private static func logFile(_ command: any ToolCommand, _ start: ToolStart) throws(ToolError) -> LogFile? {
        do {
            let directory = LogFile.directory(command.standard.logDirectory, environment: start.environment)
            return try LogFile(directory: directory, tool: start.toolName, date: LogTime.now.date)
        } catch {
            guard [.errors, .nothing].contains(command.screenUse) else { throw error }
            return nil
        }
    }

    private static func run(_ command: any ToolCommand, _ context: ToolContext) async -> ExitStatus {
        let task = Task { try await command.run(context) }
        context.stop.whenRequested { task.cancel() }
        do {
            return try await task.value
        } catch {
            // Interrupted: silent, as the original; the file says why.
            if context.stop.isRequested {
                context.logger.debug("interrupted: \(error)")
                return command.interruptedStatus
            }
            let toolError = toolError(for: error)
            context.report(toolError.lines(of: context.toolName))
            guard let refusal = command.refusal(of: toolError) else { return toolError.status }
            context.screen.write(refusal.text + "\n", to: .standardOutput)
            return refusal.status
        }
    }

    /// Any error in one of the original's forms.
    private static func toolError(for error: any Error) -> ToolError {
        switch error {
        case let error as ToolError: error
        case let error as any HintedError: ToolError(.failure, error.message, hint: error.hint)
        default: ToolError(.failure, String(describing: error))
        }
    }

    /// Variables that would lead every connection of the run elsewhere, or change what servers answer.
    ///
    /// A tool connects to many servers and names each one itself (libpq, "Environment Variables"). How to log in, and
    /// TLS, stay the caller's: `PGPASSFILE`, `PGPASSWORD`, `PGSSL*` and their like.
    static let droppedVariables = [
        "PGHOSTADDR", "PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS", "PGSERVICE", "PGSERVICEFILE", "PGSYSCONFDIR",
        "PGOPTIONS", "PGDATABASE", "PGDATESTYLE", "PGTZ", "PGGEQO", "PGAPPNAME", "PGCLIENTENCODING",
    ]

    /// Must come before any thread: the environment has no lock.
    private static func dropDatabaseRedirection() {
        for name in droppedVariables { unsetenv(name) }
    }

    /// The variables that this process was started with, less the ones that a tool does without.
    public static func processEnvironment() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }
}
