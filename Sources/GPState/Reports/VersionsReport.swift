import ClusterModel
import Reporting

/// `-i`: which software each instance runs.
struct VersionsReport: StatusReport {
    let mode = StatusMode.versions
    let facts: ClusterFacts
    /// Each version once, in array order.
    let versions: [String]
    let isIncomplete: Bool

    init(_ facts: ClusterFacts) {
        self.facts = facts
        let found = facts.configuration.allInstances.map { Self.version(of: $0, facts) }
        var versions: [String] = []
        for case .some(let version) in found where !versions.contains(version) { versions.append(version) }
        self.versions = versions
        isIncomplete = found.contains(nil)
    }

    /// An instance that is down in the catalog is not asked.
    private static func version(of segment: Segment, _ facts: ClusterFacts) -> String? {
        segment.status == .up ? facts.instance(segment).status?.version : nil
    }

    var lines: [ReportLine] {
        var table = Table(marksWarnings: true)
        table.add(["Host", "Datadir", "Port", "Version", ""])
        for segment in facts.configuration.allInstances {
            let version = Self.version(of: segment, facts)
            table.add(
                [
                    segment.address, segment.dataDirectory, String(segment.port),
                    version ?? "unable to retrieve version",
                ], warn: version == nil)
        }
        return failures.map { .warning($0) } + table.lines + verdict
    }

    /// One sentence for each host that did not answer.
    private var failures: [String] {
        var seen: Set<[String]> = []
        return facts.configuration.allInstances.compactMap { segment in
            guard segment.status == .up, let text = facts.instance(segment).failure?.text,
                seen.insert([segment.hostname, text]).inserted
            else { return nil }
            return text
        }
    }

    private var verdict: [ReportLine] {
        var lines: [ReportLine] = []
        if versions.count > 1 {
            lines.append(.warning("Versions for some segments do not match.  Review table above for details."))
        }
        if isIncomplete {
            lines.append(
                .warning("Unable to retrieve version data from all segments.  Review table above for details."))
        }
        if versions.count == 1 && !isIncomplete {
            lines.append(.info("All segments are running the same software version"))
        }
        return lines
    }

    var json: JSONValue {
        StatusJSON(facts, detail: .version).document(
            of: self,
            [
                (
                    "summary",
                    .object([
                        ("versions", .array(versions.map { .string($0) })), ("complete", .bool(!isIncomplete)),
                        ("same", .bool(versions.count == 1 && !isIncomplete)),
                    ])
                )
            ])
    }
}
