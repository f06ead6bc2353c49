import ClusterModel
import ClusterOperations
import Reporting
import ToolSupport

/// The plan as the original shows it, and with `--dry-run` what it means.
struct RecoveryPlanText {
    let plan: RecoveryPlan
    let isDetailed: Bool

    var lines: [ReportLine] {
        [.info("Greenplum instance recovery parameters"), .rule(57)] + origin
            + plan.items.indices.flatMap(segment) + [.rule(57)]
            + (isDetailed ? changes : []) + RecoveryResultText.leftOut(plan.leftOut)
            + DoubleFaultReport.lines(plan.doubleFaults) + plan.warnings.map { .warning($0) }
    }

    private var origin: [ReportLine] {
        switch plan.origin {
        case .standard: [.info("Recovery type              = Standard")]
        case .file: [.info("Recovery from configuration -i option supplied")]
        case .hosts(let hosts):
            [.info("Recovery type              = Pool Host")]
                + hosts.map { .info("Pool host for recovery     = \($0)") }
        }
    }

    private func segment(_ index: Int) -> [ReportLine] {
        let item = plan.items[index]
        var table = Table(marksWarnings: false)
        table.add(["Synchronization mode", "= \(item.method.label)"])
        for (name, segment) in [("Failed instance", item.failed), ("Recovery Source instance", item.source)] {
            table.add(["\(name) host", "= \(segment.hostname)"])
            table.add(["\(name) address", "= \(segment.address)"])
            table.add(["\(name) directory", "= \(segment.dataDirectory)"])
            table.add(["\(name) port", "= \(segment.port)"])
        }
        if item.moves {
            table.add(["Recovery Target instance host", "= \(item.target.hostname)"])
            table.add(["Recovery Target instance address", "= \(item.target.address)"])
            table.add(["Recovery Target instance directory", "= \(item.target.dataDirectory)"])
            table.add(["Recovery Target instance port", "= \(item.target.port)"])
        } else {
            table.add(["Recovery Target", "= in-place"])
        }
        if isDetailed { for row in meaning(item) { table.add(row) } }
        return [.rule(57), .info("Recovery \(index + 1) of \(plan.items.count)"), .rule(57)] + table.lines
    }

    private func meaning(_ item: RecoveryPlan.Item) -> [[String]] {
        var rows = [["Content", "= \(item.content)"], ["Dbid", "= \(item.dbid)"]]
        rows += item.causes.map { ["Down because", "= \($0)"] }
        rows += item.outlooks.map { ["\($0.method.label) recovery", "= \(Self.text($0))"] }
        rows += item.doubts.map { ["In doubt", "= \($0)"] }
        if !item.fallbacks.isEmpty {
            rows.append(["If it fails", "= " + item.fallbacks.map(\.rawValue).joined(separator: ", then ")])
        }
        if item.ladder.contains(.full) { rows.append(["Full copy", "= \(Self.text(item.place))"]) }
        return rows
    }

    static func text(_ outlook: MethodOutlook) -> String {
        guard outlook.obstacle == nil else { return "not possible: \(outlook.obstacle ?? "")" }
        var parts = ["possible"]
        if let bytes = outlook.bytes {
            let what = outlook.method == .incremental ? "of WAL since then" : "to move"
            parts.append("\(ByteCount.text(Int64(bytes))) \(what)")
        }
        if let seconds = outlook.seconds {
            let bound = outlook.bound == .about ? "" : "\(outlook.bound.rawValue) "
            parts.append("\(bound)about \(ElapsedTime.text(.seconds(seconds)))")
        }
        if let note = outlook.note { parts.append(note) }
        return parts.joined(separator: ", ")
    }

    static func text(_ place: RecoveryPlan.Place) -> String {
        switch place {
        case .beside: "into a new directory beside the old one, which stays until the new one is in sync"
        case .inPlace(let reason): "in place: \(reason)"
        }
    }

    private var changes: [ReportLine] {
        let files = plan.authentication.flatMap { change -> [ReportLine] in
            [.info("\(change.file) on \(change.segment.hostname): \(change.lines.count) line(s) added")]
                + change.lines.map { .info("   + \($0)") }
        }
        let moves = plan.items.filter(\.moves)
        return [.info("What is written beside the segments' own data")] + files + [
            .info(
                "gp_segment_configuration: \(moves.count) row(s) get another place"
                    + (moves.isEmpty ? "" : " (dbid " + moves.map { "\($0.dbid)" }.joined(separator: ", ") + ")")),
            .rule(57),
        ]
    }
}
