public import ClusterModel

/// The primary's process that sends to the mirror: its application name is `gp_walreceiver` and it holds the mirror's
/// slot (`pg_stat_replication`, `pg_replication_slots.active_pid`).
public struct WALSender: Sendable, Equatable {
    /// Whether its state is `streaming`: connected, and once caught up.
    public var isStreaming: Bool
    /// Whether a commit counts its flush (`sync_state` is `sync` or `quorum`).
    public var isSynchronous: Bool
    /// What the mirror says it has on disk.
    public var flushed: WALPosition?

    public init(isStreaming: Bool, isSynchronous: Bool, flushed: WALPosition?) {
        self.isStreaming = isStreaming
        self.isSynchronous = isSynchronous
        self.flushed = flushed
    }
}

/// What an instance says of itself in one answer.
public struct InstanceFacts: Sendable, Equatable {
    /// From `pg_control_system()`: equal in a primary and its copies, different everywhere else.
    public var systemIdentifier: String
    public var isInRecovery: Bool
    /// The timeline it writes; nil in recovery.
    public var timeline: UInt32?
    /// What it has on its own disk; nil in recovery.
    public var flushed: WALPosition?
    /// `synchronous_standby_names` as a new session sees it.
    public var synchronousStandbyNames: String
    /// Whether the mirror's replication slot exists.
    public var hasSlot: Bool
    /// The mirror's own sender.
    public var sender: WALSender?
    /// How many senders of the mirror's name stream, its own included: a commit may count any of them.
    public var streamingSenders: Int
    /// Whether its own WAL receiver streams.
    public var receives: Bool
    /// The highest timeline of a coordinator whose service came by; nil when none did.
    public var coordinatorTimeline: UInt32?

    public init(
        systemIdentifier: String, isInRecovery: Bool, timeline: UInt32? = nil, flushed: WALPosition? = nil,
        synchronousStandbyNames: String = "", hasSlot: Bool = true, sender: WALSender? = nil,
        streamingSenders: Int = 0, receives: Bool = false
    ) {
        self.systemIdentifier = systemIdentifier
        self.isInRecovery = isInRecovery
        self.timeline = timeline
        self.flushed = flushed
        self.synchronousStandbyNames = synchronousStandbyNames
        self.hasSlot = hasSlot
        self.sender = sender
        self.streamingSenders = streamingSenders
        self.receives = receives
    }
}

/// How one probe of one instance ended.
public enum ProbeResult: Sendable, Equatable {
    /// It took a session and answered.
    case answered(InstanceFacts)
    /// It says that it is starting up, shutting down or in recovery (SQLSTATE 57P03): not dead, for a while.
    case starting(String)
    /// It is alive and turned this session away, for example for too many clients.
    case refused(String)
    /// Nothing listens there, or the host is gone.
    case dead(String)
    /// It did not answer within the time-out, at any attempt.
    case hung(String)

    /// The facts, when there was an answer.
    public var facts: InstanceFacts? {
        guard case .answered(let facts) = self else { return nil }
        return facts
    }

    /// One line for the log; empty for an answer.
    public var reason: String {
        switch self {
        case .answered: ""
        case .starting(let text), .refused(let text), .dead(let text), .hung(let text): text
        }
    }
}
