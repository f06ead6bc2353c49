import BlockingWork

/// Questions to the user, in the original's form.
extension ToolContext {
    /// Asks `question` unless `-a` was given.
    ///
    /// - Parameter background: what the user should know, printed before the question with a blank line after it.
    /// - Throws: `ToolError.userDeclined` when the answer is no; what `answersYes` throws.
    public func confirm(_ question: String, background: String? = nil) async throws {
        if asksNothing { return }
        guard try await answersYes(question, background: background) else { throw ToolError.userDeclined }
    }

    /// Asks `question`, even with `-a` and `-q`, until the answer is one of y, yes, n, no or empty (no).
    ///
    /// - Throws: `ToolError` with reason `EOF when reading a line` at the end of input; `CancellationError` when
    ///   the run is to stop.
    public func answersYes(_ question: String, background: String? = nil) async throws -> Bool {
        if let background { prompt(background + "\n\n") }
        while true {
            prompt("\(question) Yy|Nn (default=N):\n> ")
            guard let line = try await readLine() else { throw ToolError(.failure, "EOF when reading a line") }
            if let answer = Self.answer(line) { return answer }
            prompt("Invalid input: '\(PrintableText.oneLine(line))'\n\n")
        }
    }

    /// The same question on the calling thread, which it blocks: for a signal's own thread.
    ///
    /// - Returns: nil at the end of input.
    public func answersYesNow(_ question: String, background: String) -> Bool? {
        prompt(background + "\n\n")
        while true {
            prompt("\(question) Yy|Nn (default=N):\n> ")
            guard let line = (try? terminal.readLine(stop: stop)) ?? nil else { return nil }
            if let answer = Self.answer(line) { return answer }
            prompt("Invalid input: '\(PrintableText.oneLine(line))'\n\n")
        }
    }

    private static func answer(_ line: String) -> Bool? {
        switch line.trimmingTrailingBlanks.lowercased() {
        case "y", "yes": true
        case "n", "no", "": false
        default: nil
        }
    }

    /// The next line of standard input, nil at its end; read on a thread of our own.
    ///
    /// - Throws: `CancellationError` when the run is to stop.
    public func readLine() async throws -> String? {
        let (terminal, stop) = (terminal, stop)
        return try await withCheckedThrowingContinuation { continuation in
            let isStarted = Thread.detach {
                continuation.resume(with: Result { try terminal.readLine(stop: stop) })
            }
            if !isStarted { continuation.resume(throwing: OutOfThreads()) }
        }
    }

    private func prompt(_ text: String) {
        screen.write(text, to: log.stream)
    }
}

extension String {
    fileprivate var trimmingTrailingBlanks: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
