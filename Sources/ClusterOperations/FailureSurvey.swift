public import ClusterModel
public import RemoteShell

/// What a host says of the data directories of failed segments: one command per host, nothing changed.
public struct FailureSurvey: Sendable, Equatable {
    /// Whether rsync is there.
    public var hasRsync = false
    /// By dbid.
    public var copies: [DatabaseID: TargetRecoveryFacts] = [:]

    /// Asks a host about segments that are on it; with none, only whether it has rsync.
    ///
    /// Bounded: sizes and the end of WAL are given up after ten seconds each, all segments side by side.
    /// - Parameter binaryDirectory: where the server's programs are on that host.
    /// - Throws: `ShellError` when the host does not answer; `OperationError` when its answer is incomplete.
    public static func ask(
        segments: [Segment], on host: String, _ shell: any Shell, binaryDirectory: String,
        timeout: Duration = .seconds(60)
    ) async throws -> FailureSurvey {
        let output = try await shell.run(
            ShellCommand(
                script(segments, binaryDirectory: binaryDirectory), purpose: "the survey of failed segments on \(host)",
                timeout: timeout), on: host)
        return try FailureSurvey(output: output.standardOutput, segments: segments)
    }

    /// Reads what the script printed.
    ///
    /// - Throws: `OperationError` when a segment stayed without answer.
    init(output: String, segments: [Segment]) throws(OperationError) {
        var found = segments.map { FoundCopy(dataDirectory: $0.dataDirectory) }
        // Only the script's own line breaks count: a carriage return or the like can be part of a value.
        for line in output.unicodeScalars.split(separator: "\n") {
            let fields = Substring(line).split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            if fields == ["rsync"] { hasRsync = true }
            guard fields.count > 1, let index = Int(fields[1]), found.indices.contains(index) else { continue }
            found[index].take(fields[0], Array(fields.dropFirst(2)))
        }
        for (segment, copy) in zip(segments, found) {
            guard copy.isComplete else {
                throw OperationError("the survey of \(segment.label) gave no complete answer")
            }
            var facts = copy.read()
            facts.hasRsync = hasRsync
            facts.dbid = segment.dbid
            copies[segment.dbid] = facts
        }
    }
}

/// One directory's answers while they come in.
struct FoundCopy {
    private(set) var isComplete = false
    private var facts: TargetRecoveryFacts
    private var controlLines: [String] = []
    private var controlStatus: Int?
    private var historyLines: [UInt32: [String]] = [:]
    private var walNames: [(first: String, last: String)] = []

    init(dataDirectory: String) { facts = TargetRecoveryFacts(dataDirectory: dataDirectory) }

    /// Takes one answer.
    mutating func take(_ kind: String, _ values: [String]) {
        let value = values.first ?? ""
        switch kind {
        case "asked": isComplete = true
        case "directory": facts.directory = TargetRecoveryFacts.Directory(rawValue: value) ?? .closed
        case "link": facts.linkTarget = value
        case "mount": facts.isMountPoint = true
        case "above": facts.nearestDirectory = value
        case "version": facts.version = value
        case "control": controlLines.append(value)
        case "controlstatus": controlStatus = Int(value)
        case "history":
            if let timeline = UInt32(value, radix: 16) {
                historyLines[timeline, default: []].append(values.dropFirst().joined(separator: " "))
            }
        case "wal": if values.count == 2 { walNames.append((value, values[1])) }
        default: takeMore(kind, value, values)
        }
    }

    private mutating func takeMore(_ kind: String, _ value: String, _ values: [String]) {
        switch kind {
        case "running" where values.count > 1:
            facts.postmaster = Int(value).map { TargetRecoveryFacts.Postmaster(pid: $0, state: values[1]) }
        case "stray": if let pid = Int(value) { facts.strayProcesses.append(pid) }
        case "stale": facts.hasStalePidFile = true
        case "standby": facts.hasStandbySignal = true
        case "label": facts.hasBackupLabel = true
        case "slot": facts.hasSlot = true
        case "begun", "finished":
            if let mark = CopyMark(text: value) {
                facts.mark = mark
                facts.isCopyComplete = kind == "finished"
            }
        case "beside": facts.leftBeside.append(value)
        case "fatal": facts.lastFatalLine = value
        case "room" where values.count > 1: facts.room = Self.room(values)
        case "used": facts.usedBytes = Int(value).map(Self.bytes)
        case "record" where values.count > 1:
            facts.lastTimeline = UInt32(value, radix: 16)
            facts.lastRecord = WALPosition(values[1])
        case "tablespace" where values.count > 2:
            facts.tablespaces.append(
                TargetRecoveryFacts.Tablespace(
                    oid: value, directory: values[1], exists: values[2] == "yes",
                    room: values.count > 4 ? Self.room(Array(values[3...])) : nil))
        case "spaceused" where values.count > 1:
            guard let index = facts.tablespaces.firstIndex(where: { $0.oid == value }) else { return }
            facts.tablespaces[index].usedBytes = Int(values[1]).map(Self.bytes)
        default: break
        }
    }

    private static func bytes(_ blocks: Int) -> Int { min(max(0, blocks), Int.max / 1024) * 1024 }

    private static func room(_ values: [String]) -> FileSystemRoom? {
        guard values.count > 1, !values[0].isEmpty else { return nil }
        return FileSystemRoom(device: values[0], freeBytes: Int(values[1]).map(bytes))
    }

    /// All answers together.
    func read() -> TargetRecoveryFacts {
        var facts = facts
        if let controlStatus { facts.control = ControlFile(output: controlLines, status: controlStatus) }
        facts.histories = historyLines.sorted { $0.key > $1.key }.compactMap {
            TimelineHistory(timeline: $0.key, text: $0.value.joined(separator: "\n"))
        }
        let size = facts.control.data?.segmentSize ?? 16 << 20
        facts.wal = walNames.compactMap { names in
            guard let first = WALFileName(names.first, size: size), let last = WALFileName(names.last, size: size),
                first.timeline == last.timeline, first.number <= last.number
            else { return nil }
            return WALRun(timeline: first.timeline, files: first.number...last.number)
        }
        return facts
    }
}
