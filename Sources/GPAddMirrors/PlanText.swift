import ClusterModel
import Reporting
import ToolSupport

/// The plan as the original shows it, and with `--dry-run` what it means.
struct PlanText {
    let plan: MirrorPlan
    let dataDirectory: String
    let port: Int
    let hostCount: Int
    let segmentCount: Int
    let isDetailed: Bool

    var lines: [ReportLine] {
        parameters + mirrors + [.rule(44)] + (isDetailed ? changes + meaning : [])
            + plan.warnings.map { .warning($0) } + plan.problems.map { .error($0) }
    }

    private var parameters: [ReportLine] {
        [
            .info("Greenplum Add Mirrors Parameters"), .rule(44),
            .info("Greenplum coordinator data directory    = \(dataDirectory)"),
            .info("Greenplum coordinator port              = \(port)"),
            .info("Batch size                              = \(hostCount)"),
            .info("Segment batch size                      = \(segmentCount)"),
        ]
    }

    private var mirrors: [ReportLine] {
        plan.items.enumerated().flatMap { index, item -> [ReportLine] in
            var table = Table(marksWarnings: false)
            for (name, segment) in [("Primary", item.source), ("Mirror", item.mirror)] {
                table.add(["\(name) instance host", "= \(segment.hostname)"])
                table.add(["\(name) instance address", "= \(segment.address)"])
                table.add(["\(name) instance directory", "= \(segment.dataDirectory)"])
                table.add(["\(name) instance port", "= \(segment.port)"])
            }
            if !isDetailed && item.action != .copy { table.add(["Action", "= \(what(item))"]) }
            if isDetailed {
                table.add(["Content", "= \(item.source.content)"])
                table.add(["Mirror dbid", "= \(item.mirror.dbid)"])
                table.add(["Action", "= \(what(item))"])
                table.add(["To copy", "= \(ByteCount.text(Int64(item.bytes)))"])
            }
            return [.rule(44), .info("Mirror \(index + 1) of \(plan.items.count)"), .rule(44)] + table.lines
        }
    }

    /// What is done for one mirror, above all what is removed.
    private func what(_ item: MirrorPlan.Item) -> String {
        guard let removed = item.removes else { return item.action.label }
        return "\(item.action.label): removes the unfinished copy of run \(removed.run) in \(item.mirror.dataDirectory)"
    }

    private var changes: [ReportLine] {
        let files = plan.authentication.flatMap { change -> [ReportLine] in
            [.info("\(change.file) on \(change.segment.hostname): \(change.lines.count) line(s) added")]
                + change.lines.map { .info("   + \($0)") }
        }
        let rows = plan.items.filter(\.action.addsRow).count
        let removals = plan.items.filter { $0.removes != nil }.map {
            ReportLine.info("\($0.mirror.dataDirectory) on \($0.mirror.hostname): unfinished copy removed")
        }
        return [.info("What is written")] + files + removals
            + [
                .info("gp_segment_configuration: \(rows) row(s) added (role m, preferred role m, mode n, status d)"),
                .info("gp_configuration_history: \(rows) row(s) added"), .rule(44),
            ]
    }

    private var meaning: [ReportLine] {
        let risk = plan.risk
        let share = Int((risk.lethalShare * 1000).rounded())
        var lines: [ReportLine] = [
            .info("Layout                                  = \(plan.origin.label)"),
            .info(
                "Most primaries on a host                = \(risk.mostPrimariesNow), "
                    + "\(risk.mostPrimariesAfterOneLoss) after the loss of any one host"),
            .info(
                "Two-host losses that stop the cluster   = \(risk.lethalHostPairs) of \(risk.hostPairs) "
                    + "(\(share / 10).\(share % 10) %)"),
        ]
        if risk.contentsOnOneHost > 0 {
            lines.append(
                .warning(
                    "\(risk.contentsOnOneHost) content(s) have both copies on one host: its loss stops the cluster"))
        }
        return lines + [.rule(44)]
    }
}
