import ClusterModel
import Reporting

/// What came of a run: the result table, the failures in the original's words, the last lines.
struct ResultText {
    let outcomes: [MirrorOutcome]
    let unsynchronized: [MirrorPlan.Item]?
    let probed: Bool
    /// Mirrors of the catalog that were no work of this run and are down.
    var stillDown: [Segment] = []

    var lines: [ReportLine] { table + failures + notes + ending }

    private var table: [ReportLine] {
        var table = Table(marksWarnings: true)
        table.add(["Content", "Mirror", "Dbid", "Data directory", "Result"])
        for outcome in outcomes {
            let mirror = outcome.item.mirror
            table.add(
                [
                    "\(mirror.content)", "\(mirror.hostname):\(mirror.port)", "\(mirror.dbid)", mirror.dataDirectory,
                    result(outcome),
                ], warn: !outcome.succeeded)
        }
        return [.rule(58)] + table.lines
    }

    private func result(_ outcome: MirrorOutcome) -> String {
        guard outcome.succeeded else { return outcome.stateName }
        guard let unsynchronized else { return "started" }
        return unsynchronized.contains { $0.mirror.dbid == outcome.item.mirror.dbid } ? "not in sync" : "synchronized"
    }

    private var failures: [ReportLine] {
        let copies = outcomes.filter {
            if case .copyFailed = $0.state { return true }
            if case .rowFailed = $0.state { return true }
            if case .refused = $0.state { return true }
            return false
        }
        let starts = outcomes.filter {
            if case .startFailed = $0.state { return true }
            return false
        }
        var lines: [ReportLine] = []
        if !copies.isEmpty {
            lines += [.rule(58), .info("Failed to add the following segments")]
            lines += copies.map { .info(detail($0) + "; error: \($0.errorText ?? ""); recoverytype: full") }
        }
        if !starts.isEmpty {
            lines += [
                .rule(58),
                .info(
                    "Failed to start the following segments. "
                        + "Please check the latest logs located in segment's data directory"),
            ]
            lines += starts.map {
                .info(detail($0) + "; datadir: \($0.item.mirror.dataDirectory); error: \($0.errorText ?? "")")
            }
        }
        return lines
    }

    private func detail(_ outcome: MirrorOutcome) -> String {
        " hostname: \(outcome.item.mirror.hostname); port: \(outcome.item.mirror.port)"
    }

    private var notes: [ReportLine] { outcomes.flatMap(\.notes).map { .warning($0) } }

    private var ending: [ReportLine] {
        guard outcomes.allSatisfy(\.succeeded) else {
            let failed = outcomes.filter { !$0.succeeded }.count
            return [
                .error("gpaddmirrors failed. Please check the output for more details."),
                .error(
                    "hint: \(outcomes.count - failed) of \(outcomes.count) mirrors work; "
                        + "run gpaddmirrors again with the same options to finish the other \(failed)"),
            ]
        }
        guard outcomes.allSatisfy(\.notes.isEmpty) else {
            return [
                .error("the mirrors run, but not every one is ready for a swap of roles (see the warnings above)"),
                .error("hint: put pg_hba.conf of these mirrors right, then look with gpstate -e"),
            ]
        }
        guard probed else {
            return [
                .error(
                    "the mirrors run, but the catalog does not say so yet: the fault-tolerance service did not probe"),
                .error("hint: start the service (gpftsd, or gpdemo start), then look with gpstate -e"),
            ]
        }
        guard stillDown.isEmpty else {
            return [
                .error(
                    "the mirrors run; still down in the catalog: "
                        + stillDown.map { "content \($0.content) (\($0.label))" }.joined(separator: ", ")),
                .error("hint: gprecoverseg -F builds them"),
            ]
        }
        let stars = ReportLine.info(String(repeating: "*", count: 66))
        if let unsynchronized, unsynchronized.isEmpty {
            return [stars, .info("Mirror segments have been added; all mirrors are synchronized."), stars]
        }
        if let unsynchronized {
            return [
                .error("\(unsynchronized.count) mirror(s) not in sync when the waiting time was over"),
                .error("hint: they go on by themselves; look with gpstate -e"),
            ]
        }
        return [
            stars, .info("Mirror segments have been added; data synchronization is in progress."),
            .info("Data synchronization will continue in the background."),
            .info("Use  gpstate -s  to check the resynchronization progress."), stars,
        ]
    }
}
