/// The timelines that led to one, oldest first, and where each was left (the server's `.history` files).
public struct TimelineHistory: Sendable, Equatable {
    /// One ancestor.
    public struct Ancestor: Sendable, Equatable {
        public var timeline: UInt32
        /// Where the next timeline begins.
        public var end: WALPosition

        public init(timeline: UInt32, end: WALPosition) {
            self.timeline = timeline
            self.end = end
        }
    }

    /// The timeline itself.
    public let timeline: UInt32
    public let ancestors: [Ancestor]

    public init(timeline: UInt32, ancestors: [Ancestor] = []) {
        self.timeline = timeline
        self.ancestors = ancestors
    }

    /// Reads the text of `<timeline>.history`: a line holds timeline, LSN and a reason; `#` begins a comment.
    ///
    /// - Returns: nil when a line makes no sense or the timelines do not rise.
    public init?(timeline: UInt32, text: String) {
        var ancestors: [Ancestor] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard words.count >= 2, let number = UInt32(first), let end = WALPosition(String(words[1])),
                number > ancestors.last?.timeline ?? 0, number < timeline
            else { return nil }
            ancestors.append(Ancestor(timeline: number, end: end))
        }
        self.init(timeline: timeline, ancestors: ancestors)
    }

    /// Where two histories part, as `pg_rewind` finds it: the last timeline that both begin at the same place, and the
    /// nearer of its ends.
    ///
    /// The end is nil when both are still on that timeline.
    /// - Returns: nil when they have no timeline in common.
    public func parting(from other: TimelineHistory) -> (timeline: UInt32, end: WALPosition?)? {
        let ours = stretches
        let theirs = other.stretches
        var last: Int?
        for index in 0..<min(ours.count, theirs.count) {
            guard ours[index].timeline == theirs[index].timeline, ours[index].begin == theirs[index].begin else {
                break
            }
            last = index
        }
        guard let last else { return nil }
        let ends = [ours[last].end, theirs[last].end].compactMap { $0 }
        return (ours[last].timeline, ends.min())
    }

    /// Where a timeline was left on the way to this one: nil for this one itself.
    ///
    /// - Returns: an outer nil when it is no ancestor.
    public func end(of timeline: UInt32) -> WALPosition?? {
        if timeline == self.timeline { return .some(nil) }
        return ancestors.first { $0.timeline == timeline }.map { .some($0.end) }
    }

    private var stretches: [(timeline: UInt32, begin: WALPosition, end: WALPosition?)] {
        var begin = WALPosition(rawValue: 0)
        var stretches: [(timeline: UInt32, begin: WALPosition, end: WALPosition?)] = []
        for ancestor in ancestors {
            stretches.append((ancestor.timeline, begin, ancestor.end))
            begin = ancestor.end
        }
        return stretches + [(timeline, begin, nil)]
    }
}
