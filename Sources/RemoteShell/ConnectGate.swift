import Synchronization

/// Bounds how many hosts are being connected at once; the others wait in order of arrival.
final class ConnectGate: Sendable {
    private struct State {
        var inside = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let width: Int
    private let state = Mutex(State())

    init(width: Int) { self.width = max(1, width) }

    /// Runs `start` now, or on the thread of the one that leaves.
    func enter(_ start: @escaping @Sendable () -> Void) {
        let isOpen = state.withLock { state in
            guard state.inside < width else {
                state.waiting.append(start)
                return false
            }
            state.inside += 1
            return true
        }
        if isOpen { start() }
    }

    /// Makes room for the next one.
    func leave() {
        let next = state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.waiting.isEmpty else {
                state.inside -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?()
    }
}
