import ClusterModel
import Reporting

/// What a mode shows: a value that knows its text, its JSON and its exit status.
protocol StatusReport: Sendable {
    var mode: StatusMode { get }
    /// Lines of the log, after the announcement.
    var lines: [ReportLine] { get }
    /// Lines of data without a prefix, after `lines`, on standard output alone.
    var plainLines: [String] { get }
    /// 0, or 1 where the original tells trouble by its exit status.
    var exitStatus: Int32 { get }
    /// The same facts (docs/json.md).
    var json: JSONValue { get }
}

extension StatusReport {
    var plainLines: [String] { [] }
    var exitStatus: Int32 { 0 }
}

/// Lines that several reports share.
enum ReportText {
    /// Around the title of the reports that read the catalog alone.
    static let wideRule = 61

    /// Four warnings between rows of asterisks; the original's width.
    static func warningBlock(_ first: String, _ second: String) -> [ReportLine] {
        let stars = String(repeating: "*", count: 53)
        return [stars, first, second, stars].map { .warning($0) }
    }

    static let probablyUnavailable = warningBlock(
        "DATABASE IS PROBABLY UNAVAILABLE",
        "Review Instance Status in log file or screen output for more information")

    static let warningsGenerated = warningBlock(
        "Warnings have been generated during status processing", "Check log file or review screen output")

    /// A title in the catalog reports' frame.
    static func framed(_ titles: String...) -> [ReportLine] {
        [.rule(wideRule)] + titles.map { .info($0) } + [.rule(wideRule)]
    }

    /// The rows that `-b` and `-s` end with while the cluster grows.
    static func addExpansion(_ expansion: ExpansionFacts, to table: inout Table) {
        guard expansion.isInProgress else { return }
        table.add(["Cluster Expansion", "= In Progress"])
        table.addRule()
    }
}
