import Synchronization

/// One command on its way: the caller waits, a thread of the shell works, either may end it.
final class CommandJob: Sendable {
    private struct State {
        var result: Result<CommandOutput, ShellError>?
        var waiters: [CheckedContinuation<Result<CommandOutput, ShellError>, Never>] = []
        var wasSent = false
    }

    let command: ShellCommand
    let host: String
    private let state = Mutex(State())

    init(_ command: ShellCommand, host: String) {
        self.command = command
        self.host = host
    }

    /// Whether the result is there; nobody waits any more then.
    var isFinished: Bool { state.withLock { $0.result != nil } }

    /// Whether the command may have begun on the host.
    var wasSent: Bool { state.withLock { $0.wasSent } }

    func markSent() { state.withLock { $0.wasSent = true } }

    /// Settles the result; only the first call counts.
    func finish(_ result: Result<CommandOutput, ShellError>) {
        let waiters = state.withLock { state -> [CheckedContinuation<Result<CommandOutput, ShellError>, Never>] in
            guard state.result == nil else { return [] }
            state.result = result
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }

    func fail(_ kind: ShellError.Kind, _ reason: String, hint: String? = nil) {
        finish(.failure(ShellError(kind, host: host, reason: reason, hint: hint)))
    }

    func failTimeout() {
        fail(.timeout, "\(command.purpose) took longer than \(command.timeout.inWords)")
    }

    func failOverallTimeout() {
        let limit = command.overallTimeout ?? command.timeout
        fail(.timeout, "\(command.purpose) took longer than \(limit.inWords), connecting included")
    }

    func failCancelled() { fail(.cancelled, "\(command.purpose) was cancelled") }

    /// Waits for the result.
    ///
    /// `onCancel` is told when the waiting task is cancelled; the wait ends at once then.
    func result(onCancel: @escaping @Sendable () -> Void) async -> Result<CommandOutput, ShellError> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let settled = state.withLock { state -> Result<CommandOutput, ShellError>? in
                    if let result = state.result { return result }
                    state.waiters.append(continuation)
                    return nil
                }
                if let settled { continuation.resume(returning: settled) }
            }
        } onCancel: {
            failCancelled()
            onCancel()
        }
    }
}

extension Duration {
    /// `10 s`, or `250 ms` for less than a second.
    var inWords: String {
        let (seconds, attoseconds) = components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        return milliseconds >= 1000 && milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }
}
