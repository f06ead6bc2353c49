import ClusterModel
import Reporting

/// What came of a run: the result table, the failures in the original's words, the last lines.
struct RecoveryResultText {
    let plan: RecoveryPlan
    let outcomes: [SegmentOutcome]
    /// After `--wait`: who is not in sync; nil when nobody waited.
    let unsynchronized: [DatabaseID]?
    let probed: Bool
    /// What the options asked for.
    let method: RecoveryMethod

    var lines: [ReportLine] { table + failures + Self.leftOut(plan.leftOut) + notes + ending }

    /// Whether all that was asked for is done.
    var isComplete: Bool {
        plan.leftOut.isEmpty && plan.doubleFaults.isEmpty && outcomes.allSatisfy { $0.succeeded && $0.notes.isEmpty }
            && probed
            && unsynchronized?.isEmpty != false
    }

    private var table: [ReportLine] {
        var table = Table(marksWarnings: true)
        table.add(["Content", "Segment", "Dbid", "Data directory", "Recovery", "Result"])
        for outcome in outcomes {
            let target = outcome.item.target
            table.add(
                [
                    "\(target.content)", "\(target.hostname):\(target.port)", "\(target.dbid)", target.dataDirectory,
                    outcome.method?.rawValue ?? "none", result(outcome),
                ], warn: !outcome.succeeded)
        }
        for leftOut in plan.leftOut {
            let segment = leftOut.segment
            table.warn([
                "\(segment.content)", "\(segment.hostname):\(segment.port)", "\(segment.dbid)", segment.dataDirectory,
                "none", "not begun",
            ])
        }
        return [.rule(58)] + table.lines
    }

    private func result(_ outcome: SegmentOutcome) -> String {
        guard outcome.succeeded, let unsynchronized else { return outcome.state.name }
        return unsynchronized.contains(outcome.item.dbid) ? "not in sync" : "synchronized"
    }

    /// What was not begun, and why.
    static func leftOut(_ leftOut: [RecoveryPlan.LeftOut]) -> [ReportLine] {
        leftOut.map { one in
            guard let host = one.unreachableHost else {
                return .warning("Not recovering \(one.segment.label), content \(one.segment.content): \(one.reason)")
            }
            return .warning(
                "Not recovering segment \(one.segment.dbid) because \(host) is unreachable "
                    + "(content \(one.segment.content), \(one.segment.hostname):\(one.segment.port))")
        }
    }

    private var failures: [ReportLine] {
        var lines: [ReportLine] = []
        let copies = outcomes.filter { outcome in
            switch outcome.state {
            case .copyFailed, .rowFailed, .refused, .notStopped: true
            case .done, .startFailed, .interrupted: false
            }
        }
        if !copies.isEmpty { lines += [.rule(58), .info(heading(copies))] + copies.map { .info(detail($0)) } }
        let starts = outcomes.filter { if case .startFailed = $0.state { true } else { false } }
        if !starts.isEmpty {
            lines += [
                .rule(58),
                .info(
                    "Failed to start the following segments. "
                        + "Please check the latest logs located in segment's data directory"),
            ]
            lines += starts.map { .info(place($0) + "; datadir: \($0.item.target.dataDirectory); error: \(error($0))") }
        }
        return lines + evidence
    }

    private func heading(_ failed: [SegmentOutcome]) -> String {
        let methods = Set(failed.compactMap(\.method))
        if methods.contains(.incremental) {
            return "Failed to recover the following segments. You must run either gprecoverseg --differential or "
                + "gprecoverseg -F for all incremental failures"
        }
        if methods.contains(.differential) {
            return "Failed to recover the following segments. You must run either gprecoverseg --differential or "
                + "gprecoverseg -F for all differential failures"
        }
        return "Failed to recover the following segments"
    }

    private func place(_ outcome: SegmentOutcome) -> String {
        " hostname: \(outcome.item.target.hostname); port: \(outcome.item.target.port)"
    }

    private func error(_ outcome: SegmentOutcome) -> String { outcome.state.error ?? "" }

    private func detail(_ outcome: SegmentOutcome) -> String {
        let evidence = outcome.failures.last?.evidence
        return place(outcome) + (evidence.map { "; logfile: \($0)" } ?? "")
            + "; recoverytype: \((outcome.method ?? outcome.item.method).rawValue); error: \(error(outcome))"
    }

    /// Tries that failed before another method worked.
    private var evidence: [ReportLine] {
        outcomes.filter(\.succeeded).flatMap { outcome in
            outcome.failures.map { failure in
                .warning(
                    "\(outcome.item.target.label): \(failure.method.rawValue) recovery had failed: \(failure.error)"
                        + (failure.evidence.map { "; logfile: \($0)" } ?? ""))
            }
        }
    }

    private var notes: [ReportLine] { outcomes.flatMap(\.notes).map { .warning($0) } }

    private var ending: [ReportLine] {
        let wasInterrupted = outcomes.contains { $0.state == .interrupted }
        guard outcomes.allSatisfy(\.succeeded), plan.leftOut.isEmpty, plan.doubleFaults.isEmpty else {
            let interrupted: [ReportLine] =
                wasInterrupted ? [.error("gprecoverseg process was interrupted by the user.")] : []
            let done = outcomes.filter(\.succeeded).count
            let failed = outcomes.count - done
            let text =
                method == .differential && failed > 0
                ? "gprecoverseg differential recovery failed. Please check the gpsegrecovery.py log file and rsync log "
                    + "file for more details."
                : "gprecoverseg failed. Please check the output for more details."
            return interrupted + [
                .error(text),
                .error(
                    "hint: \(done) of \(outcomes.count + plan.leftOut.count) segments were recovered; "
                        + "put right what is named above, then run gprecoverseg again for the other "
                        + "\(failed + plan.leftOut.count)"),
            ]
        }
        return success
    }

    private var success: [ReportLine] {
        guard probed else {
            return [
                .error(
                    "the segments run, but the catalog does not say so yet: the fault-tolerance service did not probe"),
                .error("hint: start the service (gpftsd, or gpdemo start), then look with gpstate -e"),
            ]
        }
        if let unsynchronized, !unsynchronized.isEmpty {
            return [
                .error("\(unsynchronized.count) segment(s) not in sync when the waiting time was over"),
                .error("hint: they go on by themselves; look with gpstate -e"),
            ]
        }
        let stars = ReportLine.info(String(repeating: "*", count: 32))
        let lines = [stars, .info("Segments successfully recovered."), stars]
        guard unsynchronized == nil else { return lines + [.info("All recovered pairs are in sync.")] }
        return lines + [
            .info("Recovered mirror segments need to sync WAL with primary segments."),
            .info("Use 'gpstate -e' to check progress of WAL sync remaining bytes"),
        ]
    }
}
