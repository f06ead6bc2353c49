import RemoteShell
import TestSupport
import Testing

@Suite("Scripts over a real sshd")
struct SSHShellTests {
    private func settings(_ server: LoopbackSSHServer, _ timeout: Duration = .seconds(10)) -> SSHSettings {
        SSHSettings(configFile: server.configFile, connectTimeout: timeout)
    }

    @Test("Output, error output and status come back exactly")
    func roundTrip() async throws {
        let server = try await LoopbackSSHServer()
        let shell = SSHShell(settings: settings(server))
        let output = try await shell.run(
            ShellCommand("printf 'a\\nb'; printf ' c ' >&2; exit 7", purpose: "a test"), on: "sdw1")
        #expect(output == CommandOutput(status: 7, standardOutput: "a\nb", standardError: " c "))
        let killed = try await shell.run(
            ShellCommand("kill -9 $(exec sh -c 'echo $PPID')", purpose: "a test"), on: "sdw1")
        #expect(killed.status == 137)
        await shell.close()
    }
}
