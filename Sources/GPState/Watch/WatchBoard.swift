import ClusterModel
import ToolSupport

/// What the watch knows: the last state, what it was before, and what went wrong since.
struct WatchBoard: Sendable {
    let mode: StatusMode
    /// As the user would type it.
    let command: String
    let pace: String
    private var picture: Picture
    private(set) var facts: ClusterFacts?
    private(set) var exitStatus: Int32?
    private var frame: WatchFrame
    /// The state before; nil before the second answer.
    private var before: ClusterFacts?
    private var failure: (text: String, since: String, tries: Int)?

    init(mode: StatusMode, command: String, pace: String, picture: Picture) {
        self.mode = mode
        self.command = command
        self.pace = pace
        self.picture = picture
        frame = WatchFrame(command: command, pace: pace)
        frame.hasColour = picture.style.hasColour
        frame.isUnicode = picture.style.isUnicode
    }

    /// The status of the last cycle: of its report, or 2 where the coordinator could not be asked.
    var status: Int32 { failure == nil ? exitStatus ?? 2 : 2 }

    /// Takes the answer of a cycle.
    ///
    /// - Parameter clock: the time of day.
    mutating func take(_ answer: Result<ClusterFacts, any Error>, at clock: String) {
        switch answer {
        case .failure(let error):
            failure = (Self.words(error), failure?.since ?? clock, (failure?.tries ?? 0) + 1)
            picture.changed = []
            before = facts
        case .success(let new):
            failure = nil
            before = facts
            picture.changed = facts.map { Self.changed(from: $0.configuration, to: new.configuration) } ?? []
            facts = new
            frame.asOf = clock
            exitStatus = mode.report(of: new, picture: picture).exitStatus
            if let before, plainLines(of: before) != plainLines(of: new) { frame.lastChange = clock }
        }
    }

    /// The lines to draw.
    mutating func lines(_ size: TerminalSize) -> [String] {
        picture.style.columns = max(1, size.columns - WatchFrame.gutter)
        frame.trouble = failure.map {
            "no answer since \($0.since), \($0.tries) \($0.tries == 1 ? "try" : "tries"): \($0.text)"
        }
        if let facts {
            frame.lines = WatchLine.lines(of: mode.report(of: facts, picture: picture))
            frame.isChanged = changes(facts)
        }
        return frame.text(size)
    }

    /// Both states as the present size has them: a resized terminal is no change.
    private func changes(_ facts: ClusterFacts) -> [Bool] {
        guard let before else { return [Bool](repeating: false, count: frame.lines.count) }
        let old = plainLines(of: before)
        if mode == .map { return MapReport(facts, picture: picture).changes(from: old) }
        return WatchFrame.changes(from: old, to: plainLines(of: facts))
    }

    /// Without colour and change marks, so that only what is said counts.
    private func plainLines(of facts: ClusterFacts) -> [String] {
        var plain = picture
        plain.style.hasColour = false
        plain.changed = []
        return WatchLine.lines(of: mode.report(of: facts, picture: plain)).map(\.text)
    }

    /// The dbids whose rows are other ones, or new.
    static func changed(from old: ClusterConfiguration, to new: ClusterConfiguration) -> Set<DatabaseID> {
        Set(new.allInstances).subtracting(old.allInstances).reduce(into: []) { $0.insert($1.dbid) }
    }

    private static func words(_ error: any Error) -> String {
        PrintableText.oneLine((error as? ToolError)?.message ?? String(describing: error))
    }
}
