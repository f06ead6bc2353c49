import BlockingWork
import PostgresClient
import Synchronization

/// CHECKPOINTs on a thread of their own: whoever asked for them can look at other things meanwhile.
///
/// Left alone, the thread ends by the deadline of its statements.
final class BackgroundCheckpoints: Sendable {
    private let result = Mutex<Result<Void, any Error>?>(nil)

    /// Begins `count` of them, one after the other, in a session of their own.
    init(_ count: Int, at parameters: ConnectionParameters, patience: Duration) {
        let isRunning = Thread.detach { [self] in
            let ended = Result {
                let connection = try PostgresConnection.connect(parameters)
                for _ in 0..<count { try connection.query("CHECKPOINT", timeout: patience) }
            }
            result.withLock { $0 = ended }
        }
        guard !isRunning else { return }
        result.withLock { $0 = .failure(OutOfThreads()) }
    }

    /// How they ended; nil while they run.
    var outcome: Result<Void, any Error>? { result.withLock { $0 } }
}
