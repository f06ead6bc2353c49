import ClusterModel
import ClusterOperations

/// Everything the plan is computed from, gathered without changing anything.
struct ActivationFacts: Sendable {
    /// What there is to be activated.
    enum Situation: String, Sendable {
        /// A standby that runs.
        case standby
        /// A standby whose server does not run.
        case stopped
        /// Promoted by an earlier run that was cut off.
        case promoted
        /// The coordinator already.
        case activated
    }

    var directory: StandbyDirectory
    /// `PGPORT`.
    var port: Int
    /// This host's own name.
    var hostname: String
    /// What the running server says; nil when it does not run or takes no sessions.
    var server: LocalServer?
    /// What `pg_controldata` says of one that is stopped or takes no sessions.
    var survey: CoordinatorSurvey?
    /// As this instance has the catalog; nil when it cannot be asked.
    var cluster: ClusterConfiguration?
    /// This instance's own row.
    var own: Segment?
    /// The newest row of the history about this instance.
    var lastWord: String?
    /// Whether the history, as this instance has it, ends with the fault-tolerance service's word that this standby is
    /// in sync; nil where the history cannot be asked or nobody writes it.
    var isInSyncInHistory: Bool?
    var former: FormerCoordinator?
    var old: OldCoordinator = .unreachable(reason: "it was not looked at")
    /// The old coordinator's addresses in digits.
    var formerAddresses: [String] = []
    /// The addresses of hosts that must stay in, by host name.
    var staying: [String: [String]] = [:]
    /// Hosts with segments that do not answer, and why.
    var silentHosts: [String: String] = [:]
    /// Whether the server runs and takes no sessions, as Greenplum's standbys do and every one without `hot_standby`:
    /// the segments are known only once it is promoted.
    var hidesCatalog = false
    /// Whether an activation left its gate shut here (`ActivationGate`).
    var isGateShut = false

    var systemIdentifier: String { server?.systemIdentifier ?? survey?.systemIdentifier ?? "" }

    var situation: Situation {
        guard let server else { return directory.postmaster == nil ? .stopped : .standby }
        if server.isInRecovery { return .standby }
        // With its gate shut the segments are not known to be fenced: that is left to be done.
        return own?.role == .primary && !isGateShut ? .activated : .promoted
    }

    /// Whether nobody can write here: it follows a coordinator still, or would if it were started.
    var isStandby: Bool { server?.isInRecovery ?? directory.isStandby }

    /// Whether this is no standby and never was one: nothing to activate.
    var isNoStandby: Bool {
        guard let server else { return !directory.isStandby }
        return !server.isInRecovery && server.timeline <= 1 && own?.role != .mirror
    }

    /// The segments that a fence concerns: primaries and mirrors, since a mirror may be promoted.
    var segments: [Segment] { cluster?.segments ?? [] }
}
