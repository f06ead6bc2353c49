import ArgumentParser
import TestSupport
import Testing

@testable import GPActivateStandby
@testable import GPAddMirrors
@testable import GPDemo
@testable import GPInitStandby
@testable import GPRecoverSeg
@testable import GPState
@testable import ToolSupport

/// The options that every program takes, tried on the programs themselves.
@Suite("Every program's options")
struct OptionMatrixTests {
    /// One way to call a program: its name and the subcommand.
    struct Call: Sendable, CustomStringConvertible {
        let program: String
        var words: [String] = []
        var description: String { ([program] + words).joined(separator: " ") }
    }

    static let subcommands = [
        "create", "start", "stop", "destroy", "status", "tour", "env", "exec", "cut", "join", "crash",
    ]
    static let programs = BuiltPrograms.names.map { Call(program: $0) }
    static let calls = programs + subcommands.map { Call(program: "gpdemo", words: [$0]) }
    /// The calls that work without positional arguments.
    static let bare = calls.filter { !["exec", "cut", "join", "crash"].contains($0.words.first) }

    private func run(_ call: Call, _ arguments: [String]) async throws -> FinishedProgram {
        let scratch = try TemporaryDirectory()
        let run = try await FinishedProgram.run(
            ["\(BuiltPrograms.debug)/\(call.program)"] + call.words + arguments, environment: ["HOME": scratch.path])
        // Neither a refusal nor a help screen makes a log file.
        #expect(try await FinishedProgram.run(["/bin/ls", "-A", scratch.path]).output == "")
        return run
    }

    @Test("are known to the pre-pass as the parser has them")
    func lists() {
        func check(_ tool: (some Tool).Type) { #expect(OptionShape.differences(of: tool) == [], "\(tool)") }
        check(GPState.self)
        check(GPAddMirrors.self)
        check(GPInitStandby.self)
        check(GPActivateStandby.self)
        check(GPRecoverSeg.self)
        check(GPFtsd.self)
        check(CreateCommand.self)
        check(StartCommand.self)
        check(StopCommand.self)
        check(DestroyCommand.self)
        check(StatusCommand.self)
        check(TourCommand.self)
        check(EnvironmentCommand.self)
        check(ExecCommand.self)
        check(CutCommand.self)
        check(JoinCommand.self)
        check(CrashCommand.self)
        #expect(GPDemo.configuration.subcommands.map { $0.configuration.commandName } == Self.subcommands)
    }

    @Test("include help, in three spellings", arguments: calls, ["--help", "-h", "-?"])
    func help(_ call: Call, _ option: String) async throws {
        let run = try await run(call, [option])
        #expect(run.status == 0)
        #expect(run.output.contains("USAGE: \(call)"))
        #expect(run.error == "")
    }

    @Test("include the version", arguments: calls)
    func version(_ call: Call) async throws {
        let run = try await run(call, ["--version"])
        #expect(run.status == 0)
        #expect(run.output == "\(call.program) version \(ToolVersion.current)\n")
    }

    @Test("end with 2 and the original's three lines where one is unknown", arguments: calls)
    func unknown(_ call: Call) async throws {
        let run = try await run(call, ["--bogus"])
        #expect(run.status == 2)
        #expect(run.output == "")
        #expect(
            run.error
                == "Usage: \(call.program) [--help] [options] \n\n\(call.program): error: no such option: --bogus\n")
    }

    @Test("end with 2 after one argument too many", arguments: bare)
    func extraArgument(_ call: Call) async throws {
        let run = try await run(call, call.words == [] && call.program == "gpdemo" ? ["nonsense"] : ["one", "two"])
        #expect(run.status == 2)
        #expect(run.output == "")
        #expect(run.error.hasPrefix("Usage: \(call.program) "))
        #expect(run.error.split(separator: "\n").count == 2)
    }

    @Test("end with 2 where a value is missing", arguments: calls.filter { $0.program != "gpdemo" || $0.words != [] })
    func missingValue(_ call: Call) async throws {
        let run = try await run(call, ["-l"])
        #expect(run.status == 2)
        #expect(run.error.hasSuffix("\(call.program): error: -l option requires 1 argument\n"))
    }

    @Test(
        "end with 2 where no data directory is set, in the original's words",
        arguments: [["gpstate"], ["gpaddmirrors", "-a"], ["gpinitstandby", "-a", "-s", "sdw1"]], ["", nil])
    func noDataDirectory(_ words: [String], _ value: String?) async throws {
        let scratch = try TemporaryDirectory()
        var environment = ["HOME": scratch.path]
        for name in ["COORDINATOR_DATA_DIRECTORY", "MASTER_DATA_DIRECTORY"] { environment[name] = value }
        let run = try await FinishedProgram.run(
            ["\(BuiltPrograms.debug)/\(words[0])"] + words.dropFirst(), environment: environment)
        #expect(run.status == 2)
        #expect(run.output.contains("Environment Variable COORDINATOR_DATA_DIRECTORY not set!"), "\(run.output)")
        #expect(run.output.contains("hint: set COORDINATOR_DATA_DIRECTORY, or pass -d"), "\(run.output)")
    }

    @Test(
        "take numbers only where they want numbers",
        arguments: [
            (Call(program: "gpstate"), "-B"), (Call(program: "gpstate"), "--timeout"),
            (Call(program: "gpstate"), "--retries"), (Call(program: "gpstate"), "--host-timeout"),
            (Call(program: "gpaddmirrors"), "-B"), (Call(program: "gpaddmirrors"), "-p"),
            (Call(program: "gpaddmirrors"), "--block"), (Call(program: "gpaddmirrors"), "--ssh-port"),
            (Call(program: "gpactivatestandby"), "--timeout"), (Call(program: "gpactivatestandby"), "--fence-timeout"),
            (Call(program: "gprecoverseg"), "-B"), (Call(program: "gprecoverseg"), "-b"),
            (Call(program: "gpdemo", words: ["create"]), "--hosts"),
            (Call(program: "gpdemo", words: ["create"]), "--port-base"),
        ], ["x", "1.5", "99999999999999999999", "0x", ""])
    func badNumber(_ call: (Call, String), _ value: String) async throws {
        let run = try await run(call.0, [call.1, value])
        #expect(run.status == 2)
        #expect(
            run.error.hasSuffix("\(call.0.program): error: option \(call.1): invalid integer value: '\(value)'\n"))
    }

    @Test(
        "are known by unique prefixes, and ambiguous ones are refused",
        arguments: [
            ("gpstate", "--ver", "ambiguous option: --ver (--verbose, --version?)"),
            ("gpstate", "--ssh", "ambiguous option: --ssh (--ssh-config, --ssh-identity, --ssh-port, --ssh-user?)"),
        ])
    func prefixes(_ program: String, _ option: String, _ text: String) async throws {
        let run = try await run(Call(program: program), [option])
        #expect(run.status == 2)
        #expect(run.error.hasSuffix("\(program): error: \(text)\n"))
        #expect(try await self.run(Call(program: program), ["--vers"]).output.hasPrefix("\(program) version "))
    }
}
