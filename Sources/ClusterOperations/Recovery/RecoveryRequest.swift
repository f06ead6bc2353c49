public import ClusterModel
public import Reporting

/// One mirror that is to be brought back: from whom, where to, with which settings of its own.
public struct RecoveryRequest: Sendable, Equatable {
    /// The acting primary.
    public var source: Segment
    /// The row of the mirror to be: host, directory, port.
    public var target: Segment
    /// The mirror's own settings, which it must not take over from its source.
    public var settings: [InstanceSetting]
    /// Bytes of data and tablespaces, for the share that is done; 0 when it is not known.
    public var bytes: Int
    /// As `pg_basebackup --max-rate` takes it: KiB each second, or with `k` or `M` behind; nil: no limit.
    public var maxRate: String?
    /// The same mirror's old copy on the target's host, where the target is another directory; nil else.
    ///
    /// A full copy takes its tablespaces from it where those are kept by dbid; it cannot be started any more then.
    public var replaced: Segment?
    /// Whether the mirror is started when its directory is complete; else the mark inside says so.
    public var starts: Bool
    /// Whether a copy that was a mirror all the time is rewound nonetheless: it went past the place where its source's
    /// history left the common one.
    public var mustRewind: Bool
    /// What the source has just said of itself; nil: it is asked.
    public var sourceFacts: SourceRecoveryFacts?

    public init(
        source: Segment, target: Segment, settings: [InstanceSetting], bytes: Int = 0, maxRate: String? = nil,
        replaced: Segment? = nil, starts: Bool = true, mustRewind: Bool = false,
        sourceFacts: SourceRecoveryFacts? = nil
    ) {
        self.source = source
        self.target = target
        self.settings = settings
        self.bytes = bytes
        self.maxRate = maxRate
        self.replaced = replaced
        self.starts = starts
        self.mustRewind = mustRewind
        self.sourceFacts = sourceFacts
    }

    /// The copy of the source into `directory`, which is the target's own or stands beside it.
    func item(in directory: String, tablespaces: [String] = []) -> MirrorPlan.Item {
        var mirror = target
        mirror.dataDirectory = directory
        return MirrorPlan.Item(
            mirror: mirror, source: source, action: .copy, bytes: bytes, settings: settings, tablespaces: tablespaces)
    }
}

/// How a mirror's data is brought back.
public enum CopyMethod: String, Sendable, CaseIterable {
    /// `pg_rewind`: only what differs since the copies parted.
    case rewind
    /// `rsync` by content into the old copy.
    case differential
    /// `pg_basebackup`.
    case full
    /// `rsync` by content into an unfinished full copy.
    case resume
}

/// How far the recovery of one mirror is.
public enum RecoveryEvent: Sendable, Equatable {
    case phase(RecoveryPhase)
    /// What a copy by content has moved; the start follows.
    case moved(WireBytes)
    /// Bytes of data that are done, moved or found equal, and of all there is.
    case progress(done: Int, total: Int)
}

/// What is being done for one mirror.
public enum RecoveryPhase: String, Sendable, CaseIterable {
    /// The source makes a checkpoint.
    case checkpoint
    /// What an earlier run left, or what is replaced in place, is being removed.
    case clearing
    case rewinding
    case copying
    /// The copy takes the place of the old one.
    case swapping
    case starting
}

/// What moved between the two hosts, counted on the wire.
public struct WireBytes: Sendable, Equatable {
    public var sent = 0
    public var received = 0
    public var total: Int { sent + received }
    public init(sent: Int = 0, received: Int = 0) {
        self.sent = sent
        self.received = received
    }
}

/// Why one mirror could not be brought back.
public struct RecoveryError: HintedError, Sendable, Equatable {
    public let method: CopyMethod
    /// One line: the program's own last words.
    public let message: String
    /// A file on the target's host with the state before and what the program said; nil when there is none.
    public let evidence: String?
    /// Whether the old copy is as it was: another method can have it.
    public let leavesTargetUntouched: Bool
    public let hint: String?

    public init(
        _ method: CopyMethod, _ message: String, evidence: String? = nil, leavesTargetUntouched: Bool,
        hint: String? = nil
    ) {
        self.method = method
        self.message = message
        self.evidence = evidence
        self.leavesTargetUntouched = leavesTargetUntouched
        self.hint = hint
    }

    public var description: String { message + (evidence.map { " (details in \($0))" } ?? "") }
}
