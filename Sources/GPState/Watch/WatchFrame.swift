import Reporting
import ToolSupport

/// One line of what is watched.
struct WatchLine: Sendable, Equatable {
    /// As it is drawn; colour sequences at most.
    let text: String
    let isWarning: Bool

    init(_ line: ReportLine) {
        text = PrintableText.oneLine(line.text)
        isWarning = line.level != .info && line.level != .debug
    }

    /// A line of data, which a report has made fit for a terminal.
    init(plain: String) {
        text = plain
        isWarning = false
    }

    /// The lines of a report.
    static func lines(of report: any StatusReport) -> [WatchLine] {
        report.lines.map { WatchLine($0) } + report.plainLines.map { WatchLine(plain: $0) }
    }
}

/// What one draw shows: a title, perhaps what is wrong with the asking, and the report.
struct WatchFrame: Sendable {
    /// `gpstate -e`.
    var command: String
    /// `every 2 s`.
    var pace: String
    /// When the state shown was asked for; nil before the first answer.
    var asOf: String?
    /// When the last draw with a change was; nil when nothing has changed yet.
    var lastChange: String?
    /// Why there is no newer state.
    var trouble: String?
    var lines: [WatchLine] = []
    /// For each line whether the draw before had none like it.
    var isChanged: [Bool] = []
    var hasColour = false
    var isUnicode = false

    /// Columns before the report's own: a mark for a change, one for a warning.
    static let gutter = 2

    /// The lines to draw on a terminal of that size; what does not fit is counted in the last one.
    func text(_ size: TerminalSize) -> [String] {
        var head = [toned(title, "1")]
        if let trouble { head.append(toned(PrintableText.oneLine(trouble), "1;31")) }
        guard asOf != nil else { return head + (trouble == nil ? ["waiting for the first answer"] : []) }
        let room = max(1, size.rows - head.count)
        guard lines.count > room else { return head + lines.indices.map(line) }
        let shown = max(0, room - 1)
        let hidden = lines.count - shown
        let changed = isChanged.suffix(hidden).count { $0 }
        let more = "... \(hidden) more line(s)" + (changed > 0 ? ", \(changed) of them changed" : "")
        return head + (0..<shown).map(line) + [toned(more, "1")]
    }

    private var title: String {
        var parts = ["\(command): \(pace)"]
        if let asOf { parts.append("as of \(asOf)") }
        if let lastChange { parts.append("last change \(lastChange)") }
        return parts.joined(separator: ", ")
    }

    private func line(_ index: Int) -> String {
        let line = lines[index]
        let change = isChanged.indices.contains(index) && isChanged[index]
        let mark = change ? toned(isUnicode ? "»" : ">", "1;36") : " "
        let text = line.isWarning ? toned(line.text, "33") : line.text
        return mark + (line.isWarning ? toned("!", "1;33") : " ") + text
    }

    private func toned(_ text: String, _ code: String) -> String {
        hasColour ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }

    /// Which of `lines` have no equal among those before; of equal ones as many count as old as there were.
    static func changes(from before: [String], to lines: [String]) -> [Bool] {
        var left: [String: Int] = [:]
        for line in before { left[line, default: 0] += 1 }
        return lines.map { line in
            guard let count = left[line], count > 0 else { return true }
            left[line] = count - 1
            return false
        }
    }
}
