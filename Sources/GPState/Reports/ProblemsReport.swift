import ClusterModel
import ClusterOperations
import Reporting

/// A pair whose mirror is not synchronous.
struct UnsynchronizedPair: Sendable, Equatable {
    let pair: SegmentPair
    /// Nil when unknown.
    let bytes: Int?
    /// Nil when no WAL sender runs.
    let syncState: String?
}

/// `-e`: only what is wrong.
struct ProblemsReport: StatusReport {
    let mode = StatusMode.problems
    let facts: ClusterFacts
    let assessment: ClusterAssessment
    let switched: [SegmentPair]
    let unsynchronized: [UnsynchronizedPair]
    /// Trouble met while primaries were asked for synchronous commit.
    let warnings: [String]
    let downed: [SegmentAssessment]
    let recoveries: [(segment: Segment, progress: RecoveryProgress)]

    init(_ facts: ClusterFacts) {
        self.facts = facts
        assessment = ClusterAssessment(facts)
        let pairs = facts.configuration.pairs
        switched = pairs.filter(\.primary.isSwitched)
        downed = assessment.segments.filter(\.isProbablyDown)
        var unsynchronized: [UnsynchronizedPair] = []
        var warnings: [String] = []
        for pair in pairs {
            switch facts.synchronization(of: pair) {
            case .failed: warnings.append(PairReplication.couldNotQuery(pair.primary))
            case .answered(let rows):
                let row = rows.first
                guard row?.syncState != "sync" else { continue }
                unsynchronized.append(UnsynchronizedPair(pair: pair, bytes: row?.bytes, syncState: row?.syncState))
            }
        }
        self.unsynchronized = unsynchronized
        self.warnings = warnings
        let progress = facts.recoveries
        recoveries = facts.configuration.segments.compactMap { segment in
            progress.last { $0.dbid == segment.dbid }.map { (segment, $0) }
        }
    }

    private var sections: [[ReportLine]] {
        [switchedSection, unsynchronizedSection, downedSection, recoverySection].filter { !$0.isEmpty }
    }

    var exitStatus: Int32 { facts.configuration.hasMirrors && sections.isEmpty ? 0 : 1 }

    var lines: [ReportLine] {
        guard facts.configuration.hasMirrors else { return [.info("Physical mirroring is not configured")] }
        var lines = assessment.warnings.map { ReportLine.warning($0) }
        lines += [.rule(), .info("Segment Mirroring Status Report")]
        lines += Self.ruled([switchedSection])
        // The original asks for synchronous commit when it has said which roles are switched.
        lines += warnings.map { .warning($0) }
        lines += Self.ruled([unsynchronizedSection, downedSection])
        if assessment.isProbablyUnavailable { lines += ReportText.probablyUnavailable }
        lines += Self.ruled([recoverySection])
        lines += DoubleFaultReport.lines(facts.doubleFaults)
        if sections.isEmpty { lines += [.rule(), .info("All segments are running normally")] }
        return lines
    }

    /// Each section that says something, under a rule of its own.
    private static func ruled(_ sections: [[ReportLine]]) -> [ReportLine] {
        sections.filter { !$0.isEmpty }.flatMap { [.rule()] + $0 }
    }

    private var switchedSection: [ReportLine] {
        section(
            "Segments with Primary and Mirror Roles Switched", ["Current Primary", "Port", "Mirror", "Port"],
            switched.map { Self.place($0.primary) + Self.place($0.mirror) })
    }

    private var unsynchronizedSection: [ReportLine] {
        section(
            "Unsynchronized Segment Pairs",
            ["Current Primary", "Port", "WAL sync remaining bytes", "Mirror", "Port"],
            unsynchronized.map {
                Self.place($0.pair.primary) + [$0.bytes.map { String($0) } ?? "Unknown"] + Self.place($0.pair.mirror)
            })
    }

    private var downedSection: [ReportLine] {
        section(
            "Downed Segments (may include segments where status could not be retrieved)",
            ["Segment", "Port", "Config status", "Status"],
            downed.map { Self.place($0.segment) + [$0.segment.status.label, $0.state.text] })
    }

    private var recoverySection: [ReportLine] {
        section(
            "Segments in recovery",
            [
                "Segment", "Port", "Recovery type", "Completed bytes (kB)", "Total bytes (kB)",
                "Percentage completed",
            ],
            recoveries.map {
                Self.place($0.segment) + [
                    $0.progress.kind, String($0.progress.completed), String($0.progress.total),
                    "\($0.progress.percent)%",
                ]
            })
    }

    private func section(_ title: String, _ header: [String], _ rows: [[String]]) -> [ReportLine] {
        guard !rows.isEmpty else { return [] }
        var table = Table(marksWarnings: true)
        for row in [header] + rows { table.add(row) }
        return [.info(title)] + table.lines
    }

    private static func place(_ segment: Segment?) -> [String] {
        segment.map { [$0.address, String($0.port)] } ?? ["None", "None"]
    }

    var json: JSONValue {
        let detail = facts.configuration.hasMirrors ? StatusJSON.Detail.full : .catalog
        return StatusJSON(facts, detail: detail, assessment: assessment).document(
            of: self,
            [
                ("recoveries", recoveriesJSON), ("double_faults", DoubleFaultReport.json(facts.doubleFaults)),
                ("summary", summaryJSON),
            ])
    }
}

extension ProblemsReport {
    private var recoveriesJSON: JSONValue {
        .array(
            recoveries.map {
                .object([
                    ("dbid", .int($0.progress.dbid.rawValue)), ("kind", .string($0.progress.kind)),
                    ("completed", .int($0.progress.completed)), ("total", .int($0.progress.total)),
                    ("unit", .string($0.progress.unit)), ("percent", .int($0.progress.percent)),
                ])
            })
    }

    private var summaryJSON: JSONValue {
        guard facts.configuration.hasMirrors else { return .object([("mirroring_configured", .bool(false))]) }
        return .object([
            ("mirroring_configured", .bool(true)),
            ("switched_contents", StatusJSON.contents(switched.map(\.content))),
            ("unsynchronized_contents", StatusJSON.contents(unsynchronized.map(\.pair.content))),
            ("down_dbids", .array(downed.map { .int($0.segment.dbid.rawValue) })),
            ("recovering_dbids", .array(recoveries.map { .int($0.segment.dbid.rawValue) })),
            ("probably_unavailable", .bool(assessment.isProbablyUnavailable)),
            ("unserved_contents", StatusJSON.contents(assessment.unservedContents)),
        ])
    }
}
