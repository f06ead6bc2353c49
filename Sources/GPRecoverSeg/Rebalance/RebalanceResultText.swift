import BlockingWork
import ClusterModel
import Reporting

/// What came of a rebalance: the table, the reasons, the original's last lines.
struct RebalanceResultText {
    let plan: RebalancePlan
    let outcomes: [SwapOutcome]

    /// Whether every pair of the plan is in sync in its preferred roles.
    var isComplete: Bool { plan.left.isEmpty && outcomes.allSatisfy(\.succeeded) }

    var lines: [ReportLine] { table + reasons + stopFailures + ending + hints }

    private var table: [ReportLine] {
        var table = Table(marksWarnings: true)
        table.add(["Content", "Preferred primary", "Preferred mirror", "Without a primary for", "Result"])
        for item in plan.items {
            let outcome = outcomes.first { $0.item.pair.content == item.pair.content }
            table.add(
                [
                    "\(item.pair.content)", item.pair.mirror?.label ?? "none", item.pair.primary.label,
                    outcome?.interruption.map(Self.seconds) ?? "-", outcome?.stateName ?? "left",
                ], warn: outcome?.succeeded != true)
        }
        return [.rule(57)] + table.lines + [.rule(57)]
    }

    /// With one digit after the point.
    static func seconds(_ duration: Duration) -> String {
        let tenths = Int((duration.inSeconds * 10).rounded(.up))
        return "\(tenths / 10).\(tenths % 10) s"
    }

    private var reasons: [ReportLine] {
        plan.left.map { .warning("content \($0.pair.content): left: \($0.obstacle?.text ?? "")") }
            + outcomes.compactMap { outcome in
                outcome.reason.map { .warning("content \(outcome.item.pair.content): \(outcome.stateName): \($0)") }
            }
    }

    /// The original's lines; it counts hosts.
    private var stopFailures: [ReportLine] {
        let count = outcomes.count { $0.stateName == "stop-failed" }
        guard count > 0 else { return [] }
        return [
            .warning("\(count) segments failed to stop.  A full rebalance of the"),
            .warning("system is not possible at this time.  Please check the"),
            .warning("log files, correct the problem, and run gprecoverseg -r"),
            .warning("again."), .info("gprecoverseg will continue with a partial rebalance."),
        ]
    }

    private var ending: [ReportLine] {
        let stars = ReportLine.info(String(repeating: "*", count: 66))
        let text =
            isComplete
            ? "The rebalance operation has completed successfully."
            : "The rebalance operation has completed with WARNINGS. "
                + "Please review the output in the gprecoverseg log."
        return [stars, .info(text), stars]
    }

    private var hints: [ReportLine] {
        let states = Set(outcomes.map(\.stateName) + (plan.left.isEmpty ? [] : ["left"]))
        var lines: [ReportLine] = []
        if states.contains("primary-down") {
            lines.append(.error("hint: a content has no primary: look with gpstate -e"))
        }
        if states.contains("mirror-down") {
            lines.append(.warning("hint: run gprecoverseg to bring back the mirrors that are down"))
        }
        if !states.isDisjoint(with: ["left", "undone", "stop-failed"]) {
            lines.append(.warning("hint: put right what is named above, then run gprecoverseg -r again"))
        }
        if states.contains("not-in-sync") {
            lines.append(.warning("hint: mirrors go on catching up by themselves; look with gpstate -e"))
        }
        return lines
    }
}
