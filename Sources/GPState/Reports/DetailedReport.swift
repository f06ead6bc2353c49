import ClusterModel
import Reporting

/// `-s`: everything about every instance.
struct DetailedReport: StatusReport {
    let mode = StatusMode.detailed
    let facts: ClusterFacts
    let assessment: ClusterAssessment

    init(_ facts: ClusterFacts) {
        self.facts = facts
        assessment = ClusterAssessment(facts)
    }

    var lines: [ReportLine] {
        let unavailable = assessment.isProbablyUnavailable ? ReportText.probablyUnavailable : []
        var lines = assessment.warnings.map { ReportLine.warning($0) }
        lines += [.rule(), .info("-\(facts.vocabulary.title) Configuration & Status"), .rule()]
        lines += unavailable + coordinatorTable.lines
        lines += [.rule(), .info("Segment Instance Status Report")]
        lines += segmentTable.lines + unavailable
        if hasWarnings { lines += ReportText.warningsGenerated }
        return lines
    }

    var exitStatus: Int32 { hasWarnings ? 1 : 0 }

    private var hasWarnings: Bool { coordinatorTable.hasWarnings || segmentTable.hasWarnings }

    private var coordinatorTable: Table {
        let coordinator = facts.configuration.coordinator
        let answer = facts.instance(coordinator)
        let title = facts.vocabulary.title
        var table = Table(marksWarnings: true)
        table.add(["\(title) host", "= \(coordinator.hostname)"])
        switch answer {
        case .fetched(let status): table.add(["\(title) postgres process ID", "= \(status.pid)"])
        // The original puts the failure under this label.
        case .failed(let failure): table.warn(["\(title) port", "= Error fetching data: \(failure.text)"])
        }
        table.add(["\(title) data directory", "= \(coordinator.dataDirectory)"])
        table.add(["\(title) port", "= \(coordinator.port)"])
        let session = facts.session
        Self.add("\(title) current role", session?.role.rawValue, to: &table)
        Self.add("Greenplum initsystem version", session?.initialVersion, to: &table)
        switch answer {
        case .fetched(let status): Self.add("Greenplum current version", status.version, to: &table)
        case .failed(let failure):
            table.warn(["Greenplum current version", "= Error fetching data: \(failure.text)"])
        }
        Self.add("Postgres version", session?.serverVersion, to: &table)
        StandbyRows.add(facts, to: &table)
        return table
    }

    private static func add(_ label: String, _ value: String?, to table: inout Table) {
        table.add([label, "= \(value ?? "Unknown")"], warn: value == nil)
    }

    private var segmentTable: Table {
        var table = Table(marksWarnings: true)
        for segment in assessment.segments {
            table.addRule()
            let replication = assessment.replication[segment.segment.content]
            for section in SegmentSections(segment, replication: replication).sections {
                table.add([section.title])
                for row in section.rows {
                    table.add(["   \(row.label)", "= \(row.text)"], warn: row.isWarning)
                }
            }
        }
        if facts.expansion.isInProgress { table.addRule() }
        ReportText.addExpansion(facts.expansion, to: &table)
        return table
    }

    var json: JSONValue {
        let rows = assessment.segments
        return StatusJSON(facts, detail: .full, assessment: assessment).document(
            of: self,
            [
                (
                    "coordinator_session",
                    facts.session.map {
                        .object([
                            ("role", .string($0.role.rawValue)), ("initial_version", .string($0.initialVersion)),
                            ("server_version", .string($0.serverVersion)),
                        ])
                    } ?? .null
                ),
                (
                    "summary",
                    .object([
                        ("segments", .int(rows.count)),
                        ("segments_in_trouble", .int(rows.count(where: \.isProbablyDown))),
                        ("probably_unavailable", .bool(assessment.isProbablyUnavailable)),
                        ("unserved_contents", StatusJSON.contents(assessment.unservedContents)),
                        ("expansion_in_progress", .bool(facts.expansion.isInProgress)),
                    ])
                ),
            ])
    }
}
