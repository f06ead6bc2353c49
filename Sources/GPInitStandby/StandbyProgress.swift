import ClusterOperations
import Synchronization
import ToolSupport

/// Passes the point of a begun copy, whose event cannot throw, and keeps what came of it.
final class BegunCopy: Sendable {
    private let context: ToolContext
    private let failure = Mutex<(any Error)?>(nil)

    init(context: ToolContext) { self.context = context }

    func note() {
        do { try context.killPoint(StandbyStep.copyBegun.rawValue) } catch { failure.withLock { $0 = error } }
    }

    func check() throws { if let failure = failure.withLock({ $0 }) { throw failure } }
}

extension StandbyStream {
    /// One word or two for the progress board.
    var phase: String {
        guard let state else { return "connecting" }
        if isStreaming, isSynchronous { return "in sync" }
        return "\(state), \(lagBytes.map { "\($0) bytes behind" } ?? "position unknown")"
    }
}
