import ClusterModel
import ClusterOperations
import Reporting
import ToolSupport

/// The plan as the original shows it, and with `--dry-run` what it means.
struct StandbyPlanText {
    let coordinator: Segment
    let standby: Segment
    /// Whether a removal is shown.
    var isRemoval = false

    /// The original's summary.
    var summary: [ReportLine] {
        let title =
            isRemoval
            ? "Warm coordinator standby removal parameters" : "Greenplum standby coordinator initialization parameters"
        let lines: [ReportLine] = [
            .rule(53), .info(title), .rule(53),
            .info("Greenplum coordinator hostname               = \(coordinator.hostname)"),
            .info("Greenplum coordinator data directory         = \(coordinator.dataDirectory)"),
            .info("Greenplum coordinator port                   = \(coordinator.port)"),
            .info("Greenplum standby coordinator hostname       = \(standby.hostname)"),
            .info("Greenplum standby coordinator port           = \(standby.port)"),
            .info("Greenplum standby coordinator data directory = \(standby.dataDirectory)"),
        ]
        return isRemoval ? lines : lines + [.info("Greenplum update system catalog         = On")]
    }

    /// What is written where, for `--dry-run`.
    static func changes(_ plan: StandbyPlan) -> [ReportLine] {
        var lines: [ReportLine] = [.rule(53)]
        if let old = plan.removes {
            lines.append(.info("Standby removed first: \(old.label), \(old.dataDirectory)"))
        }
        if let former = plan.movesAside {
            lines.append(.info("The former coordinator's directory is moved aside: \(former.path) to \(former.target)"))
        }
        let item = plan.item
        lines += [
            .info(
                "Standby address = \(item.mirror.address), dbid = \(item.mirror.dbid), action = \(item.action.label)"),
            .info("To copy = \(ByteCount.text(Int64(item.bytes)))"), .info("What is written"),
        ]
        let unchanged = item.action.addsRow || plan.removes != nil ? "1 row added" : "no change"
        lines.append(.info("gp_segment_configuration: \(unchanged)"))
        for change in (plan.coordinatorAccess.map { [$0] } ?? []) + plan.segmentAccess {
            lines.append(.info("\(change.file) on \(change.instance.hostname): \(change.lines.count) line(s) added"))
            lines += change.lines.map { .info("   + \($0)") }
        }
        for segment in plan.fencedSegments {
            lines.append(.info("\(segment.accessFile) on \(segment.hostname): the fence is taken out"))
            lines += (plan.fenceLines[segment.dbid] ?? []).map { .info("   - \($0)") }
        }
        lines += item.settings.map { .info("\(item.mirror.dataDirectory)/postgresql.conf: \($0.name) = \($0.value)") }
        return lines + [.rule(53)]
    }

    /// What could not be reached, in the original's words, and the command that finishes it.
    static func leftOut(_ plan: StandbyPlan) -> [ReportLine] { leftOut(plan.leftOut) }

    static func leftOut(_ instances: [StandbyPlan.LeftOut]) -> [ReportLine] {
        guard !instances.isEmpty else { return [] }
        let hosts = Set(instances.map(\.instance.hostname)).sorted().joined(separator: " ")
        return [.warning("One or more segment hosts are not currently reachable: \(hosts)")]
            + instances.map { .warning("\($0.instance.label): pg_hba.conf is not updated: \($0.reason)") }
            + [.warning("hint: when they are back, finish with: gpinitstandby --finish")]
    }
}
