import ClusterModel
import Reporting

/// `-c`: which mirror belongs to which primary, as the catalog has it.
struct MappingReport: StatusReport {
    let mode = StatusMode.mapping
    let facts: ClusterFacts

    init(_ facts: ClusterFacts) { self.facts = facts }

    private var pairs: [SegmentPair] { facts.configuration.pairs }
    private var switched: Int { pairs.count(where: \.primary.isSwitched) }
    private var unsynchronized: Int { pairs.count { $0.primary.mode == .notInSync } }

    var lines: [ReportLine] {
        guard facts.configuration.hasMirrors else { return primaryLines }
        var table = Table(marksWarnings: true)
        table.add(["Status", "Data State", "Primary", "Datadir", "Port", "Mirror", "Datadir", "Port"])
        for pair in pairs {
            let (primary, mirror) = Self.preferred(pair)
            table.add(
                [Self.status(pair), pair.primary.mode.label] + Self.place(primary) + Self.place(mirror),
                warn: pair.primary.mode == .notInSync)
        }
        return CatalogTitle.lines(facts.configuration) + table.lines + [.rule(ReportText.wideRule)]
            + CatalogTitle.counted(switched, "segment(s) configured as mirror(s) are acting as primaries")
            + CatalogTitle.counted(unsynchronized, "primary segment(s) are not synchronized")
    }

    private var primaryLines: [ReportLine] {
        var table = Table(marksWarnings: true)
        table.add(["Primary", "Datadir", "Port"])
        for pair in pairs { table.add(Self.place(pair.primary)) }
        return ReportText.framed("-Primary list [Mirror not used]") + table.lines + [.rule(ReportText.wideRule)]
    }

    /// The pair as it was made, whoever acts now.
    private static func preferred(_ pair: SegmentPair) -> (primary: Segment?, mirror: Segment?) {
        pair.primary.isSwitched ? (pair.mirror, pair.primary) : (pair.primary, pair.mirror)
    }

    /// Greenplum knows no cluster with mirrors for some contents only; a missing copy is told as such.
    private static func status(_ pair: SegmentPair) -> String {
        let other =
            switch pair.mirror?.status {
            case .up: "Available"
            case .down: "Failed"
            case nil: "Missing"
            }
        return pair.primary.isSwitched ? "Mirror Active, Primary \(other)" : "Primary Active, Mirror \(other)"
    }

    private static func place(_ segment: Segment?) -> [String] {
        segment.map { [$0.address, $0.dataDirectory, String($0.port)] } ?? ["None", "None", "None"]
    }

    var json: JSONValue {
        StatusJSON(facts).document(
            of: self,
            [
                (
                    "summary",
                    .object([
                        ("mirroring_configured", .bool(facts.configuration.hasMirrors)),
                        ("pairs", .int(pairs.count)), ("mirrors_acting_as_primary", .int(switched)),
                        ("unsynchronized", .int(facts.configuration.hasMirrors ? unsynchronized : 0)),
                    ])
                )
            ])
    }
}
