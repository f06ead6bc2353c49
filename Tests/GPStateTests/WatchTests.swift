import ClusterModel
import ClusterOperations
import Reporting
import TestSupport
import Testing

@testable import GPState
@testable import ToolSupport

@Suite("--watch")
struct WatchTests {
    private struct Unreachable: Error, CustomStringConvertible {
        let description = "could not connect\nto server"
    }

    private func board(_ mode: StatusMode, colour: Bool = false) -> WatchBoard {
        var picture = Picture()
        picture.style.hasColour = colour
        return WatchBoard(mode: mode, command: "gpstate \(mode.option)", pace: "every 2 s", picture: picture)
    }

    private let size = TerminalSize(columns: 80, rows: 40)

    private func mirrorDown() throws -> ClusterFacts {
        try SampleCluster.small { rows in rows.loseMirror(of: 0) }
    }

    @Test("says that it waits before the first answer, and why there is none")
    func beginning() throws {
        var board = board(.quick)
        #expect(board.lines(size) == ["gpstate -Q: every 2 s", "waiting for the first answer"])
        #expect(board.status == 2)
        board.take(.failure(Unreachable()), at: "10:00:00")
        board.take(.failure(Unreachable()), at: "10:00:02")
        #expect(
            board.lines(size) == [
                "gpstate -Q: every 2 s", "no answer since 10:00:00, 2 tries: could not connect to server",
            ])
        #expect(board.status == 2)
    }

    @Test("marks what the draw before did not have, for that one draw")
    func changes() throws {
        var board = board(.quick)
        board.take(.success(try SampleCluster.small()), at: "10:00:00")
        #expect(board.lines(size).allSatisfy { !$0.hasPrefix(">") })
        #expect(board.status == 0)
        board.take(.success(try mirrorDown()), at: "10:00:02")
        let lines = board.lines(size)
        #expect(lines[0] == "gpstate -Q: every 2 s, as of 10:00:02, last change 10:00:02")
        #expect(
            lines.filter { $0.hasPrefix(">") } == [
                "> # of up segments, from configuration table     = 3",
                "> # of down segments, from configuration table   = 1",
                ">    Down Segment   Datadir    Port",
                ">    sdw2           /data/m0   7001",
            ])
        #expect(board.status == 1)
        board.take(.success(try mirrorDown()), at: "10:00:04")
        let calm = board.lines(size)
        #expect(calm[0] == "gpstate -Q: every 2 s, as of 10:00:04, last change 10:00:02")
        #expect(calm.dropFirst().allSatisfy { !$0.hasPrefix(">") })
    }

    @Test("keeps the last state through a failure, says since when, and goes on")
    func failure() throws {
        var board = board(.map)
        board.take(.success(try SampleCluster.small()), at: "10:00:00")
        let before = board.lines(size)
        board.take(.failure(Unreachable()), at: "10:00:02")
        let during = board.lines(size)
        #expect(during[1] == "no answer since 10:00:02, 1 try: could not connect to server")
        #expect(Array(during.dropFirst(2)) == Array(before.dropFirst()))
        #expect(board.status == 2)
        board.take(.success(try SampleCluster.small()), at: "10:00:04")
        #expect(Array(board.lines(size).dropFirst()) == Array(before.dropFirst()))
        #expect(board.status == 0)
    }

    @Test("marks changed instances in a map in reverse, where there is colour")
    func mapChanges() throws {
        var board = board(.map, colour: true)
        board.take(.success(try SampleCluster.small()), at: "10:00:00")
        #expect(!board.lines(size).joined().contains(";7m"))
        board.take(.success(try mirrorDown()), at: "10:00:02")
        let drawn = board.lines(size).joined()
        #expect(drawn.contains("\u{1b}[1;31;7mM0") && drawn.contains("\u{1b}[33;7mP0"))
        #expect(!drawn.contains(";7mP1"))
        board.take(.failure(Unreachable()), at: "10:00:04")
        #expect(!board.lines(size).joined().contains(";7m"))
    }

    @Test("marks no box that only moved, and nothing after a resize alone")
    func movedBoxes() throws {
        var board = board(.map)
        board.take(.success(try SampleCluster.small()), at: "10:00:00")
        _ = board.lines(size)
        let switched = try SampleCluster.small { rows in
            for index in rows.indices where rows[index].content == ContentID(1) {
                rows[index].role = rows[index].role == .primary ? .mirror : .primary
            }
        }
        board.take(.success(switched), at: "10:00:02")
        for size in [size, TerminalSize(columns: 30, rows: 40), TerminalSize(columns: 200, rows: 40)] {
            let marked = board.lines(size).filter { $0.hasPrefix(">") }
            #expect(marked.count { $0.contains("P1*") } == 1 && marked.count { $0.contains("M1*") } == 1)
            #expect(marked.contains { $0.hasSuffix("1 content with switched roles: 1") })
            #expect(marked.count <= 3, "\(marked)")
        }
        var quick = self.board(.quick)
        quick.take(.success(switched), at: "10:00:00")
        quick.take(.success(switched), at: "10:00:02")
        #expect(quick.lines(TerminalSize(columns: 40, rows: 30)).allSatisfy { !$0.hasPrefix(">") })
    }

    @Test("counts what does not fit")
    func overflow() throws {
        var board = board(.detailed)
        board.take(.success(try SampleCluster.small()), at: "10:00:00")
        let all = board.lines(TerminalSize(columns: 80, rows: 1000)).count
        let few = board.lines(TerminalSize(columns: 80, rows: 10))
        #expect(few.count == 10)
        #expect(few[9] == "... \(all - 9) more line(s)")
        #expect(board.lines(TerminalSize(columns: 80, rows: 1)).count == 2)
    }

    @Test("of equal lines as many are old as there were")
    func equalLines() {
        #expect(WatchFrame.changes(from: ["a", "b"], to: ["b", "a", "a", "c"]) == [false, false, true, true])
        #expect(WatchFrame.changes(from: [], to: ["a"]) == [true])
    }

    @Test("draws every watchable mode", arguments: StatusMode.allCases.filter(\.isWatchable))
    func everyMode(mode: StatusMode) throws {
        var board = board(mode)
        board.take(.success(try SampleCluster.healthy()), at: "10:00:00")
        let lines = board.lines(TerminalSize(columns: 100, rows: 500))
        #expect(lines.count > 1)
        #expect(lines.allSatisfy { !$0.contains("\n") && !$0.contains("\u{1b}") })
    }
}

