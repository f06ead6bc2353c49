import Testing

@testable import ToolSupport

@Suite("a run of a tool")
struct ToolRunnerTests {
    @Test("ends with the status the command returns", arguments: [("nothing", 0), ("incomplete", 1)])
    func statuses(_ action: String, _ status: Int32) async throws {
        #expect(try await probe(["--do", action]).status.rawValue == status)
    }

    @Test("logs its start first, to the screen and the file")
    func firstRecord() async throws {
        let bare = try await probe([])
        #expect(bare.records == ["INFO Starting probe with args: "])
        #expect(bare.file == bare.output)
        #expect(bare.error.isEmpty)
        #expect(try await probe(["-aB4", "--do", "x"]).records == ["INFO Starting probe with args: -aB4 --do x"])
    }

    @Test(
        "ends errors in the original's forms",
        arguments: [
            ("validation", 2, ["ERROR probe: error: too many options"]),
            (
                "operational", 2,
                ["ERROR probe error: no mirrors", "ERROR detail: none at all", "ERROR hint: run gpaddmirrors"]
            ),
            ("surprise", 2, ["CRITICAL probe failed. (Reason='the roof is gone') exiting..."]),
            (
                "shell", 2,
                ["CRITICAL probe failed. (Reason='sdw1: no route to host') exiting...", "CRITICAL hint: ping sdw1"]
            ),
            ("interrupted", 2, []),
        ])
    func errors(_ action: String, _ status: Int32, _ expected: [String]) async throws {
        let outcome = try await probe(["--do", action])
        #expect(outcome.status.rawValue == status)
        #expect(Array(outcome.records.dropFirst()) == expected)
        #expect(outcome.error.isEmpty)
    }

    @Test(
        "refuses wrong usage on standard error, with status 2 and without a log file",
        arguments: [
            (["--bogus"], "probe: error: no such option: --bogus"),
            (["-B", "x"], "probe: error: option -B: invalid integer value: 'x'"),
            (
                ["--ssh"],
                "probe: error: ambiguous option: --ssh (--ssh-config, --ssh-identity, --ssh-port, --ssh-user?)"
            ),
            (["extra"], "probe: error: unexpected argument 'extra'"),
            (["--host-timeout", "0"], "probe: error: option --host-timeout: 0 is not between 1 and 3600 seconds"),
            (["--ssh-port", "70000"], "probe: error: option --ssh-port: 70000 is not a port (1 to 65535)"),
            (["--ssh-user", "-oX"], "probe: error: option --ssh-user: '-oX' is not a user name"),
        ])
    func usageErrors(_ arguments: [String], _ message: String) async throws {
        let outcome = try await probe(arguments)
        #expect(outcome.status == .refused)
        #expect(outcome.error == "Usage: probe [--help] [options] \n\n\(message)\n")
        #expect(outcome.output.isEmpty)
        #expect(outcome.file == nil)
    }

    @Test(
        "prints help and version on standard output, without a log file",
        arguments: ["-h", "-?", "--help", "--version"])
    func helpAndVersion(_ option: String) async throws {
        let outcome = try await probe([option])
        #expect(outcome.status == .done)
        #expect(outcome.file == nil)
        #expect(outcome.error.isEmpty)
        #expect(
            option == "--version" ? outcome.output == "probe version 0.1.0\n" : outcome.output.contains("--ssh-config"))
    }

    @Test("hands values through as numbers, negative ones and optional ones too")
    func optionValues() async throws {
        let outcome = try await probe(["--do=options", "-B", "010", "-b0x10", "--wait=5", "-p", "-3", "-v"])
        #expect(outcome.records.last == "8 16 5 -3")
        #expect(try await probe(["--do=options", "--wait"]).records.last == "16 64 60 0")
        #expect(try await probe(["--do=options"]).records.last == "16 64 -1 0")
    }

    @Test(
        "shows and keeps what its verbosity says",
        arguments: [
            ([], ["INFO i", "WARNING w", "ERROR e"], ["INFO i", "WARNING w", "ERROR e"]),
            (["-v"], ["DEBUG d", "INFO i", "WARNING w", "ERROR e"], ["DEBUG d", "INFO i", "WARNING w", "ERROR e"]),
            (["-q"], ["WARNING w", "ERROR e"], ["INFO i", "WARNING w", "ERROR e"]),
            (["-qv"], ["WARNING w", "ERROR e"], ["DEBUG d", "INFO i", "WARNING w", "ERROR e"]),
        ])
    func verbosity(_ options: [String], _ screen: [String], _ file: [String]) async throws {
        let outcome = try await probe(["--do", "levels"] + options)
        #expect(outcome.records.filter { !$0.contains("Starting") } == screen)
        #expect(Array(Outcome.records(outcome.file ?? "").dropFirst()) == file)
    }

    @Test("with --json prints the document alone, the log goes to standard error")
    func json() async throws {
        let outcome = try await probe(["--json", "--do", "json"])
        #expect(outcome.output == "{\n  \"schema\": 1\n}\n")
        #expect(Outcome.records(outcome.error) == ["INFO Starting probe with args: --json --do json", "plain"])
        #expect(try await probe(["--do", "json"]).records.last == "plain")
    }

    @Test("without the log directory's parent ends with status 2")
    func missingLogParent() async throws {
        let outcome = try await probe(["-l", "/nonexistent/logs"])
        #expect(outcome.status == .refused)
        #expect(
            outcome.records.first
                == "CRITICAL probe failed. (Reason='[Errno 2] No such file or directory: '/nonexistent/logs'') exiting..."
        )
    }

    @Test("finds subcommands, and passes positional arguments and statuses on")
    func subcommands() async throws {
        let outcome = try await probe(ProbeFamily.self, ["exec", "sdw1", "-v", "--", "ls", "-l"])
        #expect(outcome.status == .unknown)
        #expect(outcome.output == "sdw1: ls|-l\n")
        #expect(try await probe(ProbeFamily.self, ["exec", "--wait=5", "-a", "h", "7"]).output == "h: 7 5\n")
        #expect(try await probe(ProbeFamily.self, ["exec", "--wait", "-a", "h", "7"]).output == "h: 7 60\n")
        #expect(try await probe(ProbeFamily.self, ["exec"]).error.contains("family: error: missing expected argument"))
        #expect(
            try await probe(ProbeFamily.self, ["dance"]).error.hasSuffix("family: error: no such command: 'dance'\n"))
        #expect(try await probe(ProbeFamily.self, ["exec", "--help"]).output.contains("Runs a program."))
        #expect(try await probe(ProbeFamily.self, ["help", "exec"]).output.contains("Runs a program."))
        #expect(try await probe(ProbeFamily.self, []).output.contains("Tries subcommands."))
    }

    @Test("fails where a test injects a failure")
    func injectedFailure() async throws {
        let outcome = try await probe(["--do", "kill point"], environment: ["GPHA_FAIL_AT": "after the copy"])
        #expect(
            outcome.records.last == "CRITICAL probe failed. (Reason='injected failure at after the copy') exiting...")
        #expect(try await probe(["--do", "kill point"]).status == .done)
    }

    @Test("its option list agrees with its properties")
    func optionShapes() {
        #expect(OptionShape.differences(of: ProbeTool.self) == [])
        #expect(OptionShape.differences(of: ProbeFamily.Exec.self) == [])
        #expect(OptionShape.differences(of: DriftedTool.self).count == 3)
    }
}
