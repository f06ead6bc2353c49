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
        /// The mark of an earlier run whose copy is removed first.
        public var removes: CopyMark?
        /// Tablespace directories outside the data directory that the copy fills.
        public var tablespaces: [String]

        public init(
            mirror: Segment, source: Segment, action: MirrorAction, bytes: Int, settings: [InstanceSetting],
            removes: CopyMark? = nil, tablespaces: [String] = []
        ) {
            self.removes = removes
            self.tablespaces = tablespaces
            self.mirror = mirror
            self.source = source
            self.action = action
            self.bytes = bytes
            self.settings = settings
        }
    }

    public var origin: Source
    public var items: [Item]
    public var authentication: [AuthenticationChange]
    public var risk: LayoutRisk
    /// Rows of mirrors that were not up yet and are no work of this run: started by an earlier one, another tool's, or
    /// on a host that is gone.
    public var leftOut: [Segment] = []
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

/// Lines that a `pg_hba.conf` lacks.
public struct AuthenticationChange: Sendable, Equatable {
    /// The instance whose file it is.
    public var segment: Segment
    public var file: String
    public var lines: [String]

    public init(segment: Segment, file: String, lines: [String]) {
        self.segment = segment
        self.file = file
        self.lines = lines
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
        case .rebuild(removeFirst: false): "rebuild"
        case .rebuild(removeFirst: true): "rebuild-again"
        case .start: "start"
        }
    }
}
