import ClusterModel
import ClusterOperations
import Reporting
import TestSupport
import Testing

@testable import GPState

@Suite("--events")
struct EventsReportTests {
    private func facts(_ entries: [(Int, String)]) throws -> ClusterFacts {
        var facts = try SampleCluster.small { rows in
            rows.append(
                SampleCluster.segment(8, -1, .mirror, host: "scdw", port: 6000, directory: "/data/s"))
            for index in rows.indices where rows[index].content == ContentID(1) {
                rows[index].role = rows[index].role == .primary ? .mirror : .primary
            }
        }
        facts.history = entries.enumerated().map { index, entry in
            HistoryEntry(
                time: "2026-11-21 20:15:0\(index).123456+00", dbid: DatabaseID(entry.0), description: entry.1)
        }
        return facts
    }

    private static func change(_ dbid: Int, _ content: Int, _ states: String) -> (Int, String) {
        (dbid, "FTS: update role, status, and mode for dbid \(dbid) with contentid \(content) to \(states)")
    }

    @Test("tells each row of the service in words, with the place of its instance")
    func words() throws {
        let report = EventsReport(
            try facts([
                Self.change(4, 0, "m, d, and n"), Self.change(2, 0, "p, u, and n"), Self.change(5, 1, "p, u, and n"),
                Self.change(3, 1, "m, u, and s"), Self.change(2, 7, "p, u, and s"),
            ]))
        #expect(
            report.plainLines == [
                "2026-11-21 20:15:00+00  content 0  dbid 4  sdw2:7001  mirror down",
                "2026-11-21 20:15:01+00  content 0  dbid 2  sdw1:7000  primary serves alone",
                "2026-11-21 20:15:02+00  content 1  dbid 5  sdw1:7001  made as mirror, promoted: serves alone",
                "2026-11-21 20:15:03+00  content 1  dbid 3  sdw2:7000  mirror up and in sync",
                // The dbid belongs to another content today: nothing is known of its place then.
                "2026-11-21 20:15:04+00  content 7  dbid 2             primary: its mirror is in sync",
            ])
        #expect(report.lines.isEmpty && report.exitStatus == 0)
    }

    @Test("knows every line that the suite writes, and leaves others as they are")
    func writers() throws {
        var former = FormerCoordinator(SampleCluster.segment(1, -1, .primary, host: "cdw", port: 6000, directory: "/d"))
        former.fencedAddresses = ["10.0.0.1"]
        let report = EventsReport(
            try facts([
                (4, "gpaddmirrors: segment config for resync: inserted mirror segment configuration"),
                (
                    4,
                    "gprecoverseg: segment config for resync: inserted segment configuration for full recovery or original dbid 4"
                ),
                (8, StandbyHistory.inSync.line(DatabaseID(8))), (8, StandbyHistory.gone.line(DatabaseID(8))),
                (8, former.history), (9, "gpinitstandby: added coordinator standby scdw:6000"),
                (1, "somebody's\n\u{1b}[31mown words"),
                (2, "FTS: update role, status, and mode for dbid 2 with contentid 0 to x, u, and n"),
            ]))
        let words = report.json["events"].elements.compactMap { $0["what"].string }
        #expect(
            words == [
                "mirror added by gpaddmirrors", "mirror's row renewed by gprecoverseg for a full recovery",
                "standby in sync: commits wait for it", "standby gone: the coordinator commits without it",
                "standby activated; the coordinator before it was cdw:6000",
                "gpinitstandby: added coordinator standby scdw:6000", "somebody's \\x1b[31mown words",
                "FTS: update role, status, and mode for dbid 2 with contentid 0 to x, u, and n",
            ])
        #expect(report.plainLines.allSatisfy { !$0.contains("\u{1b}") && !$0.contains("\n") })
        #expect(report.plainLines[2].contains("  coordinator  dbid 8  scdw:6000  standby in sync"))
    }

    @Test("says so when there are none")
    func none() throws {
        #expect(EventsReport(try facts([])).plainLines == ["no events"])
        #expect(EventsReport(try facts([])).json["events"].elements.isEmpty)
    }

    @Test("has a document whose members docs/json.md names")
    func document() throws {
        let page = try Fixture.text("../../../docs/json.md")
        let event = EventsReport(try facts([Self.change(4, 0, "m, d, and n")])).json["events"][0]
        #expect(event.names == ["time", "dbid", "content", "hostname", "port", "what", "description"])
        #expect(event["time"] == .string("2026-11-21 20:15:00.123456+00"))
        for name in event.names { #expect(page.contains("`\(name)`"), "\(name)") }
    }
}
