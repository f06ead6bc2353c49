import Reporting

/// `-x`: whether the cluster is growing, and what is left to spread.
struct ExpansionReport: StatusReport {
    /// How far an expansion is.
    enum State: String, Sendable {
        case none = "No Expansion Detected"
        case metadata = "Replicating Meta Data"
        case paused = "Data Distribution - Paused"
        case active = "Data Distribution - Active"
        case complete = "Expansion Complete"
        case unknown = "Data Distribution - Unknown"

        init(_ facts: ExpansionFacts) {
            self =
                switch facts {
                case .none: .none
                case .replicatingMetadata: .metadata
                case .redistributing("SETUP DONE", _), .redistributing("EXPANSION STOPPED", _): .paused
                case .redistributing("EXPANSION STARTED", _): .active
                case .redistributing("EXPANSION COMPLETE", _): .complete
                case .redistributing: .unknown
                }
        }
    }

    let mode = StatusMode.expansion
    let facts: ClusterFacts
    let state: State
    /// Tables that wait, by database, in the order in which the databases were met.
    let waiting: [(database: String, count: Int)]
    let active: [ExpansionTable]

    init(_ facts: ClusterFacts) {
        self.facts = facts
        state = State(facts.expansion)
        guard case .redistributing(_, let tables) = facts.expansion, state == .paused || state == .active else {
            waiting = []
            active = []
            return
        }
        active = tables.filter(\.isInProgress)
        var waiting: [(database: String, count: Int)] = []
        for table in tables where !table.isCompleted && !table.isInProgress {
            if let index = waiting.firstIndex(where: { $0.database == table.database }) {
                waiting[index].count += 1
            } else {
                waiting.append((table.database, 1))
            }
        }
        self.waiting = waiting
    }

    var lines: [ReportLine] {
        var lines: [ReportLine] = [.info("Cluster Expansion State = \(state.rawValue)")]
        if state == .metadata {
            lines += [
                .info("  Some database tools and functionality"), .info("  are disabled during this process"),
            ]
        }
        if !waiting.isEmpty || !active.isEmpty { lines.append(.rule()) }
        if !waiting.isEmpty {
            var table = Table(marksWarnings: true)
            table.add(["  Database", "Count of Tables to redistribute"])
            for row in waiting { table.add(["  \(row.database)", String(row.count)]) }
            lines += [.info("Number of tables to be redistributed")] + table.lines + [.rule()]
        }
        if !active.isEmpty {
            var table = Table(marksWarnings: true)
            table.add(["  Action", "Database", "Table"])
            for row in active { table.add(["  Redistribute", row.database, row.name]) }
            lines += [.info("Active redistributions = \(active.count)")] + table.lines + [.rule()]
        }
        return lines
    }

    var json: JSONValue {
        var status: String?
        if case .redistributing(let text, _) = facts.expansion { status = text }
        return StatusJSON(facts).document(
            of: self,
            [
                (
                    "expansion",
                    .object([
                        ("state", .string("\(state)")), ("status", .optional(status)),
                        (
                            "waiting",
                            .array(
                                waiting.map {
                                    .object([("database", .string($0.database)), ("tables", .int($0.count))])
                                })
                        ),
                        (
                            "active",
                            .array(
                                active.map {
                                    .object([("database", .string($0.database)), ("table", .string($0.name))])
                                })
                        ),
                    ])
                )
            ])
    }
}
