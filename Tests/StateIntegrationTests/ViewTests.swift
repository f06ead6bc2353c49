import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import Reporting
import TestClusters
import TestSupport
import Testing

extension RealClusters.ClusterTests {
    @Suite("The views for people", .serialized)
    struct ViewTests {
        private static let utf8: [String: String?] = ["LC_ALL": "C.UTF-8", "LANG": nil]

        @Test("--map draws hosts, roles and pairs, without a log line and without colour in a pipe")
        func map() async throws {
            let shared = try SharedCluster.get()
            let run = try await shared.state("--map", changes: Self.utf8)
            #expect(run.status == 0)
            #expect(run.error == "")
            let lines = run.output.split(separator: "\n")
            #expect(lines[0] == "layout pairs: 2 hosts, 4 contents")
            #expect(lines[1].hasPrefix("coordinator cdw:"))
            #expect(lines[2].hasPrefix("┌sdw1─") && lines[2].contains("┐ ┌sdw2─"))
            #expect(lines[3].contains("P0 ") && lines[3].contains("→ sdw2") && lines[3].contains("P2 "))
            #expect(!run.output.contains("\u{1b}"))
            let ascii = try await shared.state("--map=ascii", changes: Self.utf8)
            #expect(ascii.output.utf8.allSatisfy { $0 < 0x7f })
            #expect(ascii.output.contains("+sdw1-") && ascii.output.contains("> sdw2"))
            // Another encoding is answered in ASCII, and -q hides no picture.
            let quiet = try await shared.state("--map", "-q", changes: ["LC_ALL": "C"])
            #expect(quiet.output == ascii.output)
        }

        @Test("--map=svg has standard output for itself; xmllint, where it is there, takes the drawing")
        func drawing() async throws {
            let shared = try SharedCluster.get()
            let run = try await shared.state("--map=svg")
            #expect(run.status == 0 && run.error == "")
            #expect(run.output.hasPrefix("<?xml ") && run.output.hasSuffix("</svg>\n"))
            #expect(run.output.split(separator: "\n").count { $0.hasPrefix("<path ") } == 4)
            guard access("/usr/bin/xmllint", X_OK) == 0 else { return }
            let file = shared.place.path + "/map.svg"
            try TextFile.write(run.output, to: file)
            let lint = try await FinishedProgram.run(["/usr/bin/xmllint", "--noout", "--nonet", file])
            #expect(lint.status == 0, "\(lint.error)")
        }

        @Test("--advise names the layout and what is exposed, before and after a mirror is marked down")
        func advice() async throws {
            let shared = try SharedCluster.get()
            let healthy = try await shared.state("--advise", "--json")
            // This cluster has no standby, which is all.
            #expect(healthy.status == 1)
            let advice = try healthy.json()["advice"]
            #expect(advice["layout"] == .string("pairs"))
            #expect(advice["exposed"].elements.map { $0["kind"] } == [.string("no_standby")])
            #expect(advice["most_primaries_after_one_loss"] == .int(4))
            try await withMirrorDown(shared) {
                let run = try await shared.state("--advise")
                #expect(run.status == 1)
                let mirror = try await shared.instance(1, .mirror)
                #expect(
                    run.complaints.contains(
                        "[WARNING]:-   content 1: the mirror \(mirror.hostname):\(mirror.port) is down"))
                #expect(run.records.contains { $0.hasPrefix("[INFO]:-   gprecoverseg ") })
                let quiet = try await shared.state("--advise", "-q")
                #expect(quiet.output.split(separator: "\n").allSatisfy { $0.contains("-[WARNING]:-") })
                #expect(try await shared.state("--map", changes: Self.utf8).output.contains("✗M1 "))
            }
        }

        @Test("--events tells the history in words, from a time on; a time that is none is refused")
        func events() async throws {
            let shared = try SharedCluster.get()
            let all = try await shared.state("--events")
            #expect(all.status == 0 && all.error == "")
            let lines = all.output.split(separator: "\n")
            #expect(lines.count { $0.hasSuffix("mirror added by gpaddmirrors") } == 4)
            #expect(lines.contains { $0.contains("content 0") && $0.hasSuffix("mirror up and in sync") })
            let recent = try await shared.state("--events", "--since", "1h", "--json")
            #expect(try recent.json()["events"].elements.count >= lines.count)
            #expect(try await shared.state("--events", "--since=0s").output == "no events\n")
            #expect(try await shared.state("--events", "--since", "2999-01-01T00:00Z").output == "no events\n")
            let odd = try await shared.state("--events", "--since", "soon")
            #expect(odd.status == 2 && odd.output == "")
            #expect(odd.errorRecords.count == 1)
        }

