import Glibc
import Synchronization

/// Threads of our own for calls that block.
///
/// Swift's cooperative pool has one thread per core: a blocking call there stops everything else. A job given to
/// `run` gets a POSIX thread of its own; at most `width` run at once, the others wait in order of arrival.
/// One job, one thread, one handle: what a job opens it closes before it returns.
public final class BlockingThreads: Sendable {
    /// A job, and what to do in its place when there is no thread.
    private struct Job: Sendable {
        let body: @Sendable () -> Void
        let giveUp: @Sendable () -> Void
    }

    private struct State {
        var running = 0
        var waiting: [Job] = []
    }

    private let width: Int
    /// How long a job waits for the system to have a thread again.
    private let patience: Duration
    private let detach: @Sendable (@escaping @Sendable () -> Void) -> Bool
    private let state = Mutex(State())

    /// Creates an empty pool.
    ///
    /// - Parameter width: the most jobs that run at once, at least 1.
    public convenience init(width: Int) {
        self.init(width: width, patience: .seconds(10), detach: Thread.detach)
    }

    init(
        width: Int, patience: Duration, detach: @escaping @Sendable (@escaping @Sendable () -> Void) -> Bool
    ) {
        self.width = max(1, width)
        self.patience = patience
        self.detach = detach
    }

    /// Runs `body` on a thread of its own and returns what it returns.
    ///
    /// Cancelling the calling task does not interrupt the thread: a job ends by its own deadline.
    ///
    /// - Throws: what `body` throws; `OutOfThreads` when the system has had no thread for ten seconds.
    public func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            submit(
                Job {
                    continuation.resume(with: Swift.Result { try body() })
                } giveUp: {
                    continuation.resume(throwing: OutOfThreads())
                })
        }
    }

    /// Runs `body`, which cannot fail, on a thread of its own.
    ///
    /// When the system has had no thread for ten seconds it runs on one of Swift's: it ends by its own deadline.
    public func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            let body: @Sendable () -> Void = { continuation.resume(returning: body()) }
            submit(Job(body: body, giveUp: body))
        }
    }

    private func submit(_ job: Job) {
        let startNow = state.withLock { state in
            guard state.running < width else {
                state.waiting.append(job)
                return false
            }
            state.running += 1
            return true
        }
        guard startNow, !detach({ self.work(first: job) }) else { return }
        Task.detached { await self.startLater(job) }
    }

    /// Tries again until there is a thread, holding none meanwhile.
    private func startLater(_ first: Job) async {
        var next: Job? = first
        while let job = next {
            let deadline = Deadline.after(patience)
            while !deadline.isPast {
                try? await Task.sleep(for: .milliseconds(50))
                if detach({ self.work(first: job) }) { return }
            }
            job.giveUp()
            next = nextJob()
        }
    }

    private func work(first: Job) {
        var next: Job? = first
        while let job = next {
            job.body()
            next = nextJob()
        }
    }

    /// The one that has waited longest; its place is free when there is none.
    private func nextJob() -> Job? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
