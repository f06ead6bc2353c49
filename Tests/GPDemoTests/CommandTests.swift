import Glibc
import TestSupport
import Testing
import ToolSupport

@testable import GPDemo

@Suite("The gpdemo command")
struct CommandTests {
    @Test("Every command lists the options that it has")
    func options() {
        #expect(OptionShape.differences(of: CreateCommand.self).isEmpty)
        #expect(OptionShape.differences(of: StartCommand.self).isEmpty)
        #expect(OptionShape.differences(of: StopCommand.self).isEmpty)
        #expect(OptionShape.differences(of: DestroyCommand.self).isEmpty)
        #expect(OptionShape.differences(of: StatusCommand.self).isEmpty)
        #expect(OptionShape.differences(of: EnvironmentCommand.self).isEmpty)
        #expect(OptionShape.differences(of: ExecCommand.self).isEmpty)
        #expect(OptionShape.differences(of: CutCommand.self).isEmpty)
        #expect(OptionShape.differences(of: CrashCommand.self).isEmpty)
    }

    @Test(
        "Wrong use ends with 2 and one clear line, and makes nothing",
        arguments: [
            (["create", "--mirrors", "circle"], "--mirrors takes"),
            (["create", "--network", "wifi"], "--network takes"),
            (["create", "--hosts", "0"], "--hosts must be"), (["create", "--port-base", "80"], "--port-base must be"),
            (["create", "--pg-bin", "/nonexistent"], "no initdb in /nonexistent"),
            (["create", "--engine", "oracle"], "--engine takes embedded or greenplum, not 'oracle'"),
            (["create", "--engine", "greenplum"], "--engine greenplum needs the absolute path"),
            (["create", "--engine", "greenplum", "--gphome", "gp"], "--engine greenplum needs the absolute path"),
            (["create", "--engine", "greenplum", "--gphome", "/nonexistent/"], "no initdb in /nonexistent/bin"),
            (["create", "--engine", "greenplum", "--pg-bin", "/x"], "--pg-bin goes with --engine embedded"),
            (["create", "--gphome", "/x"], "--gphome goes with --engine greenplum"),
            (["start"], "no cluster in"), (["stop"], "no cluster in"), (["destroy"], "no cluster in"),
            (["status"], "no cluster in"), (["exec", "sdw1", "--", "true"], "no cluster in"),
            (["exec", "sdw1"], "missing"), (["create", "--nonsense"], "no such option"),
        ])
    func wrongUse(arguments: [String], text: String) async throws {
        let directory = try TemporaryDirectory()
        let terminal = CapturedTerminal()
        let place = ["--dir", "\(directory.path)/cluster", "-l", directory.path]
        let status = await ToolRunner.run(
            GPDemo.self, arguments: [arguments[0]] + place + arguments.dropFirst(),
            environment: ["HOME": directory.path], terminal: terminal)
        #expect(status == .refused)
        let printed = terminal.output + terminal.error
        #expect(printed.contains(text), "printed: \(printed)")
        #expect(access("\(directory.path)/cluster", F_OK) != 0)
    }
}
