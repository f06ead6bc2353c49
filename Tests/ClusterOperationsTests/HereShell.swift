import RemoteShell
import Subprocess
import SystemPackage

/// A shell that runs every script right here with `/bin/sh`, whatever the host: for scripts whose effect is tested.
struct HereShell: Shell {
    func run(_ command: ShellCommand, on host: String) async throws(ShellError) -> CommandOutput {
        do {
            let result = try await Subprocess.run(
                .path("/bin/sh"), arguments: ["-c", command.script], output: .bytes(limit: 16 << 20),
                error: .bytes(limit: 1 << 20))
            let status =
                switch result.terminationStatus {
                case .exited(let code): Int(code)
                case .signaled(let signal): 128 + Int(signal)
                }
            return CommandOutput(
                status: status, standardOutput: String(decoding: result.standardOutput, as: UTF8.self),
                standardError: String(decoding: result.standardError, as: UTF8.self))
        } catch {
            throw ShellError(.broken, host: host, reason: "\(error)")
        }
    }

    func close() async {}
}

/// Runs a script here and returns what came of it.
func shell(_ script: String) async throws -> CommandOutput {
    try await HereShell().run(ShellCommand(script, purpose: "a test's script"), on: "here")
}
