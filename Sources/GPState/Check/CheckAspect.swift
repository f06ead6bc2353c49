import ToolSupport

/// One thing about a cluster that a check judges.
enum CheckAspect: String, CaseIterable, Sendable {
    case coordinator
    case standby
    case segmentsUp = "segments-up"
    case inSync = "in-sync"
    case preferredRoles = "preferred-roles"
    case replicationLag = "replication-lag"
    case retainedWAL = "retained-wal"
    case disk
    case versions
    case oneMoreHostLoss = "one-more-host-loss"

    /// All names, for messages.
    static let list = allCases.map(\.rawValue).joined(separator: ", ")
}

/// How grave it is, in the words of the Monitoring Plugins guidelines.
enum CheckStatus: String, CaseIterable, Sendable, Comparable {
    case ok = "OK"
    case unknown = "UNKNOWN"
    case warning = "WARNING"
    case critical = "CRITICAL"

    /// What the program exits with.
    var exitStatus: ExitStatus {
        switch self {
        case .ok: .done
        case .warning: ExitStatus(rawValue: 1)
        case .critical: ExitStatus(rawValue: 2)
        case .unknown: .unknown
        }
    }

    /// By gravity: what is known to be wrong is graver than what is not known.
    static func < (left: CheckStatus, right: CheckStatus) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .ok: 0
        case .unknown: 1
        case .warning: 2
        case .critical: 3
        }
    }
}
