import Synchronization

/// A whole terminal to draw on, and the way back to what stood there before.
///
/// It is the terminal's alternate screen (xterm's private mode 1049), without a cursor and without wrapping.
public final class FullScreen: Sendable {
    private enum Phase {
        case notYet
        case entered
        case left
    }

    private let terminal: any Terminal
    private let phase = Mutex(Phase.notYet)

    init(_ terminal: any Terminal) { self.terminal = terminal }

    /// Takes the screen; does nothing once it was left.
    public func enter() {
        phase.withLock { phase in
            guard phase == .notYet else { return }
            phase = .entered
            terminal.write("\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l\u{1b}[H\u{1b}[2J", to: .standardOutput)
        }
    }

    /// Shows these lines in place of those before, cut to the present size; nothing once the screen was left.
    ///
    /// - Parameter lines: with colour sequences at most, and no other control character.
    public func draw(_ lines: [String]) {
        let size = terminal.size ?? TerminalSize(columns: 80, rows: 24)
        let shown = lines.prefix(size.rows).map { Self.clipped($0, to: size.columns) + "\u{1b}[K" }
        phase.withLock { phase in
            guard phase == .entered else { return }
            terminal.write("\u{1b}[H" + shown.joined(separator: "\r\n") + "\u{1b}[J", to: .standardOutput)
        }
    }

    /// Gives the screen back for a while: `enter` takes it again.
    func pause() {
        phase.withLock { phase in
            guard phase == .entered else { return }
            phase = .notYet
            terminal.write(Self.farewell, to: .standardOutput)
        }
    }

    private static let farewell = "\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l"

    /// Gives the screen back as it was; safe on any thread, and more than once.
    public func leave() {
        phase.withLock { phase in
            defer { phase = .left }
            guard phase == .entered else { return }
            terminal.write(Self.farewell, to: .standardOutput)
        }
    }

    /// The first `width` columns; colour sequences take none, and colour ends with the line.
    static func clipped(_ line: String, to width: Int) -> String {
        guard line.contains("\u{1b}") else { return ProgressLayout.clipped(line, to: width) }
        var result = ""
        var used = 0
        var rest = line[...]
        while let character = rest.first {
            if character == "\u{1b}" {
                let end = rest.firstIndex(of: "m").map { rest.index(after: $0) } ?? rest.endIndex
                result += rest[..<end]
                rest = rest[end...]
                continue
            }
            used += ProgressLayout.columns(of: String(character))
            if used > width { break }
            result.append(character)
            rest.removeFirst()
        }
        return used > width ? result + "\u{1b}[0m" : result
    }
}

extension ToolContext {
    /// The terminal behind standard output, to draw on.
    public func fullScreen() -> FullScreen { FullScreen(terminal) }
}
