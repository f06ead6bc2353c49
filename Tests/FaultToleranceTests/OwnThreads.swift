import BlockingWork
import Testing

/// Runs tests on threads of their own.
///
/// They block: on SQL, on programs, on servers that start. On the threads of the concurrency pool, one per core, they
/// would hold up the service under test, and each other.
struct OwnThreads: SuiteTrait, TestTrait, TestScoping {
    private final class Executor: TaskExecutor {
        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            _ = Thread.detach { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }

    private static let executor = Executor()

    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(Self.executor) { try await function() }
    }
}

extension Trait where Self == OwnThreads {
    /// On threads that may block.
    static var ownThreads: Self { OwnThreads() }
}
