import ClusterModel
import ClusterOperations
import Reporting

/// Computes the plan from the facts.
///
/// Pure: the same facts give the same plan.
struct ActivationPlanBuilder {
    let facts: ActivationFacts
    let policy: FencePolicy
    /// `-f`.
    let isForced: Bool
    /// Whether the old coordinator shall be turned away at the segments.
    let fencesSegments: Bool

    private var directory: String { facts.directory.dataDirectory }
    private var engine: Engine { facts.directory.engine }
    private var isActivated: Bool { facts.situation == .activated }
    private var place: String { facts.former?.place ?? "of this standby" }

    func build() -> ActivationPlan {
        let choice = fenceChoice
        let silent = facts.segments.filter { facts.silentHosts[$0.hostname] != nil }
        let fence = choice.flatMap { choice -> SegmentFence? in
            choice.addresses.isEmpty
                ? nil : SegmentFence(host: facts.former?.hostname ?? "", addresses: choice.addresses)
        }
        return ActivationPlan(
            situation: facts.situation, hostname: facts.hostname,
            clientHost: facts.own.map { engine.connectionHost(of: $0) } ?? facts.hostname, port: facts.port,
            dataDirectory: directory,
            dbid: facts.own?.dbid, former: isHistory ? nil : facts.former, old: facts.old,
            runsFenceCommand: policy.hasCommand && !policy.commandSucceeded && !isActivated,
            fence: fence, fenceObstacles: choice?.obstacles ?? [],
            fencedSegments: fence == nil ? [] : facts.segments.filter { facts.silentHosts[$0.hostname] == nil },
            leftOut: fence == nil
                ? [] : silent.map { .init(instance: $0, reason: facts.silentHosts[$0.hostname] ?? "") },
            stayingAddresses: Set(facts.staying.values.flatMap { $0 }).sorted(),
            shutsGate: fence != nil && hidesCatalog,
            startsStandby: facts.situation == .stopped,
            promotes: facts.situation == .standby || facts.situation == .stopped,
            changesCatalog: !engine.changesCatalogAtPromotion && !isActivated, marksOld: marksOld,
            startsService: engine.hasFaultToleranceProgram,
            evidence: hasEvidence ? StandbyEvidence(facts: facts).lines : [],
            warnings: warnings, problems: problems)
    }

    /// Whether the segments are known only after the promotion; a server that does not run yet will be as its engine is.
    private var hidesCatalog: Bool {
        facts.hidesCatalog || facts.situation == .stopped && !engine.mirrorsAcceptSessions
    }

    /// A coordinator at work makes every word about its end untrue.
    private var hasEvidence: Bool {
        if case .running = facts.old { return false }
        return facts.situation == .standby || facts.situation == .stopped
    }

    /// What can be fenced off; nil where it is not wanted or has its time behind it.
    private var fenceChoice: SegmentFence.Choice? {
        guard fencesSegments, !isActivated, facts.former != nil else { return nil }
        return SegmentFence.choose(facts.formerAddresses, staying: facts.staying)
    }

    /// A coordinator with a standby has its activation behind it: nothing is left to be done about the former one.
    private var isHistory: Bool { isActivated && facts.cluster?.standby != nil }

    private var marksOld: Bool {
        guard !isHistory, let survey = facts.old.survey else { return false }
        return !survey.isMarked
    }

    private var warnings: [String] {
        var warnings: [String] = []
        if let warning = policy.warning(facts.old, place: place), !isActivated { warnings.append(warning) }
        if facts.situation == .promoted || isActivated, case .running(let evidence) = facts.old,
            !isHistory
        {
            warnings.append(
                "the old coordinator \(place) RUNS: \(evidence); the cluster has two coordinators: stop it there")
        }
        if let choice = fenceChoice, choice.addresses.isEmpty {
            warnings.append(
                "this fence cannot be set: the segments cannot turn the old coordinator \(place) away: "
                    + choice.obstacles.joined(separator: "; "))
        } else if let choice = fenceChoice, !choice.obstacles.isEmpty {
            warnings.append("not fenced off at the segments: \(choice.obstacles.joined(separator: "; "))")
        }
        if facts.isGateShut {
            warnings.append(
                "pg_hba.conf holds the lines by which an earlier run lets nobody but its user in, on this host: "
                    + "they are taken out")
        }
        if facts.server?.isReceiving == true {
            warnings.append("the standby is receiving WAL now: its coordinator is at work somewhere")
        }
        return warnings
    }

    // MARK: - Problems, in the original's order

    private var problems: [ActivationPlan.Problem] {
        if facts.isNoStandby { return [Self.noStandby(directory)] }
        if isActivated { return [] }
        return placeProblems + oldProblems + stoppedProblems
    }

    /// The original's text for a directory that follows nobody.
    static func noStandby(_ directory: String) -> ActivationPlan.Problem {
        ActivationPlan.Problem(
            "Critical required file on standby \"\(directory)/standby.signal\" is not present.",
            lines: [
                .warning("Please make sure the command gpactivatestandby is executed on current Standby host")
            ],
            hint:
                "run it on the standby's host, with -d and PGPORT of the standby; a coordinator that was activated here "
                + "and is stopped only needs to be started")
    }

    private var placeProblems: [ActivationPlan.Problem] {
        var problems: [ActivationPlan.Problem] = []
        let own = facts.directory.postmaster?.port ?? facts.directory.port
        if own != facts.port {
            problems.append(
                ActivationPlan.Problem(
                    "PGPORT is \(facts.port), the standby's port is \(own)", hint: "export PGPORT=\(own)"))
        }
        if facts.server != nil, facts.own == nil {
            problems.append(
                ActivationPlan.Problem(
                    "the catalog has no row of a standby at port \(own) in \(directory)",
                    hint: "look at gp_segment_configuration, content -1"))
        }
        if facts.former == nil {
            problems.append(
                ActivationPlan.Problem(
                    "the old coordinator is not known: primary_conninfo is not set in "
                        + "\(directory)/postgresql.auto.conf"))
        }
        return problems
    }

    private var oldProblems: [ActivationPlan.Problem] {
        guard let former = facts.former, facts.situation != .promoted,
            let text = policy.problem(facts.old, place: place)
        else { return [] }
        guard case .running(let evidence) = facts.old else {
            return [
                ActivationPlan.Problem(
                    text, hint: "stop it and let its host be reached over SSH, or give --fence-command")
            ]
        }
        return [
            ActivationPlan.Problem(
                text,
                lines: [
                    .warning(
                        "Appears that there is an active postgres process on \(former.hostname) port=\(former.port)"),
                    .warning(evidence),
                    .warning("Need to stop current coordinator before activating the standby."),
                ],
                hint: "on \(former.hostname): pg_ctl -D \(former.dataDirectory ?? "<data directory>") -m fast stop")
        ]
    }

    private var stoppedProblems: [ActivationPlan.Problem] {
        guard facts.situation == .stopped else { return [] }
        guard isForced else {
            return [
                ActivationPlan.Problem(
                    "Force activation required",
                    lines: [
                        .warning("If you wish to continue you must use the -f option to force"),
                        .warning("the activation process."),
                    ], hint: "start the standby with pg_ctl, or use -f")
            ]
        }
        guard !facts.directory.binaryDirectory.isEmpty else {
            return [
                ActivationPlan.Problem(
                    "the standby was never started: \(directory)/postmaster.opts is missing",
                    hint: "start it once with pg_ctl")
            ]
        }
        return DataDirectory.startProblem(directory).map { [ActivationPlan.Problem($0)] } ?? []
    }
}
