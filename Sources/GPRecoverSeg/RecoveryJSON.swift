import ClusterModel
import ClusterOperations
import Reporting
import ToolSupport

/// The plan, and what came of it, as a JSON document (docs/json.md).
enum RecoveryJSON {
    /// - Parameters:
    ///   - applied: the outcomes; nil when nothing was applied.
    ///   - unsynchronized: after `--wait`, the mirrors that are not in sync.
    static func document(
        _ plan: RecoveryPlan, applied: [SegmentOutcome]?, unsynchronized: [DatabaseID]? = nil, status: ExitStatus
    ) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("schema", .int(1)), ("tool", .string("gprecoverseg")),
            ("kind", .string(applied == nil ? "plan" : "result")), ("origin", origin(plan.origin)),
            ("segments", .array(plan.items.map { item($0, applied) })),
            ("left_out", .array(plan.leftOut.map(leftOut))),
            ("authentication", .array(plan.authentication.map(\.json))),
            ("double_faults", DoubleFaultReport.json(plan.doubleFaults)), ("max_rate", .optional(plan.maxRate)),
            ("warnings", .array(plan.warnings.map { .string($0) })),
        ]
        if let unsynchronized {
            members.append(("unsynchronized_dbids", .array(unsynchronized.map { .int($0.rawValue) })))
        }
        members.append(("exit_status", .int(Int(status.rawValue))))
        return .object(members)
    }

    private static func origin(_ source: RecoveryPlan.Source) -> JSONValue {
        switch source {
        case .standard: .string("standard")
        case .file: .string("file")
        case .hosts: .string("hosts")
        }
    }

    private static func item(_ item: RecoveryPlan.Item, _ applied: [SegmentOutcome]?) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("content", .int(item.content.rawValue)), ("dbid", .int(item.dbid.rawValue)),
            ("method", .string(item.method.rawValue)),
            ("fallbacks", .array(item.fallbacks.map { .string($0.rawValue) })),
            ("causes", .array(item.causes.map { .string($0) })), ("methods", .array(item.outlooks.map(outlook))),
            ("doubts", .array(item.doubts.map { .string($0) })),
            ("place", place(item.place)), ("moves", .bool(item.moves)), ("failed", item.failed.place(hasNumber: false)),
            ("target", item.target.place(hasNumber: false)), ("source", item.source.place(hasNumber: false)),
            ("settings", .object(item.settings.map { ($0.name, .string($0.value)) })),
        ]
        if let outcome = applied?.first(where: { $0.item.dbid == item.dbid }) {
            members += [
                ("state", .string(outcome.state.name)), ("error", .optional(outcome.state.error)),
                ("applied_method", .optional(outcome.method?.rawValue)),
                ("failures", .array(outcome.failures.map(failure))),
                ("notes", .array(outcome.notes.map { .string($0) })),
            ]
        }
        return .object(members)
    }

    private static func outlook(_ outlook: MethodOutlook) -> JSONValue {
        .object([
            ("method", .string(outlook.method.rawValue)), ("possible", .bool(outlook.obstacle == nil)),
            ("obstacle", .optional(outlook.obstacle)), ("bytes", .optional(outlook.bytes)),
            ("seconds", .optional(outlook.seconds)), ("seconds_are", .string(outlook.bound.rawValue)),
            ("note", .optional(outlook.note)),
        ])
    }

    private static func place(_ place: RecoveryPlan.Place) -> JSONValue {
        switch place {
        case .beside: .object([("kind", .string("beside")), ("reason", .null)])
        case .inPlace(let reason): .object([("kind", .string("in-place")), ("reason", .string(reason))])
        }
    }

    private static func failure(_ failure: MethodFailure) -> JSONValue {
        .object([
            ("method", .string(failure.method.rawValue)), ("error", .string(failure.error)),
            ("evidence", .optional(failure.evidence)),
        ])
    }

    private static func leftOut(_ leftOut: RecoveryPlan.LeftOut) -> JSONValue {
        .object([
            ("content", .int(leftOut.segment.content.rawValue)), ("dbid", .int(leftOut.segment.dbid.rawValue)),
            ("hostname", .string(leftOut.segment.hostname)), ("reason", .string(leftOut.reason)),
            ("unreachable_host", .optional(leftOut.unreachableHost)),
        ])
    }
}
