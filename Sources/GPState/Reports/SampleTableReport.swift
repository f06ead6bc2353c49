import RemoteShell
import Reporting

/// `--printSampleExternalTableSql`: a table over the rows of `SegmentRowsReport`.
struct SampleTableReport: StatusReport {
    let mode = StatusMode.sampleTable
    let facts: ClusterFacts

    init(_ facts: ClusterFacts) { self.facts = facts }

    var lines: [ReportLine] { [] }

    var plainLines: [String] { [""] + statements + [""] }

    /// The two statements, line by line.
    var statements: [String] {
        let table = "gpstate_segment_status"
        let columns = SegmentColumn.allCases.map { "\($0.rawValue) \($0.type)" }.joined(separator: ", ")
        return [
            "DROP EXTERNAL TABLE IF EXISTS \(table);", "", "",
            "CREATE EXTERNAL WEB TABLE \(table)", "(\(columns))",
            "EXECUTE '\(command)' ON \(facts.vocabulary.keyword)",
            "FORMAT 'TEXT' (DELIMITER '|' NULL AS '');",
        ]
    }

    /// The command inside an SQL string: a shell runs it.
    private var command: String {
        let words = [
            "\(facts.programDirectory)/gpstate", StatusMode.segmentRows.option, "-q", "-d", facts.coordinatorDirectory,
        ]
        let line = words.map { Self.isPlain($0) ? $0 : ShellQuoting.word($0) }.joined(separator: " ")
        return line.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    }

    /// Whether a shell takes the word as it is; the original quotes nothing.
    private static func isPlain(_ word: String) -> Bool {
        word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    var json: JSONValue {
        StatusJSON(facts).document(of: self, [("sql", .string(statements.joined(separator: "\n")))])
    }
}
