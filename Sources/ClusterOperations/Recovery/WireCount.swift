import Synchronization

/// Adds up what rsync reports of itself.
final class WireCount: Sendable {
    private let state = Mutex((wire: WireBytes(), finished: 0, hasEnded: false))

    var wire: WireBytes { state.withLock { $0.wire } }

    /// The bytes of data of the parts that are done.
    var finished: Int { state.withLock { $0.finished } }

    /// Whether the copy is complete, and what is told from then on is of its start.
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// Notes that the copy is complete.
    func end() { state.withLock { $0.hasEnded = true } }

    /// Reads one line; returns the bytes of data done so far and of the part they belong to when the line tells.
    func take(_ line: String) -> (done: Int, part: Int)? {
        func number(_ label: String) -> Int? {
            line.hasPrefix(label)
                ? line.dropFirst(label.count).split(separator: " ").first.flatMap { Int($0) } : nil
        }
        if let sent = number("Total bytes sent: ") { state.withLock { $0.wire.sent += sent } }
        if let received = number("Total bytes received: ") { state.withLock { $0.wire.received += received } }
        if let size = number("Total file size: ") {
            return state.withLock { state in
                state.finished += size
                return (state.finished, state.finished)
            }
        }
        // `     32,768  45%    1.2MB/s    0:00:01`
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count >= 4, words[1].hasSuffix("%"), let percent = Int(words[1].dropLast()), percent > 0,
            let bytes = Int(words[0].filter { $0 != "," }), bytes < Int.max / 100
        else { return nil }
        let before = state.withLock { $0.finished }
        return (before + bytes, before + bytes * 100 / percent)
    }
}
