import Testing
import ToolSupport

@testable import GPInitStandby

/// The command line as the original takes it.
@Suite struct OptionTests {
    private func run(_ arguments: [String]) async throws -> (ToolSupport.ExitStatus, CapturedTerminal) {
        let terminal = CapturedTerminal()
        let status = await ToolRunner.run(
            GPInitStandby.self, arguments: arguments, environment: ["HOME": "/tmp"], terminal: terminal)
        return (status, terminal)
    }

    @Test func `its option list agrees with its properties`() {
        #expect(OptionShape.differences(of: GPInitStandby.self) == [])
    }

    @Test func `-v is the version here`() async throws {
        let (status, terminal) = try await run(["-v"])
        #expect(status == .done)
        #expect(terminal.output == "gpinitstandby version \(ToolVersion.current)\n")
    }

    @Test(
        "options that exclude each other end with 2 in the original's words",
        arguments: [
            (["-s", "h", "-n"], "Options -s and -n cannot be specified together."),
            (["-S", "/d", "-n"], "Options -S and -n cannot be specified together."),
            (["-s", "h", "-r"], "Options -s and -r cannot be specified together."),
            (["-l", "/no/such/place", "-r"], "Log directory /no/such/place does not exist."),
            (["-a"], "No action provided in the options."),
            (["--replace"], "Option --replace needs -s."),
            (["-s", "h", "--hba-auth", "a b"], "Invalid --hba-auth method: 'a b'"),
        ])
    func refusals(_ arguments: [String], _ text: String) async throws {
        let (status, terminal) = try await run(arguments)
        #expect(status == .refused)
        #expect(terminal.output.contains("[ERROR]:-\(text)"), "\(terminal.output)")
    }
}
