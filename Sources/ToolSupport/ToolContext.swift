import BlockingWork
public import Logging
public import Reporting

/// What a command gets from its surroundings: arguments, environment, log, terminal, the wish to stop.
public struct ToolContext: Sendable {
    public let toolName: String
    /// As the user typed them, without the program's name.
    public let arguments: [String]
    public let environment: [String: String]
    /// Writes to the screen and the log file in Greenplum's format.
    public let logger: Logger
    /// Whether and why the run should end early.
    public let stop: StopRequest
    /// Places where tests make the run die.
    public let killPoints: KillPoints
    let standard: StandardOptions
    let terminal: any Terminal
    let screen: Screen
    let log: ToolLog

    init(
        _ start: ToolStart, standard: StandardOptions, screen: Screen, log: ToolLog
    ) {
        toolName = start.toolName
        arguments = start.arguments
        environment = start.environment
        terminal = start.terminal
        stop = start.stop
        killPoints = KillPoints(environment: start.environment)
        self.standard = standard
        self.screen = screen
        self.log = log
        logger = Logger(label: start.toolName, factory: { _ in GreenplumLogHandler(log) })
    }

    public var isVerbose: Bool { standard.isVerbose }
    public var isQuiet: Bool { standard.isQuiet }
    public var isJSON: Bool { standard.isJSON }
    /// Whether `-a` was given: no confirmation is asked for.
    public var asksNothing: Bool { standard.asksNothing }
    /// Whether standard output is a terminal.
    public var isTerminal: Bool { terminal.isOutputTerminal }
    /// Columns of the terminal, else of `COLUMNS`, else nil.
    public var columns: Int? {
        terminal.size?.columns ?? environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }
    /// `-d` or the environment; see `StandardOptions.requireCoordinatorDataDirectory`.
    public func requireCoordinatorDataDirectory() throws(ToolError) -> String {
        try standard.requireCoordinatorDataDirectory(environment)
    }

    /// Logs each line, in order.
    public func report(_ lines: [ReportLine]) { log.write(lines) }
    /// Logs one line.
    public func report(_ line: ReportLine) { log.write([line]) }

    /// Writes a line to standard output without a prefix, never to the file; to standard error with `--json`.
    public func printPlain(_ text: String) {
        screen.write(text + "\n", to: isJSON ? .standardError : .standardOutput)
    }

    /// Writes the document to standard output; does nothing without `--json`.
    public func emit(json: JSONValue) {
        guard isJSON else { return }
        screen.write(json.text() + "\n", to: .standardOutput)
    }

    /// Passes a point where tests make the run die or fail.
    public func killPoint(_ name: String) throws { try killPoints.hit(name) }

    /// A board for work that takes long: in place on a terminal, else plain lines, nothing with `-q` or `--json`.
    ///
    /// - Parameters:
    ///   - isWanted: false for `--no-progress`.
    ///   - isSequential: whether plain lines are wanted on a terminal too.
    public func progressBoard(isWanted: Bool = true, isSequential: Bool = false) -> ProgressBoard {
        guard isWanted, !isQuiet, !isJSON, log.stream == .standardOutput else {
            return ProgressBoard(.off, screen: screen)
        }
        let terminal = terminal
        return isTerminal && !isSequential
            ? ProgressBoard(.inPlace { terminal.size }, screen: screen) : ProgressBoard(.lines, screen: screen)
    }
}
