import BlockingWork
import PostgresClient
import Synchronization

/// Sessions that take every place of a primary, and then commit all at once.
final class WaitingCrowd: Sendable {
    private struct State {
        var connected = 0
        var committed = 0
        var isTurnedAway = false
        var mayCommit = false
        var mayLeave = false
    }
    private let state = Mutex(State())

    /// How many sessions there are.
    var connected: Int { state.withLock { $0.connected } }
    /// How many of them had their commit answered.
    var committed: Int { state.withLock { $0.committed } }
    /// Whether the server has no place left.
    var isTurnedAway: Bool { state.withLock { $0.isTurnedAway } }

    /// Connects one after the other until the server turns one away.
    init(_ server: TestServer) {
        _ = Thread.detach { [self] in
            while !isTurnedAway {
                let before = connected
                _ = Thread.detach { [self] in member(of: server) }
                while connected == before, !isTurnedAway { Thread.sleep(.milliseconds(2)) }
            }
        }
    }

    /// Lets every session write one row.
    func commit() { state.withLock { $0.mayCommit = true } }
    /// Ends them.
    func leave() { state.withLock { $0.mayLeave = true } }

    deinit { leave() }

    private func member(of server: TestServer) {
        do {
            let connection = try PostgresConnection.connect(server.parameters)
            let number = state.withLock { state in
                state.connected += 1
                return state.connected
            }
            while !state.withLock({ $0.mayCommit || $0.mayLeave }) { Thread.sleep(.milliseconds(10)) }
            try connection.query(
                "INSERT INTO public.ledger VALUES ($1::bigint, 'crowd')", ["\(-100 - number)"], timeout: .seconds(60))
            state.withLock { $0.committed += 1 }
            while !state.withLock({ $0.mayLeave }) { Thread.sleep(.milliseconds(10)) }
        } catch {
            state.withLock { $0.isTurnedAway = true }
        }
    }
}
