import Glibc
import Synchronization

/// Threads of our own for calls that block.
///
/// Swift's cooperative pool has one thread per core: a blocking call there stops everything else. A job given to
/// `run` gets a POSIX thread of its own; at most `width` run at once, the others wait in order of arrival.
/// One job, one thread, one handle: what a job opens it closes before it returns.
public final class BlockingThreads: Sendable {
    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let width: Int
    private let state = Mutex(State())

    /// Creates an empty pool.
    ///
    /// - Parameter width: the most jobs that run at once, at least 1.
    public init(width: Int) {
        self.width = max(1, width)
    }

    /// Runs `body` on a thread of its own and returns what it returns.
    ///
    /// Cancelling the calling task does not interrupt the thread: a job ends by its own deadline.
    public func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            submit {
                continuation.resume(with: Swift.Result { try body() })
            }
        }
    }

    /// Runs `body`, which cannot fail, on a thread of its own.
    public func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            submit { continuation.resume(returning: body()) }
        }
    }

    private func submit(_ job: @escaping @Sendable () -> Void) {
        let startNow = state.withLock { state in
            guard state.running < width else {
                state.waiting.append(job)
                return false
            }
            state.running += 1
            return true
        }
        guard startNow else { return }
        Thread.detach { self.work(first: job) }
    }

    private func work(first: @escaping @Sendable () -> Void) {
        var next: (@Sendable () -> Void)? = first
        while let job = next {
            job()
            next = state.withLock { state in
                guard !state.waiting.isEmpty else {
                    state.running -= 1
                    return nil
                }
                return state.waiting.removeFirst()
            }
        }
    }
}
