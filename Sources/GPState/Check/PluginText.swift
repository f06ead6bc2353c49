import ToolSupport

/// A check in the form of the Monitoring Plugins guidelines: a line of text and performance data, then details.
struct PluginText: Sendable {
    let results: [AspectResult]

    /// The gravest of all.
    var status: CheckStatus { results.map(\.status).max() ?? .unknown }

    /// What the first line says after the status: the gravest first.
    var summary: String {
        let trouble = results.filter { $0.status != .ok }
        guard !trouble.isEmpty else {
            let aspects = results.count == 1 ? "1 aspect" : "\(results.count) aspects"
            return results.count == 1 ? results[0].summary : "\(aspects) checked, nothing is wrong"
        }
        // Of equal gravity: in the order of the aspects.
        let known = trouble.filter { $0.status == .critical } + trouble.filter { $0.status == .warning }
        let unknown = trouble.filter { $0.status == .unknown }
        if known.isEmpty { return unknown.map(\.summary).joined(separator: "; ") }
        let names = unknown.isEmpty ? "" : "; not all known: " + unknown.map(\.aspect.rawValue).joined(separator: ", ")
        return known.map(\.summary).joined(separator: "; ") + names
    }

    /// The first line without its performance data.
    var headline: String { "GPSTATE \(status.rawValue) - \(Self.safe(summary))" }

    var firstLine: String {
        let numbers = results.flatMap(\.performance)
        return headline + (numbers.isEmpty ? "" : " | " + numbers.map { Self.text($0) }.joined(separator: " "))
    }

    /// The first line, then a line for each aspect with its own below it.
    var lines: [String] {
        [firstLine]
            + results.flatMap { result in
                ["[\(result.status.rawValue)] \(result.aspect.rawValue): \(result.summary)"]
                    + result.details.map { "    \($0)" }
            }.map { Self.safe($0) }
    }

    /// Of a run that could not judge anything.
    static func unknown(_ reason: String) -> String { "GPSTATE UNKNOWN - \(safe(reason))" }

    /// One line without a bar: what follows a bar is performance data to a monitor, in every line.
    static func safe(_ text: String) -> String { PrintableText.oneLine(text).replacing("|", with: "\\x7c") }

    /// `label=value[UOM];warn;crit;min;max`, without empty ends.
    private static func text(_ number: PerformanceValue) -> String {
        let parts = [
            PlainNumber.text(number.value) + number.measure.unit.mark,
            range(number.threshold.warning, number.measure), range(number.threshold.critical, number.measure),
            number.range.least.map { PlainNumber.text($0) } ?? "", number.range.most.map { PlainNumber.text($0) } ?? "",
        ]
        let used = parts.lastIndex { !$0.isEmpty }.map { parts[...$0] } ?? parts[...]
        return label(number.label) + "=" + used.joined(separator: ";")
    }

    /// A range of values that are fine: `10` is 0 to 10, `10:` is 10 and more.
    private static func range(_ limit: Double?, _ measure: Measure) -> String {
        limit.map { PlainNumber.text($0) + (measure.isBadWhenSmall ? ":" : "") } ?? ""
    }

    /// Quoted where it holds a blank, an equals sign or a quote, which is doubled.
    private static func label(_ text: String) -> String {
        let safe = safe(text)
        guard safe.contains(where: { " ='\"".contains($0) }) else { return safe }
        // An equals sign would end the label even between quotes.
        return "'" + safe.replacing("'", with: "''").replacing("=", with: "\\x3d") + "'"
    }
}
