import ClusterModel
import ClusterOperations
import RemoteShell
import Reporting

/// The plan in words.
struct ActivationPlanText {
    let plan: ActivationPlan

    /// The original's block.
    static func summary(_ plan: ActivationPlan, logDirectory: String?, isForced: Bool) -> [ReportLine] {
        [
            .rule(53), .info("Standby data directory    = \(plan.dataDirectory)"),
            .info("Standby port              = \(plan.port)"),
        ] + (logDirectory.map { [.info("Log directory             = \($0)")] } ?? []) + [
            .info("Standby running           = \(plan.situation == .stopped ? "no" : "yes")"),
            .info("Force standby activation  = \(isForced ? "yes" : "no")"), .rule(53),
        ]
    }

    /// Every state and what is done in it.
    var parts: [ActivationPlan.Part] {
        [
            .init(state: .inspect, lines: inspect), .init(state: .fence, lines: fence),
            .init(state: .promote, lines: promote), .init(state: .verify, lines: verify),
            .init(state: .report, lines: ["say what to export, what clients need, and how to make a new standby"]),
        ]
    }

    /// The same as records.
    var lines: [ReportLine] {
        parts.enumerated().flatMap { index, part in
            [.info("\(index + 1) \(part.state.rawValue)")] + part.lines.map { .info("   \($0)") }
        }
    }

    private var place: String { plan.former?.place ?? "unknown" }

    private var inspect: [String] {
        var lines = ["this instance: \(Self.words(plan.situation))"]
        switch plan.old {
        case .stopped(let survey):
            lines.append("old coordinator \(place): stopped (its host says so; \(survey.state ?? "state unknown"))")
        case .running(let evidence): lines.append("old coordinator \(place): running (\(evidence))")
        case .unreachable(let reason): lines.append("old coordinator \(place): unreachable (\(reason))")
        }
        return lines
    }

    private static func words(_ situation: ActivationFacts.Situation) -> String {
        switch situation {
        case .standby: "a standby that runs"
        case .stopped: "a standby that does not run"
        case .promoted: "promoted by an earlier run"
        case .activated: "the coordinator already"
        }
    }

    private var fence: [String] {
        var lines: [String] = []
        if plan.runsFenceCommand { lines.append("run the fence command, then look at the old coordinator again") }
        if let fence = plan.fence, plan.shutsGate {
            lines.append("the segments are known once the standby is promoted; until they are fenced, nobody but the")
            lines.append("   administrator on this host is let in (pg_hba.conf)")
            lines.append("turn away at every segment then: \(fence.addresses.joined(separator: ", "))")
            lines += fence.lines.map { "   + \($0)" }
        } else if let fence = plan.fence {
            // Without a catalog nobody knows how many.
            let place =
                plan.dbid == nil
                ? "every segment, which the catalog names once the standby runs"
                : "\(plan.fencedSegments.count) segments"
            lines.append("turn away at \(place): \(fence.addresses.joined(separator: ", "))")
            lines += fence.lines.map { "   + \($0)" }
        }
        lines += plan.fenceObstacles.map { "not fenced: \($0)" }
        lines += plan.leftOut.map { "\($0.instance.label) is out of reach: \($0.reason)" }
        if plan.startsStandby, plan.fence == nil { lines.append("the segments are known once the standby runs") }
        return lines.isEmpty ? ["nothing"] : lines
    }

    private var promote: [String] {
        var lines: [String] = []
        if plan.startsStandby { lines.append("start the standby") }
        if plan.promotes { lines.append("end the recovery of \(plan.dataDirectory)") }
        if plan.changesCatalog {
            lines.append(
                "gp_segment_configuration: the row of \(plan.former?.dbid.map { "dbid \($0)" } ?? "the old coordinator")"
                    + " goes, \(plan.dbid.map { "dbid \($0)" } ?? "this instance") becomes role p, preferred role p")
            lines.append("gp_configuration_history: one row; CHECKPOINT")
            lines.append("roles of segments in the catalog: corrected where the instances prove them wrong")
        }
        if plan.marksOld, let directory = plan.former?.dataDirectory {
            lines.append(
                "mark the old coordinator: \(SupersededMark.path(directory)) on \(plan.former?.hostname ?? "")")
        }
        if plan.startsService { lines.append("start gpftsd here unless it runs") }
        return lines.isEmpty ? ["nothing"] : lines
    }

    private var verify: [String] { ["read and write on the coordinator and on every content"] }

    /// The segments that still let the old coordinator in.
    static func leftOut(_ instances: [SegmentFencing.LeftOut]) -> [ReportLine] {
        guard !instances.isEmpty else { return [] }
        return instances.map { .warning("\($0.instance.label) does not turn the old coordinator away: \($0.reason)") }
            + [.warning("hint: when they are back, finish with: gpactivatestandby --finish")]
    }

    /// The original's result block, then the runbook.
    static func result(_ plan: ActivationPlan, port: Int, keepsOldTools: Bool) -> [ReportLine] {
        let host = plan.hostname.prefix { $0 != "." }
        let lines = [
            "The activation of the standby coordinator has completed successfully.",
            "\(host) is now the new primary coordinator.",
            "You will need to update your user access mechanism to reflect", "the change of coordinator hostname.",
            "Do not re-start the failed coordinator while the fail-over coordinator is",
            "operational, this could result in database corruption!",
            "COORDINATOR_DATA_DIRECTORY is now \(plan.dataDirectory) if",
            "this has changed as a result of the standby coordinator activation, remember",
            "to change this in any startup scripts etc, that may be configured", "to set this value.",
            "COORDINATOR_PORT is now \(port), if this has changed, you",
            "may need to make additional configuration changes to allow access", "to the Greenplum instance.",
            "Refer to the Administrator Guide for instructions on how to re-activate",
            "the coordinator to its previous state once it becomes available.",
            "Query planner statistics must be updated on all databases",
            "following standby coordinator activation.",
            "When convenient, run ANALYZE against all user databases.",
        ]
        return [.rule(53)] + lines.map { .info($0) } + [.rule(53)]
            + runbook(plan, port: port, keepsOldTools: keepsOldTools)
    }

    private static func runbook(_ plan: ActivationPlan, port: Int, keepsOldTools: Bool) -> [ReportLine] {
        let own = ShellQuoting.word(plan.dataDirectory)
        var lines = [
            "What to do now:",
            "   export COORDINATOR_DATA_DIRECTORY=\(own) PGHOST=\(plan.clientHost) PGPORT=\(port)",
            "   clients: connect to \(plan.clientHost):\(port)", "   vacuumdb --all --analyze-only",
            "   state: gpstate -e",
        ]
        if let former = plan.former {
            let directory = former.dataDirectory.map { " -S \(ShellQuoting.word($0))" } ?? ""
            lines.append(
                "   new standby, once \(former.hostname) is back and its old coordinator stopped: "
                    + "gpinitstandby -s \(former.hostname) -P \(former.port)\(directory)")
        }
        if keepsOldTools {
            lines.append("   gpstart does not know the mark of the old coordinator: do not run it there")
        }
        return lines.map { .info($0) }
    }
}
