import Synchronization
import ToolSupport

/// `--watch`: asks again and again, one question at a time, and redraws the terminal in place.
///
/// A cycle that fails is shown and tried again; Ctrl-C and SIGTERM give the terminal back at once, also while a cycle
/// still waits for a host.
struct WatchRun: Sendable {
    let context: ToolContext
    let interval: Duration
    /// Asks once, each question with its deadline; nothing of it may write to the terminal.
    let ask: @Sendable () async throws -> ClusterFacts

    /// How often the size, the wish to stop and the answer are looked at.
    private static let tick = Duration.milliseconds(100)

    /// The answer of the cycle under way.
    private final class Answer: Sendable {
        private let result = Mutex<Result<ClusterFacts, any Error>?>(nil)

        init(_ ask: @escaping @Sendable () async throws -> ClusterFacts) {
            Task {
                do {
                    let facts = try await ask()
                    result.withLock { $0 = .success(facts) }
                } catch {
                    result.withLock { $0 = .failure(error) }
                }
            }
        }

        var value: Result<ClusterFacts, any Error>? { result.withLock { $0 } }
    }

    /// Draws until it is told to stop, or the terminal is gone.
    ///
    /// - Returns: the status of the last cycle.
    func run(_ board: WatchBoard) async -> ExitStatus {
        let screen = context.fullScreen()
        return await context.stop.withHandler({ screen.leave() }) {
            Suspension.watch()
            defer { Suspension.unwatch() }
            screen.enter()
            defer { screen.leave() }
            return await loop(board, screen)
        }
    }

    private func loop(_ start: WatchBoard, _ screen: FullScreen) async -> ExitStatus {
        var board = start
        var cycle: Answer?
        var next = ContinuousClock.now
        var drawn: TerminalSize?
        while !context.stop.isRequested, context.isTerminal {
            var mustDraw = Suspension.stopIfAsked(screen)
            if let answer = cycle?.value {
                cycle = nil
                next = .now + interval
                board.take(answer, at: LogTime.now.clock)
                mustDraw = true
            }
            if cycle == nil, ContinuousClock.now >= next { cycle = Answer(ask) }
            let size = context.terminalSize ?? TerminalSize(columns: 80, rows: 24)
            if mustDraw || size != drawn {
                drawn = size
                screen.draw(board.lines(size))
            }
            // Cancelled by the wish to stop, which the loop looks at next.
            try? await Task.sleep(for: Self.tick)
        }
        return ExitStatus(rawValue: board.status)
    }
}
