import ClusterModel
import Reporting

/// `-p`: who listens where, as the catalog has it.
struct PortsReport: StatusReport {
    let mode = StatusMode.ports
    let facts: ClusterFacts

    init(_ facts: ClusterFacts) { self.facts = facts }

    var lines: [ReportLine] {
        let configuration = facts.configuration
        var table = Table(marksWarnings: true)
        table.add(["Host", "Datadir", "Port"])
        for segment in configuration.segments {
            table.add([segment.address, segment.dataDirectory, String(segment.port)])
        }
        let coordinator =
            "-\(facts.vocabulary.title) segment instance  \(facts.coordinatorDirectory)"
            + "  port = \(configuration.coordinator.port)"
        return [.info(coordinator), .info("-Segment instance port assignments"), .rule(34)] + table.lines
    }

    var json: JSONValue { StatusJSON(facts).document(of: self, []) }
}
