import ClusterModel

/// Whether a stopped primary may follow its successor with its data as they are.
///
/// A fast stop ends with a shutdown checkpoint, the last record of its log, and the server hands it to its mirror
/// before it ends. When the mirror's new timeline begins behind that record, both have the same log up to there, and
/// the stopped server lacks nothing but what came after: pg_rewind has nothing to do.
enum CleanShutdown {
    /// Why it cannot follow as it is; nil when it can.
    ///
    /// - Parameters:
    ///   - data: of the stopped server.
    ///   - history: of its successor.
    static func obstacle(_ data: ControlData, _ history: TimelineHistory) -> String? {
        guard data.state == "shut down" else { return "it did not shut down cleanly: '\(data.state)'" }
        guard let parent = history.ancestors.last else { return "its successor has left no timeline" }
        guard parent.timeline == data.timeline else {
            return "its successor left timeline \(parent.timeline), and it was on timeline \(data.timeline)"
        }
        // The new timeline begins at the end of a whole record: behind the start means behind all of it.
        guard data.checkpoint < parent.end else { return "its successor lacks the end of its log" }
        return nil
    }
}
