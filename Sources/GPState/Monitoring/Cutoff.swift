import BlockingWork

/// Waits for work until a deadline; what is not done by then goes on, and nobody waits for it.
///
/// A task group would wait for its children: one that hangs would keep all answers back.
enum Cutoff {
    /// What `work` returns; nil when the deadline passes first.
    static func value<Value: Sendable>(
        by deadline: Deadline, _ work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        let (outcomes, continuation) = AsyncStream<Value?>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let task = Task { continuation.yield(await work()) }
        let timer = Task {
            try? await Task.sleep(for: deadline.remaining)
            continuation.yield(nil)
        }
        defer {
            timer.cancel()
            task.cancel()
        }
        for await outcome in outcomes { return outcome }
        return nil
    }
}