        @Test("--watch redraws in place, marks what changed, follows the size, and gives the terminal back on Ctrl-C")
        func watch() async throws {
            let shared = try SharedCluster.get()
            let terminal = try start(shared, ["--map", "--watch=0.5"])
            let first = try await terminal.until("a first map") { $0.lines.contains { $0.contains("P0 ") } }
            #expect(first.isAlternate && !first.showsCursor && !first.wraps)
            #expect(first.lines[0].hasPrefix("gpstate --map: every 0.5 s, as of "))
            #expect(!first.lines.contains { $0.hasPrefix("»") })
            try await withMirrorDown(shared) {
                let changed = try await terminal.until("a mark") { $0.lines.contains { $0.hasPrefix("»") } }
                #expect(changed.lines[0].contains("last change"))
                #expect(changed.lines.contains { $0.contains("✗M1") })
            }
            try await terminal.until("the mirror again") { !$0.lines.contains { $0.contains("✗M1") } }
            terminal.resize(columns: 60, rows: 6)
            try await terminal.until("a small screen") { $0.lines.last?.hasPrefix("... ") == true }
            terminal.resize(columns: 120, rows: 40)
            try await terminal.until("a large screen") { $0.lines.last?.hasSuffix("its primary's host") == true }
            // Ctrl-Z gives the terminal back too, until the program goes on.
            terminal.type("\u{1a}")
            try await terminal.until("the ordinary screen") { !$0.isAlternate && $0.showsCursor && $0.wraps }
            terminal.proceed()
            try await terminal.until("the picture again") { $0.isAlternate && $0.lines.contains { $0.contains("P0 ") } }
            terminal.type("\u{3}")
            #expect(await terminal.exitStatus() == 0)
            let end = terminal.screen
            #expect(!end.isAlternate && end.showsCursor && end.wraps)
            #expect(end.lines.allSatisfy { $0 == "" || $0 == "^C" }, "\(end.lines)")
        }

        @Test("--watch outlives the coordinator, and Ctrl-C does not wait for an answer")
        func silence() async throws {
            let shared = try SharedCluster.get()
            let terminal = try start(shared, ["-Q", "--watch=0.5", "--timeout", "1"])
            try await terminal.until("a first count") { $0.lines.contains { $0.contains("up segments") } }
            try await shared.whileStopped([try await shared.process(-1, .primary)]) {
                let silent = try await terminal.until("a failure") {
                    $0.lines.dropFirst().first?.hasPrefix("no answer") == true
                }
                #expect(silent.lines.contains { $0.contains("up segments") })
            }
            try await terminal.until("an answer again") { $0.lines.dropFirst().first?.hasPrefix("no answer") == false }
            try await shared.whileStopped([try await shared.process(-1, .primary)]) {
                try await terminal.until("a failure again") {
                    $0.lines.dropFirst().first?.hasPrefix("no answer") == true
                }
                let start = ContinuousClock.now
                terminal.type("\u{3}")
                #expect(await terminal.exitStatus() == 2)
                #expect(start.duration(to: .now) < .seconds(1))
            }
            #expect(!terminal.screen.isAlternate)
        }

        @Test("--watch in a pipe is refused before anything is asked")
        func pipe() async throws {
            let run = try await SharedCluster.get().state("--watch", changes: ["TERM": "xterm"])
            #expect(run.status == 2 && run.output == "")
            #expect(
                run.errorRecords == [
                    "[ERROR]:-gpstate: error: --watch needs a terminal, and standard output is none"
                ])
        }

        private func start(_ shared: SharedCluster, _ words: [String]) throws -> PseudoTerminal {
            let execution = try shared.cluster.execution(on: "cdw", ["gpstate"] + words)
            var environment = execution.environment
            (environment["TERM"], environment["LC_ALL"]) = ("xterm", "C.UTF-8")
            return try PseudoTerminal(execution.arguments, environment: environment)
        }

        /// Runs `body` while the catalog, which nobody checks meanwhile, has the mirror of content 1 as down.
        private func withMirrorDown(_ shared: SharedCluster, _ body: () async throws -> Void) async throws {
            func set(_ status: String, _ mode: String) async throws {
                try await shared.cluster.queryAlone(
                    "UPDATE gp_segment_configuration SET mode = '\(mode)', status = CASE WHEN role = 'm' "
                        + "THEN '\(status)'::\"char\" ELSE status END WHERE content = 1")
            }
            try await shared.cluster.withoutFaultTolerance {
                try await set("d", "n")
                do { try await body() } catch {
                    try await set("u", "s")
                    throw error
                }
                try await set("u", "s")
            }
        }
    }
}
