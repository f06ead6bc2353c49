import BlockingWork
import PostgresClient
import Synchronization

/// CHECKPOINTs on a thread of their own: whoever asked for them can look at other things meanwhile.
///
/// Left alone, the thread ends by the deadline of its statements.
final class BackgroundCheckpoints: Sendable {
    private let result = Mutex<Result<Void, any Error>?>(nil)

    /// Begins `count` of them, one after the other, in a session that nobody else uses meanwhile.
    init(_ count: Int, patience: Duration, in session: @escaping @Sendable () throws -> SharedSession) {
        let isRunning = Thread.detach { [self] in
            let ended = Result {
                try session().use { connection in
                    for _ in 0..<count { try connection.query("CHECKPOINT", timeout: patience) }
                }
            }
            result.withLock { $0 = ended }
        }
        guard !isRunning else { return }
        result.withLock { $0 = .failure(OutOfThreads()) }
    }

    /// How they ended; nil while they run.
    var outcome: Result<Void, any Error>? { result.withLock { $0 } }
}
