import ClusterModel
import Reporting

/// `-Q`: how many segments the catalog counts as up and as down.
struct QuickReport: StatusReport {
    let mode = StatusMode.quick
    let facts: ClusterFacts
    let up: Int
    let down: [Segment]

    init(_ facts: ClusterFacts) {
        self.facts = facts
        up = facts.configuration.segments.count { $0.status == .up }
        down = facts.configuration.segments.filter { $0.status == .down }
    }

    var exitStatus: Int32 { down.isEmpty ? 0 : 1 }

    var lines: [ReportLine] {
        let width = 58
        var lines: [ReportLine] = [
            .info("-Quick Greenplum database status from \(facts.vocabulary.title) instance only"), .rule(width),
            .info("# of up segments, from configuration table     = \(up)"),
        ]
        if !down.isEmpty {
            lines.append(.info("# of down segments, from configuration table   = \(down.count)"))
            var table = Table(marksWarnings: true)
            table.add(["Down Segment", "Datadir", "Port"])
            for segment in down { table.add([segment.address, segment.dataDirectory, String(segment.port)]) }
            lines += table.lines
        }
        return lines + [.rule(width)]
    }

    var json: JSONValue {
        StatusJSON(facts).document(
            of: self,
            [
                (
                    "summary",
                    .object([
                        ("up", .int(up)), ("down", .int(down.count)),
                        ("down_dbids", .array(down.map { .int($0.dbid.rawValue) })),
                    ])
                )
            ])
    }
}
