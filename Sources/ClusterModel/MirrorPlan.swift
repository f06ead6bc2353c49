/// What has to be done to give each content its mirror: a value that is shown, written as JSON, and applied.
public struct MirrorPlan: Sendable, Equatable {
    /// Where the placements come from.
    public enum Source: Sendable, Equatable {
        case layout(MirrorLayout)
        case file(String)

        /// `group`, `spread`, `block of 4`, or `file <name>`.
        public var label: String {
            switch self {
            case .layout(let layout): layout.description
            case .file(let name): "file \(name)"
            }
        }
    }

    /// One mirror.
    public struct Item: Sendable, Equatable {
        /// The catalog row it has or gets.
        public var mirror: Segment
        /// The acting primary it copies.
        public var source: Segment
        public var action: MirrorAction
        /// Bytes to copy: data and tablespaces of the source.
        public var bytes: Int
        /// The mirror's own settings, which it must not take over from its source.
        public var settings: [InstanceSetting]

        public init(
            mirror: Segment, source: Segment, action: MirrorAction, bytes: Int, settings: [InstanceSetting]
        ) {
            self.mirror = mirror
            self.source = source
            self.action = action
            self.bytes = bytes
            self.settings = settings
        }
    }

    /// Lines that a `pg_hba.conf` lacks.
    public struct AuthenticationChange: Sendable, Equatable {
        /// The primary whose file it is; its mirror gets the file with the copy.
        public var segment: Segment
        public var file: String
        public var lines: [String]

        public init(segment: Segment, file: String, lines: [String]) {
            self.segment = segment
            self.file = file
            self.lines = lines
        }
    }

    public var origin: Source
    public var items: [Item]
    public var authentication: [AuthenticationChange]
    public var risk: LayoutRisk
    /// Things to know that do not stop the work.
    public var warnings: [String]
    /// Why it cannot be applied; empty when it can.
    public var problems: [String]

    public init(
        origin: Source, items: [Item], authentication: [AuthenticationChange], risk: LayoutRisk,
        warnings: [String], problems: [String]
    ) {
        self.origin = origin
        self.items = items
        self.authentication = authentication
        self.risk = risk
        self.warnings = warnings
        self.problems = problems
    }
}

/// A `postgresql.conf` setting that belongs to one instance.
public struct InstanceSetting: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What a mirror still lacks.
public enum MirrorAction: Sendable, Equatable {
    /// Copy the primary, add the row, start.
    case copy
    /// Remove the incomplete copy that an earlier run left, then as `copy`.
    case copyAgain
    /// An earlier run's copy is complete: add the row, start.
    case adopt
    /// The row is there, its directory is not (or incomplete and ours): copy, start.
    case rebuild(removeFirst: Bool)
    /// Row and copy are there: start.
    case start

    /// Whether data is copied.
    public var copies: Bool {
        switch self {
        case .copy, .copyAgain, .rebuild: true
        case .adopt, .start: false
        }
    }

    /// Whether an incomplete directory of ours is removed first.
    public var removesFirst: Bool { self == .copyAgain || self == .rebuild(removeFirst: true) }

    /// Whether the catalog row has to be added.
    public var addsRow: Bool { self == .copy || self == .copyAgain || self == .adopt }

    /// One word for tables and JSON.
    public var label: String {
        switch self {
        case .copy: "copy"
        case .copyAgain: "copy-again"
        case .adopt: "adopt"
        case .rebuild: "rebuild"
        case .start: "start"
        }
    }
}

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

    /// Decides what to do, from the catalog and from what is on disk.
    ///
    /// - Parameters:
    ///   - row: the mirror's row, if the catalog has one.
    ///   - content: the content ID the mirror is for.
    ///   - systemIdentifier: the source's, which a copy must share (`pg_control_system()`).
    ///   - slotKept: whether the source still has the slot and its WAL for a complete copy.
    ///   - takenBy: who holds a dbid now.
    /// - Returns: nil when the directory is somebody else's.
    public func action(
        row: Segment?, content: ContentID, systemIdentifier: String, slotKept: Bool,
        takenBy: (DatabaseID) -> Segment?
    ) -> MirrorAction? {
        switch self {
        case .absent, .empty: return row == nil ? .copy : .rebuild(removeFirst: false)
        case .incomplete: return row == nil ? .copyAgain : .rebuild(removeFirst: true)
        case .foreign: return nil
        case .complete(let mark):
            let holder = takenBy(mark.dbid)
            let usable =
                mark.content == content && mark.systemIdentifier == systemIdentifier && slotKept
                && (holder == nil || holder?.content == content && holder?.role == .mirror)
            guard let row else { return usable && holder == nil ? .adopt : .copyAgain }
            return usable && row.dbid == mark.dbid ? .start : .rebuild(removeFirst: true)
        }
    }
}

/// The words in a mark that a run leaves beside or in a directory it makes, so that a later run knows its own.
public struct CopyMark: Sendable, Equatable {
    public var run: String
    public var content: ContentID
    public var dbid: DatabaseID
    public var systemIdentifier: String

    public init(run: String, content: ContentID, dbid: DatabaseID, systemIdentifier: String) {
        self.run = run
        self.content = content
        self.dbid = dbid
        self.systemIdentifier = systemIdentifier
    }

    /// One line: `gpha-copy 1 <run> <content> <dbid> <system identifier>`.
    public var text: String { "gpha-copy 1 \(run) \(content) \(dbid) \(systemIdentifier)" }

    /// Reads the line; nil for anything else.
    public init?(text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 6, words[0] == "gpha-copy", words[1] == "1", let content = Int(words[3]),
            let dbid = Int(words[4])
        else { return nil }
        self.init(
            run: String(words[2]), content: ContentID(content), dbid: DatabaseID(dbid),
            systemIdentifier: String(words[5]))
    }

    /// The mark beside a directory whose copy is under way.
    public static func besidePath(_ dataDirectory: String) -> String {
        let parts = dataDirectory.split(separator: "/")
        return "/" + (parts.dropLast() + [".\(parts.last ?? "").gpha-copy"]).joined(separator: "/")
    }

    /// The mark in a directory whose copy is complete.
    public static func insidePath(_ dataDirectory: String) -> String { dataDirectory + "/gpha.copy" }
}
