public import ClusterModel
public import Reporting

/// Double faults in words and as JSON.
public enum DoubleFaultReport {
    /// The lines about all faults, each under a rule of its own; none without a fault.
    public static func lines(_ faults: [DoubleFault]) -> [ReportLine] { faults.flatMap { lines($0) } }

    private static func lines(_ fault: DoubleFault) -> [ReportLine] {
        var table = Table(marksWarnings: false)
        table.add(["Segment", "Port", "Role", "Timeline", "Last checkpoint", "Last WAL record", "Ended"])
        for copy in fault.copies {
            table.add([
                copy.segment.address, String(copy.segment.port), copy.segment.role.label,
                copy.timeline.map { "\($0)" } ?? unknown, checkpoint(copy)?.description ?? unknown,
                copy.lastRecord?.description ?? unknown, copy.ending,
            ])
        }
        var lines: [ReportLine] = [
            .rule(), .warning("Double fault: both copies of content \(fault.content) are down"),
        ]
        lines += table.lines
        for copy in fault.copies {
            lines += copy.causes.map { .info("   \(copy.segment.label): \($0)") }
        }
        switch fault.choice {
        case .start(let dbid, let reason):
            lines.append(.warning("Better to start from: dbid \(dbid): \(reason)"))
            lines.append(.info("Nothing was started; to do so, type:"))
            lines += fault.commands.map { .info("   on \($0.host): \($0.text)") }
        case .undecided(let reason):
            lines.append(.warning("Which copy to start from cannot be told: \(reason)"))
        }
        return lines
    }

    private static let unknown = "Unknown"

    private static func checkpoint(_ copy: DoubleFault.Copy) -> WALPosition? { copy.facts?.control.data?.checkpoint }

    /// The value of `double_faults` (docs/json.md).
    public static func json(_ faults: [DoubleFault]) -> JSONValue { .array(faults.map { json($0) }) }

    private static func json(_ fault: DoubleFault) -> JSONValue {
        .object([
            ("content", .int(fault.content.rawValue)), ("was_in_sync", .bool(fault.wasInSync)),
            ("copies", .array(fault.copies.map { json($0) })),
            ("better_dbid", .optional(fault.choice.dbid?.rawValue)), ("reason", .string(fault.choice.reason)),
            (
                "commands",
                .array(
                    fault.commands.map {
                        .object([("host", .string($0.host)), ("command", .string($0.text))])
                    })
            ),
        ])
    }

    private static func json(_ copy: DoubleFault.Copy) -> JSONValue {
        let data = copy.facts?.control.data
        return .object([
            ("dbid", .int(copy.segment.dbid.rawValue)), ("reachable", .bool(copy.facts != nil)),
            ("timeline", .optional(copy.timeline.map { Int($0) })),
            ("last_checkpoint", .optional(data?.checkpoint.description)),
            ("minimum_recovery_end", .optional(data?.minimumRecoveryEnd?.description)),
            ("last_wal_record", .optional(copy.lastRecord?.description)),
            ("cluster_state", .optional(data?.state)), ("ended", .string(copy.ending)),
            ("causes", .array(copy.causes.map { .string($0) })),
        ])
    }
}
