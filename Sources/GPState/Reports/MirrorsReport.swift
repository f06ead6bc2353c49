import ClusterModel
import Reporting

/// `-m`: the mirrors, as the catalog has them.
struct MirrorsReport: StatusReport {
    let mode = StatusMode.mirrors
    let facts: ClusterFacts
    /// Instances that were made as mirrors, in array order.
    let mirrors: [Segment]

    init(_ facts: ClusterFacts) {
        self.facts = facts
        mirrors = facts.configuration.segments.filter { $0.preferredRole == .mirror }
    }

    private var acting: [Segment] { mirrors.filter { $0.role == .primary } }
    private var failed: [Segment] { mirrors.filter { $0.role == .mirror && $0.status == .down } }
    private var actingUnsynchronized: [Segment] { acting.filter { $0.mode == .notInSync } }

    var exitStatus: Int32 { failed.isEmpty ? 0 : 1 }

    var lines: [ReportLine] {
        guard facts.configuration.hasMirrors else {
            let rule = String(repeating: "-", count: ReportText.wideRule)
            return [rule, "Mirror not used", rule].map { .warning($0) }
        }
        var table = Table(marksWarnings: true)
        table.add(["Mirror", "Datadir", "Port", "Status", "Data Status", ""])
        for mirror in mirrors {
            let place = [mirror.address, mirror.dataDirectory, String(mirror.port)]
            switch (mirror.role, mirror.status) {
            case (.primary, _): table.add(place + ["Acting as Primary", mirror.mode.label])
            case (.mirror, .up): table.add(place + ["Passive", mirror.mode.label])
            case (.mirror, .down): table.warn(place + ["Failed", ""])
            }
        }
        return CatalogTitle.lines(facts.configuration) + table.lines + [.rule(ReportText.wideRule)]
            + CatalogTitle.counted(acting.count, "segment(s) configured as mirror(s) are acting as primaries")
            + CatalogTitle.counted(failed.count, "segment(s) configured as mirror(s) have failed")
            + CatalogTitle.counted(
                actingUnsynchronized.count, "mirror segment(s) acting as primaries are not synchronized")
    }

    var json: JSONValue {
        StatusJSON(facts).document(
            of: self,
            [
                (
                    "summary",
                    .object([
                        ("mirroring_configured", .bool(facts.configuration.hasMirrors)),
                        ("mirrors", .int(mirrors.count)), ("acting_as_primary", .int(acting.count)),
                        ("failed", .int(failed.count)),
                        ("acting_as_primary_unsynchronized", .int(actingUnsynchronized.count)),
                    ])
                )
            ])
    }
}

/// Lines that `-m` and `-c` share.
enum CatalogTitle {
    static func lines(_ configuration: ClusterConfiguration) -> [ReportLine] {
        ReportText.framed(
            "-Current GPDB mirror list and status", "-Type = \(configuration.guessedLayout.rawValue)")
    }

    /// A warning, if there is something to count.
    static func counted(_ count: Int, _ text: String) -> [ReportLine] {
        count > 0 ? [.warning("\(count) \(text)")] : []
    }
}
