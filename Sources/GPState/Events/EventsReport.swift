import ClusterModel
import ClusterOperations
import Reporting
import ToolSupport

/// `--events`: what became of the instances, from `gp_configuration_history`.
struct EventsReport: StatusReport {
    /// One row with what the catalog knows of its instance now.
    private struct Event {
        let entry: HistoryEntry
        let instance: Segment?
        let words: String
        let content: ContentID?
    }

    let mode = StatusMode.events
    let facts: ClusterFacts
    private let events: [Event]

    init(_ facts: ClusterFacts) {
        self.facts = facts
        let instances = Dictionary(uniqueKeysWithValues: facts.configuration.allInstances.map { ($0.dbid, $0) })
        events = facts.history.map { entry in
            let change = RoleChange(entry.description)
            var instance = instances[entry.dbid]
            // A dbid may be given again, to another content.
            if let change, let known = instance, known.content != change.content { instance = nil }
            return Event(
                entry: entry, instance: instance,
                words: PrintableText.oneLine(EventWords.of(entry.description, instance)),
                content: change?.content ?? instance?.content)
        }
    }

    var lines: [ReportLine] { [] }

    /// Time, content, dbid, place, words; `no events` when there are none.
    var plainLines: [String] {
        guard !events.isEmpty else { return ["no events"] }
        let cells = events.map { event in
            [
                Self.toTheSecond(PrintableText.oneLine(event.entry.time)),
                event.content.map { $0 == .coordinator ? facts.vocabulary.word : "content \($0)" } ?? "",
                "dbid \(event.entry.dbid)", event.instance.map { "\($0.hostname):\($0.port)" } ?? "", event.words,
            ]
        }
        let widths = (0..<4).map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count) + (width > 0 ? "  " : "")
            }.joined() + row[4]
        }
    }

    /// `2026-11-21 20:15:30.123456+00` without its fraction; another shape stays as it is.
    static func toTheSecond(_ time: String) -> String {
        guard let dot = time.firstIndex(of: ".") else { return time }
        return String(time[..<dot] + time[time.index(after: dot)...].drop { $0.isWholeNumber })
    }

    var json: JSONValue {
        StatusJSON(facts).document(of: self, [("events", .array(events.map(Self.object)))])
    }

    private static func object(_ event: Event) -> JSONValue {
        .object([
            ("time", .string(event.entry.time)), ("dbid", .int(event.entry.dbid.rawValue)),
            ("content", .optional(event.content?.rawValue)), ("hostname", .optional(event.instance?.hostname)),
            ("port", .optional(event.instance?.port)), ("what", .string(event.words)),
            ("description", .string(event.entry.description)),
        ])
    }
}
