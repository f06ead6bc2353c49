import BlockingWork
import ClusterModel
import ClusterOperations
import Reporting

/// The plan of a rebalance, and what came of it, as a JSON document (docs/json.md).
enum RebalanceJSON {
    /// - Parameter outcomes: nil when nothing was applied.
    static func document(_ plan: RebalancePlan, _ outcomes: [SwapOutcome]?, exitStatus: Int? = nil) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("schema", .int(1)), ("tool", .string("gprecoverseg")),
            ("kind", .string(outcomes == nil ? "plan" : "result")), ("operation", .string("rebalance")),
            ("replay_lag_limit_gb", plan.lagLimit.map { .double($0.gigabytes ?? 10) } ?? .null),
            ("pairs", .array(plan.items.map { item($0, outcomes) })),
        ]
        if let exitStatus { members.append(("exit_status", .int(exitStatus))) }
        return .object(members)
    }

    private static func item(_ item: RebalancePlan.Item, _ outcomes: [SwapOutcome]?) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("content", .int(item.pair.content.rawValue)),
            ("new_primary", item.pair.mirror.map { $0.place(hasNumber: true) } ?? .null),
            ("new_mirror", item.pair.primary.place(hasNumber: true)),
            ("replay_lag_bytes", .optional(item.replayLagBytes)), ("sessions", .optional(item.sessions)),
            ("swaps", .bool(item.obstacle == nil)), ("obstacle", .optional(item.obstacle?.name)),
            ("reason", .optional(item.obstacle?.text)),
            ("interruption_estimate_seconds", item.interruption.map { .double($0.inSeconds) } ?? .null),
        ]
        guard let outcomes else { return .object(members) }
        let outcome = outcomes.first { $0.item.pair.content == item.pair.content }
        members += [
            ("state", .string(outcome?.stateName ?? "left")), ("error", .optional(outcome?.reason)),
            ("interruption_seconds", outcome?.interruption.map { .double($0.inSeconds) } ?? .null),
        ]
        return .object(members)
    }
}
