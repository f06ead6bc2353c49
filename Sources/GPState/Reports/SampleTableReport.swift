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

    private var command: String {
        "\(facts.programDirectory)/gpstate \(StatusMode.segmentRows.option) -q -d \(facts.coordinatorDirectory)"
    }

    var json: JSONValue {
        StatusJSON(facts).document(of: self, [("sql", .string(statements.joined(separator: "\n")))])
    }
}
