/// Whether what a failed copy wrote can be taken back, or what it lacks be streamed.
///
/// The conditions are those of `pg_rewind` (PostgreSQL's manual, and what it does: it reads the target's WAL from the
/// last checkpoint before the parting on, and the rewound copy recovers from that checkpoint with the source's WAL).
struct IncrementalJudgement {
    let target: TargetRecoveryFacts
    let source: SourceRecoveryFacts
    let rules: RecoveryVerdict.Rules

    /// What was found possible.
    struct Found {
        var way: IncrementalWay
        var bytes: Int
        var doubts: [String] = []
    }

    func judge() throws(Obstacle) -> Found {
        let data = try controlData()
        guard let position = source.position, !source.isInRecovery else {
            throw Obstacle("its source does not act as a primary")
        }
        guard let sourceHistory = source.history else { throw Obstacle("the source's timeline history cannot be read") }
        guard let history = target.history else {
            throw Obstacle("the history of its timeline \(data.furthestTimeline) is missing in pg_wal")
        }
        guard let parting = history.parting(from: sourceHistory) else {
            throw Obstacle(
                "timelines \(history.timeline) and \(sourceHistory.timeline) have no ancestor in common")
        }
        let reached = max(data.furthest, target.lastRecord ?? data.furthest)
        let isBehind = history.timeline == parting.timeline && parting.end.map { reached < $0 } ?? (reached <= position)
        if target.hasStandbySignal, isBehind { return try restart(data, position) }
        guard let end = parting.end else { throw sameTimeline(history.timeline, reached, position) }
        guard !target.hasStandbySignal || data.state == "shut down in recovery" else {
            throw Obstacle(
                "it is a mirror that went past \(end), where timeline \(parting.timeline) was left, and did not shut "
                    + "down in order: pg_rewind cannot end its recovery")
        }
        return try rewind(data, to: end, reached, position)
    }

    /// What must hold whichever way it goes.
    private func controlData() throws(Obstacle) -> ControlData {
        try CopyJudgement.checkPresent(target)
        if let mark = target.mark, !target.isCopyComplete {
            throw Obstacle("run \(mark.run) did not finish copying it")
        }
        guard target.version == "\(rules.postgresMajor)" else {
            throw Obstacle("PG_VERSION is \(target.version ?? "missing"), the source's is \(rules.postgresMajor)")
        }
        switch target.control {
        case .missing: throw Obstacle("its control file global/pg_control is missing")
        case .unreadable(let reason): throw Obstacle("its control file cannot be read: \(reason)")
        case .read(let data):
            guard data.systemIdentifier == source.systemIdentifier else {
                throw Obstacle(
                    "it belongs to another system: identifier \(data.systemIdentifier), the source's is "
                        + source.systemIdentifier)
            }
            return data
        }
    }

    private func sameTimeline(_ timeline: UInt32, _ reached: WALPosition, _ position: WALPosition) -> Obstacle {
        guard target.hasStandbySignal else {
            return Obstacle(
                "it ran as a primary on timeline \(timeline), which its source writes too: what it wrote cannot be told "
                    + "from the source's")
        }
        return Obstacle("its WAL ends at \(reached), past the source's \(position), on the same timeline \(timeline)")
    }

    /// A mirror that only fell behind: its own WAL is replayed, the rest is streamed.
    private func restart(_ data: ControlData, _ position: WALPosition) throws(Obstacle) -> Found {
        let size = source.segmentSize
        let redo = WALFileName.number(of: data.redo, size: size)
        let own = target.lastRecord ?? data.furthest
        let last = WALFileName.number(of: own, size: size)
        // A gap in its own WAL is streamed over, if the source has it all.
        let isWhole = target.wal.firstWithoutGap(before: last).map { $0 <= redo } ?? false
        let begin = isWhole ? own : data.redo
        try requireSource(from: isWhole ? last : redo, "what it lacks begins at \(begin)")
        return Found(
            way: .restart(from: begin), bytes: Self.distance(begin, position), doubts: slotDoubts)
    }

    private func rewind(
        _ data: ControlData, to end: WALPosition, _ reached: WALPosition, _ position: WALPosition
    ) throws(Obstacle) -> Found {
        guard data.checksums || data.logsHints else {
            throw Obstacle("it has neither checksums nor wal_log_hints: pg_rewind cannot tell which pages changed")
        }
        guard source.fullPageWrites else { throw Obstacle("full_page_writes is off at the source") }
        let size = source.segmentSize
        let (checkpoint, redo) = try start(data, before: end)
        let needed = WALFileName.number(of: redo, size: size)
        let own = WALFileName.number(of: checkpoint, size: size)
        let last = WALFileName.number(of: max(reached, end), size: size)
        // The place where a timeline ends may be the first byte of a file that nobody began.
        let lastWritten = reached < end ? WALFileName.number(of: reached, size: size) : last
        guard let first = target.wal.firstWithoutGap(before: lastWritten), first <= own else {
            throw Obstacle(
                "its own WAL back to \(checkpoint), the last checkpoint before the timelines part at "
                    + "\(end), is not in pg_wal any more")
        }
        try requireSource(from: needed, "recovery begins at \(redo)")
        return Found(
            way: .rewind(to: end), bytes: Self.distance(end, position), doubts: searchDoubts(data, end) + slotDoubts)
    }

    /// The last checkpoint before the parting, and where recovery from it begins.
    ///
    /// Not known means the parting itself, the least that is needed.
    private func start(
        _ data: ControlData, before end: WALPosition
    ) throws(Obstacle) -> (checkpoint: WALPosition, redo: WALPosition) {
        guard data.checkpoint >= end else { return (data.checkpoint, data.redo) }
        switch target.earlierCheckpoint {
        case .found(let position, let redo): return (position, redo)
        case .absent:
            throw Obstacle(
                "its pg_wal holds no checkpoint from before \(end), where the timelines part: the latest is at "
                    + "\(data.checkpoint)")
        case nil: return (end, end)
        }
    }

    private func searchDoubts(_ data: ControlData, _ end: WALPosition) -> [String] {
        if data.checkpoint >= end, target.earlierCheckpoint == nil {
            return [
                "its last checkpoint is past \(end), where the timelines part: whether WAL reaches back to the one before "
                    + "shows when it is tried"
            ]
        }
        guard !data.wasShutDown, !target.hasSlot else { return [] }
        return [
            "it crashed and has no replication slot: ending its recovery, which pg_rewind does first, may remove WAL that "
                + "is needed then"
        ]
    }

    private func requireSource(from number: UInt64, _ why: String) throws(Obstacle) {
        if let oldest = source.oldestFile, oldest <= number { return }
        let kept = source.oldestFile.map {
            "the oldest it has begins at \(WALPosition(rawValue: $0 * UInt64(source.segmentSize)))"
        }
        throw Obstacle("the source has removed WAL that is needed: \(why), \(kept ?? "it has none")")
    }

    private var slotDoubts: [String] {
        guard let slot = source.slot else {
            return ["the source has no replication slot for it: WAL may go while it is recovered"]
        }
        if slot.status == "lost" || slot.restart == nil {
            return ["the source's replication slot for it keeps no WAL"]
        }
        return []
    }

    private static func distance(_ from: WALPosition, _ to: WALPosition) -> Int {
        to > from ? Int(clamping: to.rawValue - from.rawValue) : 0
    }
}
