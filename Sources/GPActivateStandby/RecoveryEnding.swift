import BlockingWork
import ClusterOperations
import Reporting
import ToolSupport

/// The server in the directory runs, takes no sessions yet, and is no standby any more.
///
/// A Greenplum standby that was told to end its recovery is so for a moment, and every server after a crash.
struct RecoveryEnding: Error, CustomStringConvertible {
    /// What the server said.
    let reason: String

    var description: String { "the server is not ready: \(reason)" }
}

extension ActivationRun {
    private static let lookPause = Duration.milliseconds(50)

    /// What this machine says; a server that an earlier run told to end its recovery is waited for.
    ///
    /// - Throws: `OperationError` when it takes no sessions in time, and what `ActivationSurvey.local` throws.
    func settledFacts() async throws -> ActivationFacts {
        let deadline = Deadline.after(.seconds(options.timeoutSeconds))
        var isTold = false
        while true {
            do { return try await survey.local() } catch let ending as RecoveryEnding {
                guard !deadline.isPast else {
                    throw OperationError(
                        "the server in \(dataDirectory) takes no sessions: \(ending.reason)",
                        hint: "see its log, then run this again, with a longer --timeout")
                }
                if !isTold { context.report(.info("waiting until this instance, no standby any more, takes sessions")) }
                isTold = true
            }
            try context.stop.check()
            try await Task.sleep(for: Self.lookPause)
        }
    }
}
