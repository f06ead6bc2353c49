import ClusterModel
import ClusterOperations
import Reporting

/// The plan and the result as JSON; see docs/json.md.
enum StandbyJSON {
    static func plan(_ plan: StandbyPlan) -> JSONValue {
        document(
            "plan",
            [
                ("standby", plan.standby.place(hasNumber: true)),
                ("removes", plan.removes.map { $0.place(hasNumber: true) } ?? .null),
                ("action", .string(plan.item.action.label)), ("bytes", .int(plan.item.bytes)),
                (
                    "pg_hba",
                    .array(
                        ((plan.coordinatorAccess.map { [$0] } ?? []) + plan.segmentAccess).map { change in
                            .object([
                                ("dbid", .int(change.instance.dbid.rawValue)),
                                ("hostname", .string(change.instance.hostname)), ("file", .string(change.file)),
                                ("lines", .array(change.lines.map { .string($0) })),
                            ])
                        })
                ),
                ("moves_aside", .optional(plan.movesAside?.target)),
                ("fence_removed_from", .array(plan.fencedSegments.map { .int($0.dbid.rawValue) })),
                ("left_out", leftOut(plan.leftOut)), ("warnings", .array(plan.warnings.map { .string($0) })),
                ("problems", .array(plan.problems.map { .string($0.text) })),
            ])
    }

    static func result(
        _ action: String, standby: Segment?, succeeded: Bool, stream: StandbyStream? = nil,
        leftOut: [StandbyPlan.LeftOut] = [], leftBehind: [String] = []
    ) -> JSONValue {
        document(
            "result",
            [
                ("action", .string(action)), ("standby", standby.map { $0.place(hasNumber: true) } ?? .null),
                ("state", .optional(stream?.state)), ("sync_state", .optional(stream?.syncState)),
                ("lag_bytes", .optional(stream?.lagBytes)), ("left_out", Self.leftOut(leftOut)),
                ("left_behind", .array(leftBehind.map { .string($0) })), ("exit_status", .int(succeeded ? 0 : 2)),
            ])
    }

    private static func document(_ kind: String, _ members: [(String, JSONValue)]) -> JSONValue {
        .object([("schema", .int(1)), ("tool", .string("gpinitstandby")), ("kind", .string(kind))] + members)
    }

    private static func leftOut(_ instances: [StandbyPlan.LeftOut]) -> JSONValue {
        .array(
            instances.map {
                .object([
                    ("dbid", .int($0.instance.dbid.rawValue)), ("hostname", .string($0.instance.hostname)),
                    ("reason", .string($0.reason)),
                ])
            })
    }
}
