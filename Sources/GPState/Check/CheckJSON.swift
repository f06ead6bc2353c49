import Reporting
import ToolSupport

/// A check as one document (docs/json.md).
enum CheckJSON {
    static func document(_ text: PluginText, catalogAge: Int?) -> JSONValue {
        .object([
            ("schema", .int(1)), ("tool", .string("gpstate")), ("mode", .string("check")),
            ("exit_status", .int(Int(text.status.exitStatus.rawValue))), ("status", .string(text.status.rawValue)),
            ("summary", .string(text.summary)), ("catalog_age", .optional(catalogAge)),
            ("aspects", .array(text.results.map { aspect($0) })),
        ])
    }

    /// Of a run that could not judge anything.
    static func unknown(_ reason: String) -> JSONValue {
        .object([
            ("schema", .int(1)), ("tool", .string("gpstate")), ("mode", .string("check")),
            ("exit_status", .int(Int(CheckStatus.unknown.exitStatus.rawValue))),
            ("status", .string(CheckStatus.unknown.rawValue)), ("summary", .string(reason)), ("catalog_age", .null),
            ("aspects", .array([])),
        ])
    }

    private static func aspect(_ result: AspectResult) -> JSONValue {
        .object([
            ("aspect", .string(result.aspect.rawValue)), ("status", .string(result.status.rawValue)),
            ("summary", .string(result.summary)), ("details", .array(result.details.map { .string($0) })),
            ("numbers", .array(result.performance.map { number($0) })),
        ])
    }

    private static func number(_ number: PerformanceValue) -> JSONValue {
        .object([
            ("label", .string(number.label)), ("value", value(number.value)), ("unit", unit(number.measure.unit)),
            ("status", .string(number.status.rawValue)), ("warning", value(number.threshold.warning)),
            ("critical", value(number.threshold.critical)),
            ("bad_when", .string(number.measure.isBadWhenSmall ? "below" : "above")),
        ])
    }

    private static func value(_ value: Double?) -> JSONValue {
        guard let value else { return .null }
        return value == value.rounded() && abs(value) < 1e15 ? .int(Int(value)) : .double(value)
    }

    private static func unit(_ unit: Measure.Unit) -> JSONValue {
        switch unit {
        case .count: .string("count")
        case .bytes: .string("bytes")
        case .seconds: .string("seconds")
        case .percent: .string("percent")
        }
    }
}
