import ClusterModel
import ClusterOperations
import Reporting

/// The plan and the result as JSON; see docs/json.md.
enum ActivationJSON {
    static func plan(_ plan: ActivationPlan) -> JSONValue {
        document(
            "plan", plan,
            [
                (
                    "states",
                    .array(
                        plan.parts.map {
                            .object([
                                ("state", .string($0.state.rawValue)),
                                ("lines", .array($0.lines.map { .string($0) })),
                            ])
                        })
                ),
                ("evidence", .array(plan.evidence.map { .string($0.text) })),
                ("warnings", .array(plan.warnings.map { .string($0) })),
                ("problems", .array(plan.problems.map { .string($0.text) })),
            ])
    }

    static func result(
        _ plan: ActivationPlan, status: Int32, leftOut: [SegmentFencing.LeftOut], corrected: [Segment],
        unverified: [(ContentID, String)], notes: [String]
    ) -> JSONValue {
        document(
            "result", plan,
            [
                ("left_out", Self.leftOut(leftOut)),
                (
                    "corrected",
                    .array(
                        corrected.map {
                            .object([
                                ("dbid", .int($0.dbid.rawValue)), ("role", .string($0.role.rawValue)),
                                ("mode", .string($0.mode.rawValue)), ("status", .string($0.status.rawValue)),
                            ])
                        })
                ),
                (
                    "unverified",
                    .array(
                        unverified.map {
                            .object([("content", .int($0.0.rawValue)), ("reason", .string($0.1))])
                        })
                ),
                ("notes", .array(notes.map { .string($0) })), ("exit_status", .int(Int(status))),
            ])
    }

    /// What `--finish` did.
    static func finished(_ former: FormerCoordinator?, leftOut: [SegmentFencing.LeftOut]) -> JSONValue {
        .object([
            ("schema", .int(1)), ("tool", .string("gpactivatestandby")), ("kind", .string("finish")),
            ("former", former.map { coordinator($0) } ?? .null), ("left_out", Self.leftOut(leftOut)),
            ("exit_status", .int(leftOut.isEmpty ? 0 : 2)),
        ])
    }

    private static func document(
        _ kind: String, _ plan: ActivationPlan, _ members: [(String, JSONValue)]
    ) -> JSONValue {
        .object(
            [
                ("schema", .int(1)), ("tool", .string("gpactivatestandby")), ("kind", .string(kind)),
                ("situation", .string(plan.situation.rawValue)), ("hostname", .string(plan.hostname)),
                ("port", .int(plan.port)), ("datadir", .string(plan.dataDirectory)),
                ("dbid", .optional(plan.dbid?.rawValue)), ("former", plan.former.map { coordinator($0) } ?? .null),
                ("old_coordinator", .string(plan.old.label)),
                ("fenced_addresses", .array((plan.fence?.addresses ?? []).map { .string($0) })),
                ("fence_obstacles", .array(plan.fenceObstacles.map { .string($0) })),
            ] + members)
    }

    private static func coordinator(_ former: FormerCoordinator) -> JSONValue {
        .object([
            ("dbid", .optional(former.dbid?.rawValue)), ("hostname", .string(former.hostname)),
            ("address", .string(former.address)), ("port", .int(former.port)),
            ("datadir", .optional(former.dataDirectory)),
        ])
    }

    private static func leftOut(_ instances: [SegmentFencing.LeftOut]) -> JSONValue {
        .array(
            instances.map {
                .object([
                    ("dbid", .int($0.instance.dbid.rawValue)), ("hostname", .string($0.instance.hostname)),
                    ("reason", .string($0.reason)),
                ])
            })
    }
}