@Suite("The options of the views")
struct ViewOptionTests {

    @Test(
        "are refused in one line where they make no sense",
        arguments: [
            (["--map=png"], "Invalid --map: 'png' is none of text, ascii, svg"),
            (["--since=2h"], "--since goes with --events only"),
            (["--map", "--since", "2h"], "--since goes with --events only"),
            (["--events", "--since", "soon"], "--since: 'soon' is neither a time"),
            (["--watch=0"], "Invalid --watch: '0' is not a number of seconds from 0.5 to 3600"),
            (["--watch=x"], "Invalid --watch: 'x' is not a number"), (["--watch=nan"], "Invalid --watch: 'nan'"),
            (["--watch", "--json"], "--watch draws on a terminal, not with --json"),
            (["--watch"], "--watch needs a terminal, and standard output is none"),
            (["--watch", "--map=svg"], "--watch does not go with --map=svg"),
            (["--watch", "--printSampleExternalTableSql"], "--watch does not go with --printSampleExternalTableSql"),
            (["--map", "--advise"], "Too many output options specified"),
            (["--events", "-e"], "Too many output options specified"),
            (["--metrics", "--map"], "Too many output options specified"),
            (["--metrics", "--watch"], "--since and --watch do not go with --check and --metrics"),
        ])
    func refusals(_ words: [String], _ text: String) async throws {
        let scratch = try TemporaryDirectory()
        let terminal = CapturedTerminal()
        let status = await ToolRunner.run(
            GPState.self, arguments: words + ["-l", scratch.path, "-d", "/nowhere"], environment: [:],
            terminal: terminal)
        #expect(status == .refused)
        let lines = (terminal.output + terminal.error).split(separator: "\n").filter { $0.contains("[ERROR]") }
        #expect(lines.count == 1)
        #expect(lines.first?.contains("[ERROR]:-gpstate: error: \(text)") == true, "\(lines)")
    }

    @Test("--watch is refused on a terminal that cannot be drawn on")
    func dumb() async throws {
        let scratch = try TemporaryDirectory()
        for kind in [nil, "", "dumb"] as [String?] {
            let terminal = CapturedTerminal(size: TerminalSize(columns: 80, rows: 24))
            var environment: [String: String] = [:]
            environment["TERM"] = kind
            let status = await ToolRunner.run(
                GPState.self, arguments: ["--watch", "-l", scratch.path, "-d", "/nowhere"], environment: environment,
                terminal: terminal)
            #expect(status == .refused)
            #expect(terminal.error.contains("--watch needs a terminal that is drawn on"))
            #expect(!terminal.output.contains("\u{1b}"))
        }
    }

    @Test("may both have values, in any order")
    func twoValues() throws {
        for words in [
            ["--map=ascii", "--watch=5"], ["--watch=5", "--map=ascii"], ["--watch=5", "-B", "4", "--map=ascii", "-v"],
        ] {
            guard case .command(let command) = ParsedCommand(GPState.self, words, columns: nil) else {
                Issue.record("not parsed: \(words)")
                continue
            }
            let views = (command as? GPState)?.views
            #expect(views?.map == "ascii" && views?.watch == "5")
        }
        guard case .command(let command) = ParsedCommand(GPState.self, ["--watch", "--map"], columns: nil) else {
            Issue.record("not parsed")
            return
        }
        let views = (command as? GPState)?.views
        #expect(views?.map == "text" && views?.watch == "2")
    }
}
