import Testing
import ToolSupport

@testable import GPActivateStandby

/// The command line as the original takes it.
@Suite struct OptionTests {
    private func run(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) async -> (ToolSupport.ExitStatus, CapturedTerminal) {
        let terminal = CapturedTerminal()
        let status = await ToolRunner.run(
            GPActivateStandby.self, arguments: arguments,
            environment: ["HOME": "/tmp"].merging(environment) { _, own in own }, terminal: terminal)
        return (status, terminal)
    }

    @Test func `its option list agrees with its properties`() {
        #expect(OptionShape.differences(of: GPActivateStandby.self) == [])
    }

    @Test func `-v is the version here`() async {
        let (status, terminal) = await run(["-v"])
        #expect(status == .done)
        #expect(terminal.output == "gpactivatestandby version \(ToolVersion.current)\n")
    }

    @Test(
        "bad input ends with 2 and one clear line",
        arguments: [
            (["-a", "-d", "/tmp"], [:], "PGPORT environment variable not set."),
            (["-a", "-d", "/tmp"], ["PGPORT": ""], "PGPORT environment variable not set."),
            (
                ["-a", "-d", "/tmp"], ["PGPORT": "x"],
                "Error activating standby coordinator: PGPORT is 'x', which is not a port (1 to 65535)"
            ),
            (["-l", "/no/such/place"], ["PGPORT": "5432"], "Log directory /no/such/place does not exist."),
            (["-a"], ["PGPORT": "5432"], "Required option coordinator data directory is missing."),
            (
                ["-a", "-d", "/no/such/place"], ["PGPORT": "5432"],
                "Error activating standby coordinator: Critical required file on standby "
                    + "\"/no/such/place/standby.signal\" is not present."
            ),
        ] as [([String], [String: String], String)])
    func refusals(_ arguments: [String], _ environment: [String: String], _ text: String) async {
        let (status, terminal) = await run(arguments, environment)
        #expect(status == .refused)
        #expect(terminal.output.contains("[CRITICAL]:-\(text)\n"), "\(terminal.output)")
    }

    @Test func `what the variables say is looked for as the original does`() async {
        let (_, terminal) = await run(["-a"], ["PGPORT": "5432"])
        #expect(
            terminal.output.contains(
                "Option -d or --master-data-directory or --coordinator-data-directory not set. "
                    + "Checking environment variable COORDINATOR_DATA_DIRECTORY"))
        #expect(
            terminal.output.contains(
                "[CRITICAL]:-Both -d parameter and COORDINATOR_DATA_DIRECTORY environment variable are not set."))
    }

    @Test(
        "options that make no sense are usage errors",
        arguments: [
            ["--fence-timeout", "0"], ["--timeout", "0"], ["--finish", "-f"], ["--fence-command", ""],
        ])
    func usage(_ arguments: [String]) async {
        let (status, terminal) = await run(arguments)
        #expect(status == .refused)
        #expect(terminal.error.contains("gpactivatestandby: error: "), "\(terminal.error)")
    }
}
