import ClusterModel
import Reporting

/// `-f`: the standby's process, and the coordinator's replication.
struct StandbyReport: StatusReport {
    let mode = StatusMode.standby
    let facts: ClusterFacts

    init(_ facts: ClusterFacts) { self.facts = facts }

    /// The original's lines, then ours.
    var lines: [ReportLine] {
        processLines + replicationLines + (facts.standbyStream.map { StandbyStreamSection(stream: $0).lines } ?? [])
    }

    private var processLines: [ReportLine] {
        let word = facts.vocabulary.word
        guard let standby = facts.configuration.standby else {
            return [.info("Standby \(word) instance not configured")]
        }
        var table = Table(marksWarnings: true)
        table.add(["Standby address", "= \(standby.address)"])
        table.add(["Standby data directory", "= \(standby.dataDirectory)"])
        table.add(["Standby port", "= \(standby.port)"])
        Self.addProcess(facts.instance(standby), to: &table)
        return [.info("Standby \(word) details"), .rule(22)] + table.lines
    }

    private static func addProcess(_ answer: InstanceFacts, to table: inout Table) {
        let undetermined = "= Status could not be determined"
        switch answer {
        case .failed(let failure):
            table.warn(["Standby PID", "= \(failure.text)"])
            table.warn(["Standby status", undetermined])
        case .fetched(let status) where status.pid == 0:
            table.warn(["Standby PID", "= 0"])
            table.warn(["Standby status", "= Standby process not running"])
        case .fetched(let status):
            guard let error = status.pidError else {
                table.add(["Standby PID", "= \(status.pid)"])
                table.add(["Standby status", "= Standby host passive"])
                return
            }
            table.warn(["Standby PID", "= \(status.pid)", error])
            table.warn(["Standby status", undetermined])
        }
    }

    private var replicationLines: [ReportLine] {
        let rows = facts.standbyReplication
        var lines = ReportText.framed("-pg_stat_replication")
        switch rows.count {
        case 0: lines.append(.info("No entries found."))
        case 1:
            let labelled = [
                ("WAL Sender State", rows[0].state), ("Sync state", rows[0].syncState),
                ("Sent Location", rows[0].sentLSN), ("Flush Location", rows[0].flushLSN),
                ("Replay Location", rows[0].replayLSN),
            ]
            lines += labelled.map { .info("-\($0.0): \($0.1 ?? "None")") }
        default: lines.append(.warning("pg_stat_replication shows more than 1 row."))
        }
        return lines + [.rule(ReportText.wideRule)]
    }

    private var processState: String? {
        facts.configuration.standby.map { standby in
            guard let status = facts.instance(standby).status else { return "unknown" }
            if status.pid == 0 { return "not_running" }
            return status.pidError == nil ? "passive" : "unknown"
        }
    }

    var json: JSONValue {
        let rows = facts.standbyReplication.map { row in
            JSONValue.object([
                ("state", .optional(row.state)), ("sync_state", .optional(row.syncState)),
                ("sent_location", .optional(row.sentLSN)), ("flush_location", .optional(row.flushLSN)),
                ("replay_location", .optional(row.replayLSN)),
            ])
        }
        return StatusJSON(facts, detail: .standbyProcess).document(
            of: self,
            [
                ("standby_replication", .array(rows)),
                ("standby_stream", facts.standbyStream.map { StandbyStreamSection(stream: $0).json } ?? .null),
                (
                    "summary",
                    .object([
                        ("standby_configured", .bool(facts.configuration.standby != nil)),
                        ("standby_state", .optional(processState)),
                    ])
                ),
            ])
    }
}
