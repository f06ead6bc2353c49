import ClusterModel
import TestSupport
import Testing

@testable import GPAddMirrors
@testable import ToolSupport

@Suite struct PlannedMapTests {
    @Test func `the picture shows the plan's mirrors as planned, on the hosts of the plan`() throws {
        let planned = try PlannedCluster()
        let lines = try PlannedMap.lines(
            planned.plan(), planned.facts.cluster, form: .ascii, style: MapStyle(columns: 80))
        #expect(
            lines == [
                "layout pairs: 2 hosts, 4 contents", "coordinator cdw:5432   no standby",
                "+sdw1-------------+ +sdw2-------------+", "|  P0 6000 > sdw2 | |  P2 6000 > sdw1 |",
                "|  P1 6001 > sdw2 | |  P3 6001 > sdw1 |", "| +M2 7000 < sdw2 | | +M0 7000 < sdw1 |",
                "| +M3 7001 < sdw2 | | +M1 7001 < sdw1 |", "+-----------------+ +-----------------+",
                "P primary  M mirror  > its mirror's host  < its primary's host  + planned",
            ])
    }

    @Test func `a mirror that has a row is drawn once, where the plan has it`() throws {
        let row = PlannedCluster.segment(6, 0, .mirror, on: "sdw2", port: 7000, directory: "/m1/gpseg0")
        let planned = try PlannedCluster(rows: [row])
        let map = try PlannedMap.map(planned.plan(), planned.facts.cluster)
        #expect(map.hosts.flatMap(\.mirrors).count == 4)
        #expect(map.hosts.flatMap(\.mirrors).allSatisfy { $0.state == .planned })
    }

    @Test(
        arguments: [
            (["--map"], "--map goes with --dry-run only"),
            (["--dry-run", "--map=png"], "Invalid --map: 'png' is none of text, ascii, svg"),
            (["--dry-run", "--map", "-o", "/tmp/none"], "--map goes with --dry-run only"),
        ])
    func `a picture of no plan is refused`(words: [String], text: String) async throws {
        let scratch = try TemporaryDirectory()
        let terminal = CapturedTerminal()
        let status = await ToolRunner.run(
            GPAddMirrors.self, arguments: words + ["-l", scratch.path, "-d", "/nowhere"], environment: [:],
            terminal: terminal)
        #expect(status == .refused)
        #expect(terminal.output.contains("[ERROR]:-gpaddmirrors: error: \(text)\n"), "\(terminal.output)")
    }

    @Test func `options with values of their own go together`() throws {
        guard
            case .command(let command) = ParsedCommand(
                GPAddMirrors.self, ["--map=svg", "--wait=5", "--dry-run"], columns: nil)
        else {
            Issue.record("not parsed")
            return
        }
        let options = command as? GPAddMirrors
        #expect(options?.map == .svg && options?.wait?.seconds == 5 && options?.isDryRun == true)
        #expect(options?.screenUse == .data)
    }
}
