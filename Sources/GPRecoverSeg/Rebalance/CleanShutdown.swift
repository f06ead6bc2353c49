/// Whether a stopped primary may follow its successor with its data as they are.
///
/// A fast stop ends with a shutdown checkpoint, the last record of its log, and the server hands it to its mirror
/// before it ends. When the mirror's new timeline begins behind that record, both have the same log up to there, and
/// the stopped server lacks nothing but what came after: pg_rewind has nothing to do.
struct CleanShutdown: Equatable, Sendable {
    let state: String
    let checkpoint: UInt64
    let timeline: UInt32

    /// Reads the output of `pg_controldata` in the C locale; nil when something is missing from it.
    init?(controlData text: String) {
        func value(_ label: String) -> String? {
            text.split(separator: "\n").first { $0.hasPrefix(label + ":") }.map { line in
                String(line.dropFirst(label.count + 1).drop { $0 == " " })
            }
        }
        guard let state = value("Database cluster state"),
            let checkpoint = value("Latest checkpoint location").flatMap(Self.position),
            let timeline = value("Latest checkpoint's TimeLineID").flatMap({ UInt32($0) })
        else { return nil }
        self.state = state
        self.checkpoint = checkpoint
        self.timeline = timeline
    }

    /// Why it cannot follow as it is; nil when it can.
    ///
    /// - Parameter history: the `.history` file of the successor's timeline; its last line names the timeline that it
    ///   left, and where.
    func obstacle(history: String) -> String? {
        guard state == "shut down" else { return "it did not shut down cleanly: '\(state)'" }
        let last = history.split(whereSeparator: \.isNewline).last { $0.first?.isNumber == true }
        let words = last?.split(whereSeparator: \.isWhitespace) ?? []
        guard words.count >= 2, let parent = UInt32(words[0]), let end = Self.position(String(words[1])) else {
            return "its successor names no place at which it left the old timeline"
        }
        guard parent == timeline else {
            return "its successor left timeline \(parent), and it was on timeline \(timeline)"
        }
        // The new timeline begins at the end of a whole record: behind the start means behind all of it.
        guard checkpoint < end else { return "its successor lacks the end of its log" }
        return nil
    }

    /// An LSN in the server's form, `16/B374D848`.
    private static func position(_ text: String) -> UInt64? {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let high = UInt32(halves[0], radix: 16), let low = UInt32(halves[1], radix: 16) else {
            return nil
        }
        return UInt64(high) << 32 | UInt64(low)
    }
}
