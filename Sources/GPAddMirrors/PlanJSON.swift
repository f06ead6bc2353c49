import ClusterModel
import ClusterOperations
import Reporting

/// The plan, and what came of it, as a JSON document (docs/json.md).
enum PlanJSON {
    /// - Parameter applied: the outcomes; nil when nothing was applied.
    static func document(
        _ plan: MirrorPlan, applied: [MirrorOutcome]?, unsynchronized: [MirrorPlan.Item]? = nil, exitStatus: Int? = nil
    ) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("schema", .int(1)), ("tool", .string("gpaddmirrors")),
            ("kind", .string(applied == nil ? "plan" : "result")), ("layout", .string(plan.origin.label)),
            ("mirrors", .array(plan.items.map { item($0, applied) })),
            ("authentication", .array(plan.authentication.map(\.json))), ("risk", risk(plan.risk)),
            ("warnings", .array(plan.warnings.map { .string($0) })),
            ("problems", .array(plan.problems.map { .string($0) })),
        ]
        if let unsynchronized {
            members.append(("unsynchronized_dbids", .array(unsynchronized.map { .int($0.mirror.dbid.rawValue) })))
        }
        if let exitStatus { members.append(("exit_status", .int(exitStatus))) }
        return .object(members)
    }

    private static func item(_ item: MirrorPlan.Item, _ applied: [MirrorOutcome]?) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("content", .int(item.source.content.rawValue)), ("dbid", .int(item.mirror.dbid.rawValue)),
            ("action", .string(item.action.label)), ("removes_run", .optional(item.removes?.run)),
            ("bytes", .int(item.bytes)),
            ("primary", item.source.place(hasNumber: false)), ("mirror", item.mirror.place(hasNumber: false)),
            (
                "settings",
                .object(item.settings.map { ($0.name, .string($0.value)) })
            ),
        ]
        if let outcome = applied?.first(where: { $0.item.mirror.dbid == item.mirror.dbid }) {
            members.append(("state", .string(outcome.stateName)))
            members.append(("error", .optional(outcome.errorText)))
            members.append(("notes", .array(outcome.notes.map { .string($0) })))
        }
        return .object(members)
    }

    private static func risk(_ risk: LayoutRisk) -> JSONValue {
        .object([
            ("hosts", .int(risk.hosts)), ("most_primaries_now", .int(risk.mostPrimariesNow)),
            ("most_primaries_after_one_loss", .int(risk.mostPrimariesAfterOneLoss)),
            ("contents_on_one_host", .int(risk.contentsOnOneHost)),
            ("lethal_host_pairs", .int(risk.lethalHostPairs)), ("host_pairs", .int(risk.hostPairs)),
            ("lethal_share", .double(risk.lethalShare)),
        ])
    }
}

extension MirrorOutcome {
    /// One word for JSON and the result table.
    var stateName: String {
        switch state {
        case .done: "started"
        case .refused: "refused"
        case .copyFailed: "copy-failed"
        case .rowFailed: "catalog-failed"
        case .startFailed: "start-failed"
        }
    }

    /// Why it failed.
    var errorText: String? {
        switch state {
        case .done: nil
        case .refused(let text), .copyFailed(let text), .rowFailed(let text), .startFailed(let text): text
        }
    }
}
