import ClusterOperations
import ToolSupport

/// The value of `--since`: a time, or how long ago.
enum SinceOption {
    /// Reads `2026-11-21`, `2026-11-21T20:15:30+01:00`, `90s`, `30m`, `2h`, `1d` or `2w`.
    ///
    /// - Throws: `ToolError` in one line for anything else.
    static func parse(_ text: String) throws(ToolError) -> HistoryStart {
        if let seconds = age(text) { return .ago(seconds: seconds) }
        if isTime(text) { return .time(text) }
        throw ToolError(
            .validation,
            "--since: '\(PrintableText.oneLine(text))' is neither a time (2026-11-21T20:15) nor an age (30m, 2h, 1d)")
    }

    private static func age(_ text: String) -> Int? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let unit = text.last.flatMap({ units[$0] }), let count = number(text.dropLast(), 1...9) else {
            return nil
        }
        let (seconds, isTooLong) = count.multipliedReportingOverflow(by: unit)
        // A thousand years: before any server's first row.
        return isTooLong || seconds > 31_557_600_000 ? nil : seconds
    }

    /// Whether it is a date that exists, alone or with a time of day and an offset.
    private static func isTime(_ text: String) -> Bool {
        let date = text.prefix(10)
        let parts = date.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let year = number(parts[0], 4...4), let month = number(parts[1], 2...2),
            let day = number(parts[2], 2...2), year >= 1, (1...12).contains(month),
            (1...days(month, year)).contains(day)
        else { return false }
        let rest = text.dropFirst(10)
        guard let separator = rest.first else { return true }
        return (separator == "T" || separator == " ") && isClock(rest.dropFirst())
    }

    /// `20:15`, `20:15:30`, `20:15:30.5`, each with `Z`, `+01`, `+0100`, `+01:00` or nothing.
    private static func isClock(_ text: Substring) -> Bool {
        let clock = text.prefix { $0 != "Z" && $0 != "+" && $0 != "-" }
        let parts = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hour = number(parts[0], 2...2), let minute = number(parts[1], 2...2),
            hour < 24, minute < 60
        else { return false }
        if parts.count == 3 {
            let seconds = parts[2].split(separator: ".", omittingEmptySubsequences: false)
            guard seconds.count <= 2, let whole = number(seconds[0], 2...2), whole < 60,
                seconds.count == 1 || number(seconds[1], 1...6) != nil
            else { return false }
        }
        return isOffset(text.dropFirst(clock.count))
    }

    private static func isOffset(_ text: Substring) -> Bool {
        guard let sign = text.first else { return true }
        if sign == "Z" { return text.count == 1 }
        let digits = text.dropFirst().filter { $0 != ":" }
        guard let value = number(digits[...], 2...4), digits.count != 3 else { return false }
        let (hours, minutes) = digits.count == 2 ? (value, 0) : (value / 100, value % 100)
        let isColonRight = !text.contains(":") || text.dropFirst(3).first == ":" && text.count == 6
        return hours < 16 && minutes < 60 && isColonRight
    }

    private static func days(_ month: Int, _ year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// A number of ASCII digits, of this many.
    private static func number(_ text: some StringProtocol, _ length: ClosedRange<Int>) -> Int? {
        guard length.contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}
