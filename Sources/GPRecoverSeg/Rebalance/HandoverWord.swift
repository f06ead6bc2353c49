import BlockingWork
import Glibc
import Synchronization

/// What a pair's swap and the session that speaks for it tell each other.
final class HandoverWord: Sendable {
    private struct State {
        var isAnnounced = false
        var isStopped = false
        var isOver = false
    }

    private let state = Mutex(State())

    var isOver: Bool { state.withLock { $0.isOver } }

    /// The session holds the word.
    func announced() { state.withLock { $0.isAnnounced = true } }

    /// The primary has stopped: time to ask for a probe.
    func primaryStopped() { state.withLock { $0.isStopped = true } }

    /// The swap has its new primary, or has failed.
    func end() { state.withLock { $0.isOver = true } }

    /// Waits for the session; without it the swap is slower, and right all the same.
    func awaitAnnouncement(until deadline: Deadline) async {
        while !state.withLock({ $0.isAnnounced }), !deadline.isPast { try? await Task.sleep(for: .milliseconds(5)) }
    }

    /// Blocks the session's thread until the primary has stopped; false when there is nothing to ask for.
    ///
    /// It ends with the swap, which has deadlines of its own.
    func awaitStop() -> Bool {
        while true {
            let now = state.withLock { $0 }
            if now.isOver { return false }
            if now.isStopped { return true }
            usleep(5000)
        }
    }
}
