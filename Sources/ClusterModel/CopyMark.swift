/// What is found where a mirror's data directory is to be.
public enum TargetDirectory: Sendable, Equatable {
    case absent
    case empty
    /// A copy of ours that did not get to its end.
    case incomplete(CopyMark)
    /// A copy of ours that is complete.
    case complete(CopyMark)
    /// Something that is not ours.
    case foreign

    /// The mark of a copy of ours.
    public var mark: CopyMark? {
        switch self {
        case .incomplete(let mark), .complete(let mark): mark
        case .absent, .empty, .foreign: nil
        }
    }

    /// Decides what to do, from the catalog and from what is on disk.
    ///
    /// Removed is only what a run of ours began for this content of this very cluster and what never was started.
    ///
    /// - Returns: nil when the directory is somebody else's.
    public func action(_ evidence: CopyEvidence) -> MirrorAction? {
        switch self {
        case .absent, .empty:
            guard let row = evidence.row else { return .copy }
            // A mirror that once was up and whose directory is gone is a failed one: gprecoverseg's work. Its file
            // system may just not be mounted, and its slot keeps the WAL that it will want.
            return evidence.wasUp(row.dbid) ? nil : .rebuild(removeFirst: false)
        case .incomplete(let mark):
            guard evidence.isOurs(mark), !evidence.wasStarted else { return nil }
            return evidence.row == nil ? .copyAgain : .rebuild(removeFirst: true)
        case .foreign: return nil
        case .complete(let mark):
            guard evidence.isOurs(mark) else { return nil }
            let holder = evidence.takenBy(mark.dbid)
            if let row = evidence.row {
                if row.dbid == mark.dbid, evidence.canStream(mark) || evidence.wasStarted { return .start }
                return evidence.wasStarted ? nil : .rebuild(removeFirst: true)
            }
            if holder == nil, evidence.canStream(mark), !evidence.wasStarted { return .adopt }
            return evidence.wasStarted ? nil : .copyAgain
        }
    }
}

/// What is known beside the directory itself when it is decided what to do with it.
public struct CopyEvidence {
    /// The mirror's row, if the catalog has one.
    public var row: Segment?
    /// The content ID the mirror is for.
    public var content: ContentID
    /// The source's, which a copy must share (`pg_control_system()`).
    public var systemIdentifier: String
    /// The WAL file from which the source's slot keeps everything; nil without a usable slot.
    public var slotFile: String?
    /// Whether a server was ever started in the directory (`postmaster.opts`, which a backup leaves out), or runs.
    public var wasStarted: Bool
    /// Who holds a dbid now.
    public var takenBy: (DatabaseID) -> Segment?
    /// Whether the fault-tolerance service ever recorded this instance as up.
    public var wasUp: (DatabaseID) -> Bool

    public init(
        row: Segment?, content: ContentID, systemIdentifier: String, slotFile: String?, wasStarted: Bool,
        takenBy: @escaping (DatabaseID) -> Segment?, wasUp: @escaping (DatabaseID) -> Bool
    ) {
        self.row = row
        self.content = content
        self.systemIdentifier = systemIdentifier
        self.slotFile = slotFile
        self.wasStarted = wasStarted
        self.takenBy = takenBy
        self.wasUp = wasUp
    }

    func isOurs(_ mark: CopyMark) -> Bool { mark.content == content && mark.systemIdentifier == systemIdentifier }

    /// Whether the source still has all WAL that follows the copy's own.
    ///
    /// The slot of a later run begins later; only one that begins within the copy's last file fits. The first eight
    /// digits of a WAL file's name are the timeline.
    func canStream(_ mark: CopyMark) -> Bool {
        guard let last = mark.lastFile, let slotFile, last.count == 24, slotFile.count == 24 else { return false }
        return slotFile.dropFirst(8) <= last.dropFirst(8)
    }
}

/// The words in a mark that a run leaves beside or in a directory it makes, so that a later run knows its own.
public struct CopyMark: Sendable, Equatable {
    public var run: String
    public var content: ContentID
    public var dbid: DatabaseID
    public var systemIdentifier: String
    /// The name of the last WAL file in the copy; only a complete copy's mark has it.
    public var lastFile: String?

    public init(
        run: String, content: ContentID, dbid: DatabaseID, systemIdentifier: String, lastFile: String? = nil
    ) {
        self.run = run
        self.content = content
        self.dbid = dbid
        self.systemIdentifier = systemIdentifier
        self.lastFile = lastFile
    }

    /// One line: `gpha-copy 1 <run> <content> <dbid> <system identifier> [<last WAL file>]`.
    public var text: String {
        "gpha-copy 1 \(run) \(content) \(dbid) \(systemIdentifier)" + (lastFile.map { " \($0)" } ?? "")
    }

    /// Reads the line; nil for anything else, so also where the run's name is none that a run has (letters, digits,
    /// `.`, `_`, `-`): it is shown and goes into commands.
    public init?(text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard (6...7).contains(words.count), words[0] == "gpha-copy", words[1] == "1", let content = Int(words[3]),
            let dbid = Int(words[4]), words[2].utf8.allSatisfy(Self.isRunByte)
        else { return nil }
        self.init(
            run: String(words[2]), content: ContentID(content), dbid: DatabaseID(dbid),
            systemIdentifier: String(words[5]), lastFile: words.count == 7 ? String(words[6]) : nil)
    }

    private static func isRunByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// The mark beside a directory whose copy is under way.
    public static func besidePath(_ dataDirectory: String) -> String {
        let parts = dataDirectory.split(separator: "/")
        return "/" + (parts.dropLast() + [".\(parts.last ?? "").gpha-copy"]).joined(separator: "/")
    }

    /// The mark in a directory whose copy is complete.
    public static func insidePath(_ dataDirectory: String) -> String { dataDirectory + "/gpha.copy" }
}
