/// What `pg_controldata` says of a data directory; a member is nil when its line is missing or makes no sense.
public struct ControlData: Sendable, Equatable {
    /// Equal in a primary and its copies, different everywhere else.
    public var systemIdentifier: String
    /// `Database cluster state`, in the server's words: `in production`, `shut down`, `in archive recovery`.
    public var state: String
    /// Where the latest checkpoint's record begins.
    public var checkpoint: WALPosition
    /// Where recovery from that checkpoint begins to read.
    public var redo: WALPosition
    /// The latest checkpoint's timeline.
    public var timeline: UInt32
    /// How far a copy must recover before it is consistent; nil on an instance that was no copy.
    public var minimumRecoveryEnd: WALPosition?
    public var minimumRecoveryTimeline: UInt32?
    /// Whether pages carry checksums.
    public var checksums: Bool
    /// Whether hint bits are logged (`wal_log_hints`).
    public var logsHints: Bool
    /// Bytes per WAL file.
    public var segmentSize: Int

    public init(
        systemIdentifier: String, state: String, checkpoint: WALPosition, redo: WALPosition, timeline: UInt32,
        minimumRecoveryEnd: WALPosition? = nil, minimumRecoveryTimeline: UInt32? = nil, checksums: Bool = false,
        logsHints: Bool = true, segmentSize: Int = 16 << 20
    ) {
        self.systemIdentifier = systemIdentifier
        self.state = state
        self.checkpoint = checkpoint
        self.redo = redo
        self.timeline = timeline
        self.minimumRecoveryEnd = minimumRecoveryEnd
        self.minimumRecoveryTimeline = minimumRecoveryTimeline
        self.checksums = checksums
        self.logsHints = logsHints
        self.segmentSize = segmentSize
    }

    /// Whether the server that wrote it ended in order.
    public var wasShutDown: Bool { state == "shut down" || state == "shut down in recovery" }
    /// Whether it was a primary when it wrote this.
    public var wasPrimary: Bool { ["in production", "shut down", "shutting down"].contains(state) }
    /// The furthest place that the file names: nothing before it may be missing.
    public var furthest: WALPosition { max(checkpoint, minimumRecoveryEnd ?? checkpoint) }
    /// The timeline of `furthest`.
    public var furthestTimeline: UInt32 {
        guard let end = minimumRecoveryEnd, end > checkpoint else { return timeline }
        return minimumRecoveryTimeline ?? timeline
    }
}

/// The control file as it was found.
public enum ControlFile: Sendable, Equatable {
    case missing
    /// Why, in the program's words.
    case unreadable(String)
    case read(ControlData)

    /// What it says, when it can be believed.
    public var data: ControlData? {
        guard case .read(let data) = self else { return nil }
        return data
    }

    /// Reads the output of `LC_ALL=C pg_controldata`, standard error included.
    ///
    /// The program prints a file whose checksum is wrong all the same, under a warning: that counts as unreadable.
    /// PostgreSQL 12's dies of some such files instead, with nothing printed (seen: SIGSEGV on random bytes, where the
    /// time of the last change is none).
    public init(output lines: [String], status: Int) {
        let values = Self.values(lines)
        let complaint = lines.first { $0.contains("WARNING: ") || $0.contains("error: ") }
        let said = complaint.map { text in
            String(text[(text.firstRange(of: ": ")?.upperBound ?? text.startIndex)...])
        }
        guard status == 0, complaint == nil else {
            self = .unreadable(said ?? lines.last { !$0.isEmpty } ?? Self.end(status))
            return
        }
        guard let data = ControlData(values: values) else {
            self = .unreadable("pg_controldata printed something else")
            return
        }
        self = .read(data)
    }

    /// How the program ended, by the status that a shell gives it.
    private static func end(_ status: Int) -> String {
        status > 128
            ? "pg_controldata was ended by signal \(status - 128)" : "pg_controldata ended with status \(status)"
    }

    private static func values(_ lines: [String]) -> [String: String] {
        var values: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            values[String(line[..<colon])] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return values
    }
}

extension ControlData {
    fileprivate init?(values: [String: String]) {
        guard let identifier = values["Database system identifier"], !identifier.isEmpty,
            let state = values["Database cluster state"],
            let checkpoint = values["Latest checkpoint location"].flatMap({ WALPosition($0) }),
            let redo = values["Latest checkpoint's REDO location"].flatMap({ WALPosition($0) }),
            let timeline = values["Latest checkpoint's TimeLineID"].flatMap({ UInt32($0) }),
            let segmentSize = values["Bytes per WAL segment"].flatMap({ Int($0) }),
            WALFileName.possibleSizes.contains(segmentSize)
        else { return nil }
        // 0/0 is the file's word for "none".
        let end = values["Minimum recovery ending location"].flatMap { WALPosition($0) }
        let isCopy = (end?.rawValue ?? 0) != 0
        self.init(
            systemIdentifier: identifier, state: state, checkpoint: checkpoint, redo: redo, timeline: timeline,
            minimumRecoveryEnd: isCopy ? end : nil,
            minimumRecoveryTimeline: isCopy
                ? values["Min recovery ending loc's timeline"].flatMap { UInt32($0) } : nil,
            checksums: values["Data page checksum version"].map { $0 != "0" } ?? false,
            logsHints: values["wal_log_hints setting"] == "on", segmentSize: segmentSize)
    }
}
