import ClusterModel
import Reporting

/// How many segments of one preferred role are there, are valid, and have what a running server has.
struct SegmentTally: Sendable, Equatable {
    var total = 0
    var failures = 0
    var pidFilesMissing = 0
    var pidsMissing = 0
    var lockFilesMissing = 0
    var processesMissing = 0

    init(_ segments: [Segment], _ facts: ClusterFacts) {
        for segment in segments {
            total += 1
            if segment.status == .down { failures += 1 }
            let status = facts.instance(segment).status
            let hasPid = (status?.pid ?? 0) != 0
            if status?.hasPidFile != true { pidFilesMissing += 1 }
            if !hasPid { pidsMissing += 1 }
            if status?.hasLockFile != true { lockFilesMissing += 1 }
            if !hasPid || status?.pidError != nil { processesMissing += 1 }
        }
    }

    /// The ten rows of the summary; a count of trouble above zero is a warning.
    func addRows(role: String, coordinator: String, to table: inout Table) {
        let missing = [
            ("Total number of postmaster.pid files", pidFilesMissing),
            ("Total number of postmaster.pid PIDs", pidsMissing),
            ("Total number of /tmp lock files", lockFilesMissing),
            ("Total number postmaster processes", processesMissing),
        ]
        table.add(["Total \(role) segments", "= \(total)"])
        table.add(["Total \(role) segment valid (at \(coordinator))", "= \(total - failures)"])
        table.add(["Total \(role) segment failures (at \(coordinator))", "= \(failures)"], warn: failures > 0)
        for (label, count) in missing {
            table.add(["\(label) missing", "= \(count)"], warn: count > 0)
            table.add(["\(label) found", "= \(total - count)"])
        }
    }

    var json: JSONValue {
        .object([
            ("total", .int(total)), ("up", .int(total - failures)), ("down", .int(failures)),
            ("pid_files_missing", .int(pidFilesMissing)), ("pids_missing", .int(pidsMissing)),
            ("lock_files_missing", .int(lockFilesMissing)), ("processes_missing", .int(processesMissing)),
        ])
    }
}

/// `-b`: how many are there, and how many are well.
struct BriefReport: StatusReport {
    let mode = StatusMode.brief
    let facts: ClusterFacts
    let primaries: SegmentTally
    let mirrors: SegmentTally
    let mirrorsActingAsPrimary: Int

    init(_ facts: ClusterFacts) {
        self.facts = facts
        let segments = facts.configuration.segments
        primaries = SegmentTally(segments.filter { $0.preferredRole == .primary }, facts)
        mirrors = SegmentTally(segments.filter { $0.preferredRole == .mirror }, facts)
        mirrorsActingAsPrimary = segments.count { $0.preferredRole == .mirror && $0.role == .primary }
    }

    var lines: [ReportLine] {
        let words = facts.vocabulary
        var table = Table(marksWarnings: true)
        table.addRule()
        table.add(["\(words.title) instance", "= Active"])
        StandbyRows.add(facts, to: &table)
        table.add([
            "Total segment instance count from metadata", "= \(facts.configuration.segments.count)",
        ])
        table.addRule()
        table.add(["Primary Segment Status"])
        table.addRule()
        primaries.addRows(role: "primary", coordinator: words.word, to: &table)
        table.addRule()
        table.add(["Mirror Segment Status"])
        table.addRule()
        addMirrors(to: &table)
        table.addRule()
        ReportText.addExpansion(facts.expansion, to: &table)
        return [.info("Greenplum instance status summary")] + table.lines
    }

    private func addMirrors(to table: inout Table) {
        guard facts.configuration.hasMirrors else {
            table.add(["Mirrors not configured on this array"])
            return
        }
        mirrors.addRows(role: "mirror", coordinator: facts.vocabulary.word, to: &table)
        table.add(
            ["Total number mirror segments acting as primary segments", "= \(mirrorsActingAsPrimary)"],
            warn: mirrorsActingAsPrimary > 0)
        table.add([
            "Total number mirror segments acting as mirror segments", "= \(mirrors.total - mirrorsActingAsPrimary)",
        ])
    }

    var json: JSONValue {
        StatusJSON(facts, detail: .full).document(
            of: self,
            [
                (
                    "summary",
                    .object([
                        ("segments", .int(facts.configuration.segments.count)), ("primaries", primaries.json),
                        ("mirrors", mirrors.json), ("mirrors_acting_as_primary", .int(mirrorsActingAsPrimary)),
                        ("expansion_in_progress", .bool(facts.expansion.isInProgress)),
                    ])
                )
            ])
    }
}

/// The rows about the standby in `-b` and `-s`.
enum StandbyRows {
    static func add(_ facts: ClusterFacts, to table: inout Table) {
        let words = facts.vocabulary
        guard let standby = facts.configuration.standby else {
            table.add([words.standby, "= \(words.noStandby)"])
            return
        }
        let state = StandbyState(facts.instance(standby))
        table.add([words.standby, "= \(standby.hostname)"])
        table.add([words.standbyState, "= \(state.text)"], warn: state.isWarning)
    }
}
