import Synchronization

/// The wish that a run end early: Ctrl-C, or SIGTERM.
///
/// A tool that has something to tidy up registers a handler for that time; without one a signal ends it at once.
public final class StopRequest: Sendable {
    /// Who asked.
    public enum Reason: Sendable, Equatable {
        /// SIGINT: Ctrl-C.
        case interrupt
        /// SIGTERM.
        case terminate
    }

    private struct State {
        var reason: Reason?
        var handlers: [(id: Int, call: @Sendable () -> Void)] = []
        var nextID = 0
        var last: (@Sendable () -> Void)?
        var question: (@Sendable (Reason) -> Bool)?
    }

    private let state = Mutex(State())

    public init() {}

    /// Who asked to stop, nil as long as nobody did.
    public var reason: Reason? { state.withLock { $0.reason } }
    /// Whether somebody asked to stop.
    public var isRequested: Bool { reason != nil }
    /// Whether something is registered to be told.
    public var hasHandlers: Bool { state.withLock { !$0.handlers.isEmpty } }

    /// Throws `CancellationError` when a stop was asked for: between two steps of a tool.
    public func check() throws {
        if isRequested { throw CancellationError() }
    }

    /// Asks to stop: calls every handler once, in order of registration.
    ///
    /// A second request does nothing.
    public func request(_ reason: Reason = .interrupt) {
        let calls = state.withLock { state in
            guard state.reason == nil else { return [] as [@Sendable () -> Void] }
            state.reason = reason
            return state.handlers.map(\.call) + (state.last.map { [$0] } ?? [])
        }
        for call in calls { call() }
    }

    /// Runs `body`; meanwhile a signal is a request only if `question` says so.
    ///
    /// - Parameter question: called on the signals' own thread, which it may block.
    public func withQuestion<Result>(
        _ question: @escaping @Sendable (Reason) -> Bool, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async rethrows -> Result {
        state.withLock { $0.question = question }
        defer { state.withLock { $0.question = nil } }
        return try await body()
    }

    /// Asks the question that is set, if one is.
    func isMeant(_ reason: Reason) -> Bool {
        let question = state.withLock { $0.question }
        return question?(reason) ?? true
    }

    /// The runner's own step after all handlers; does not count as a handler.
    func whenRequested(_ call: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            state.last = call
            return state.reason != nil
        }
        if isLate { call() }
    }

    /// Calls `handler` when a stop is asked for, at once when it already was, on a thread of the suite's own.
    ///
    /// - Returns: what `remove` takes.
    @discardableResult
    public func onStop(_ handler: @escaping @Sendable () -> Void) -> Int {
        let (id, isLate) = state.withLock { state in
            state.nextID += 1
            state.handlers.append((state.nextID, handler))
            return (state.nextID, state.reason != nil)
        }
        if isLate { handler() }
        return id
    }

    /// Forgets a handler.
    public func remove(_ id: Int) {
        state.withLock { state in state.handlers.removeAll { $0.id == id } }
    }

    /// Runs `body` with `handler` registered for that time.
    public func withHandler<Result>(
        _ handler: @escaping @Sendable () -> Void, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async rethrows -> Result {
        let id = onStop(handler)
        defer { remove(id) }
        return try await body()
    }
}
