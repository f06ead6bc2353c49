import Synchronization

/// How far long work is: a line for each item and one for all, redrawn in place or printed from time to time.
public final class ProgressBoard: Sendable {
    /// How the board shows itself.
    public enum Mode: Sendable {
        /// Redrawn on a terminal, at most five times a second; the closure tells the terminal's present size.
        case inPlace(@Sendable () -> TerminalSize?)
        /// A plain line for an item at each change of its phase, and every 10 s.
        case lines
        case off
    }

    private struct State {
        var order: [Int] = []
        var items: [Int: ProgressItem] = [:]
        var lastDrawn: ContinuousClock.Instant?
        var isClosed = false
    }

    private let mode: Mode
    private let screen: Screen
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// - Parameter now: the clock; another one in tests.
    public init(_ mode: Mode, screen: Screen, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.mode = mode
        self.screen = screen
        self.now = now
    }

    /// Adds an item; items keep the order in which they came.
    ///
    /// - Parameters:
    ///   - id: what `update` names it by, such as a dbid.
    ///   - label: `content 3 on sdw2:7003`.
    ///   - total: bytes to do in all, if known.
    public func add(_ id: Int, label: String, phase: String = "waiting", total: Int64? = nil) {
        state.withLock { state in
            if state.items[id] == nil { state.order.append(id) }
            state.items[id] = ProgressItem(label: PrintableText.oneLine(label), phase: phase, total: total)
            draw(&state)
        }
    }

    /// Notes how far item `id` is; what is nil stays as it was.
    ///
    /// An unknown item is ignored.
    ///
    /// - Parameters:
    ///   - done: bytes done so far.
    ///   - total: bytes to do in all.
    public func update(_ id: Int, phase: String? = nil, done: Int64? = nil, total: Int64? = nil) {
        change(id) { item, now in
            if let total { item.total = total }
            if let done { item.reach(done, at: now) }
            if let phase { item.phase = PrintableText.oneLine(phase) }
        }
    }

    /// Notes that item `id` has ended; it shows no rate and no time left any more.
    public func finish(_ id: Int, phase: String) {
        change(id) { item, _ in
            item.phase = PrintableText.oneLine(phase)
            item.isFinished = true
        }
    }

    /// Draws the last state and leaves it standing; later updates show nothing.
    public func close() {
        state.withLock { state in
            guard !state.isClosed else { return }
            draw(&state, mustDraw: true)
            state.isClosed = true
            if case .inPlace = mode { screen.releaseBlock() }
        }
    }

    private func change(_ id: Int, _ body: (inout ProgressItem, ContinuousClock.Instant) -> Void) {
        state.withLock { state in
            guard !state.isClosed, var item = state.items[id] else { return }
            let (phase, instant) = (item.phase, now())
            body(&item, instant)
            if case .lines = mode, item.phase != phase || item.isDue(at: instant) {
                item.lastPrinted = instant
                screen.write(ProgressLayout.plainLine(item) + "\n")
            }
            state.items[id] = item
            draw(&state)
        }
    }

    private func draw(_ state: inout State, mustDraw: Bool = false) {
        guard case .inPlace(let size) = mode, !state.isClosed, !state.order.isEmpty else { return }
        let instant = now()
        if !mustDraw, let last = state.lastDrawn, last.duration(to: instant) < .milliseconds(200) { return }
        state.lastDrawn = instant
        let items = state.order.compactMap { state.items[$0] }
        screen.show(ProgressLayout.block(items, size: size() ?? TerminalSize(columns: 80, rows: 24)))
    }
}
