import Synchronization

/// A terminal for tests: keeps what is written and answers from a list of lines.
public final class CapturedTerminal: Terminal {
    private struct State {
        var output = ""
        var error = ""
        var input: [String]
    }

    private let state: Mutex<State>
    public let isOutputTerminal: Bool
    public let isInputTerminal: Bool
    public let size: TerminalSize?

    /// - Parameters:
    ///   - input: the lines to be read, then comes the end of input.
    ///   - size: makes both streams a terminal of that size; nil makes them pipes.
    public init(input: [String] = [], size: TerminalSize? = nil) {
        state = Mutex(State(input: input))
        self.size = size
        isOutputTerminal = size != nil
        isInputTerminal = size != nil
    }

    /// What went to standard output so far.
    public var output: String { state.withLock { $0.output } }
    /// What went to standard error so far.
    public var error: String { state.withLock { $0.error } }
    /// The lines of standard output.
    public var outputLines: [String] {
        output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    public func write(_ text: String, to stream: OutputStream) {
        state.withLock { state in
            switch stream {
            case .standardOutput: state.output += text
            case .standardError: state.error += text
            }
        }
    }

    public func readLine(stop: StopRequest) throws -> String? {
        try stop.check()
        return state.withLock { $0.input.isEmpty ? nil : $0.input.removeFirst() }
    }
}
