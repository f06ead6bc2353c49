import BlockingWork
import Glibc
import Synchronization

/// Bounds how many hosts agree on keys and log in at once, the part of connecting that costs this machine something.
///
/// A host that hangs in it loses its place to the next one after a while, so that hung hosts cost healthy ones
/// nothing but that.
final class ConnectGate: Sendable {
    /// One place; whoever has it gives it back.
    struct Place: Sendable {
        fileprivate let number: UInt64
    }

    private struct State {
        /// Who is inside and until when nobody else may have the place.
        var inside: [UInt64: Deadline] = [:]
        /// In order of arrival.
        var waiting: [(number: UInt64, wake: WakePipe)] = []
        var lastNumber: UInt64 = 0
    }

    private let width: Int
    private let longestHold: Duration
    private let state = Mutex(State())

    init(width: Int, longestHold: Duration = .seconds(2)) {
        self.width = max(1, width)
        self.longestHold = longestHold
    }

    /// Waits for a place, on the calling thread.
    ///
    /// - Parameters:
    ///   - wake: ends the pause; whoever wakes it up for another reason makes `isEnding` true.
    ///   - isEnding: asked after each pause.
    /// - Returns: nil when the run is being ended.
    func enter(_ wake: WakePipe, _ isEnding: () -> Bool) -> Place? {
        let number = state.withLock { state in
            state.lastNumber += 1
            state.waiting.append((state.lastNumber, wake))
            return state.lastNumber
        }
        while !isEnding() {
            let pause = state.withLock { admit(number, &$0) }
            guard let pause else { return Place(number: number) }
            var descriptor = pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0)
            if poll(&descriptor, 1, pause.remainingMilliseconds) > 0 { wake.drain() }
        }
        leave(Place(number: number))
        return nil
    }

    /// - Returns: nil when `number` is inside now, else when to look again.
    private func admit(_ number: UInt64, _ state: inout State) -> Deadline? {
        state.inside = state.inside.filter { !$0.value.isPast }
        let position = state.waiting.firstIndex { $0.number == number } ?? 0
        guard position < width - state.inside.count else {
            return state.inside.values.reduce(Deadline.after(longestHold)) { $0.sooner($1) }
        }
        state.waiting.removeAll { $0.number == number }
        state.inside[number] = .after(longestHold)
        return nil
    }

    /// Gives the place back, if it is still held, and wakes those that have one now.
    func leave(_ place: Place) {
        let next = state.withLock { state in
            state.inside[place.number] = nil
            state.waiting.removeAll { $0.number == place.number }
            return state.waiting.prefix(max(0, width - state.inside.count)).map(\.wake)
        }
        for wake in next { wake.wake() }
    }
}
