import Glibc
import RemoteShell
import TestSupport
import Testing

@testable import GPActivateStandby

/// What this machine shows of a server whose data directory nobody knows; with a stand-in for pg_controldata.
@Suite struct FormerTracesTests {
    /// Runs the script against this machine; `said` is the system identifier of every directory a server works in.
    private static func verdict(port: Int, said: String = "7", own: String = "/") async throws -> OldCoordinator {
        let root = try TemporaryDirectory()
        try root.write(
            "#!/bin/sh\necho 'Database system identifier:           \(said)'\n", to: "pg_controldata", mode: 0o755)
        let script = FormerTraces.script(
            port: port, own: own, systemIdentifier: "7305", binaryDirectory: root.path)
        let run = try await FinishedProgram.run(["/bin/sh", "-c", script])
        return FormerTraces.verdict(
            CommandOutput(status: Int(run.status), standardOutput: run.output, standardError: run.error))
    }

    private static func reason(_ verdict: OldCoordinator) -> String {
        if case .unreachable(let reason) = verdict { reason } else { "" }
    }

    /// A process called postgres that works in a directory, until the body ends.
    private static func whileServing<Result>(
        in directory: String, _ body: () async throws -> Result
    ) async throws -> Result {
        let program = "\(directory)/postgres"
        let made = try await FinishedProgram.run(
            [
                "/bin/sh", "-c", "cp /bin/sleep \"$1\" && cd \"$2\" && { \"$1\" 60 >/dev/null 2>&1 & echo $!; }", "sh",
                program, directory,
            ])
        let process = try #require(pid_t(made.output.filter(\.isNumber)))
        defer { kill(process, SIGKILL) }
        return try await body()
    }

    @Test func `no port, no socket, no process: stopped`() async throws {
        guard case .stopped = try await Self.verdict(port: 9) else {
            Issue.record("\(try await Self.verdict(port: 9))")
            return
        }
    }

    @Test func `a listening port is a trace`() async throws {
        // Below the ports that connections get.
        let ports = (20_000..<20_100).lazy
        let held = try #require(
            ports.compactMap { port in (try? PortHolder(address: "127.0.0.1", port: port)).map { ($0, port) } }.first)
        let found = Self.reason(try await Self.verdict(port: held.1))
        #expect(found.contains("something listens at port \(held.1)"), "\(found)")
        withExtendedLifetime(held.0) {}
    }

    @Test
    func `a server process in a directory with the same system identifier is a trace, in the standby's own it is none`()
        async throws
    {
        let root = try TemporaryDirectory()
        try await Self.whileServing(in: root.path) {
            let found = Self.reason(try await Self.verdict(port: 9, said: "7305"))
            #expect(found.contains("a server works in \(root.path)"), "\(found)")
            let own = Self.reason(try await Self.verdict(port: 9, said: "7305", own: root.path))
            #expect(!own.contains(root.path), "\(own)")
            #expect(!Self.reason(try await Self.verdict(port: 9)).contains(root.path))
        }
    }

    @Test func `a list that did not come to its end proves nothing`() {
        let output = CommandOutput(status: 0, standardOutput: "", standardError: "")
        #expect(Self.reason(FormerTraces.verdict(output)).contains("cannot be listed"))
    }
}
