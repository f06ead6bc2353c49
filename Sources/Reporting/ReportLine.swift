/// How grave a line is, in Greenplum's words.
public enum ReportLevel: String, Sendable, Equatable {
    case debug = "DEBUG"
    case info = "INFO"
    case warning = "WARNING"
    case error = "ERROR"
    case critical = "CRITICAL"
}

/// One line of a report before it gets its log prefix.
public struct ReportLine: Sendable, Equatable {
    public let level: ReportLevel
    public let text: String

    public init(_ level: ReportLevel, _ text: String) {
        self.level = level
        self.text = text
    }

    public static func info(_ text: String) -> ReportLine { ReportLine(.info, text) }
    public static func warning(_ text: String) -> ReportLine { ReportLine(.warning, text) }
    public static func error(_ text: String) -> ReportLine { ReportLine(.error, text) }
    /// A line of `count` dashes.
    public static func rule(_ count: Int = 52) -> ReportLine { info(String(repeating: "-", count: count)) }
}
