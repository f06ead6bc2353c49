import Synchronization

/// The one writer to the terminal: keeps log lines and a block of progress lines from overwriting each other.
///
/// The block stands at the bottom; ordinary text goes above it.
public final class Screen: Sendable {
    private let terminal: any Terminal
    private let shown = Mutex<[String]>([])

    public init(_ terminal: any Terminal) { self.terminal = terminal }

    /// Writes text above the block, if one is shown.
    public func write(_ text: String, to stream: OutputStream = .standardOutput) {
        shown.withLock { shown in
            guard !shown.isEmpty else {
                terminal.write(text, to: stream)
                return
            }
            terminal.write(Self.up(shown.count) + "\u{1b}[J", to: .standardOutput)
            terminal.write(text.hasSuffix("\n") ? text : text + "\n", to: stream)
            terminal.write(Self.block(shown), to: .standardOutput)
        }
    }

    /// Replaces the block; each line must fit the terminal and hold no control characters.
    public func show(_ lines: [String]) {
        shown.withLock { shown in
            let start = shown.isEmpty ? "" : Self.up(shown.count)
            let end = lines.count < shown.count ? "\u{1b}[J" : ""
            terminal.write(start + Self.block(lines) + end, to: .standardOutput)
            shown = lines
        }
    }

    /// Leaves the block as it stands; what follows is written below it.
    public func releaseBlock() {
        shown.withLock { $0 = [] }
    }

    private static func up(_ count: Int) -> String { "\r\u{1b}[\(count)A" }
    private static func block(_ lines: [String]) -> String { lines.map { $0 + "\u{1b}[K\n" }.joined() }
}
