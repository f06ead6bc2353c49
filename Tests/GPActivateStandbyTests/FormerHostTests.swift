import ClusterModel
import RemoteShell
import Testing

@testable import GPActivateStandby

/// On which host the old coordinator is looked at.
@Suite struct FormerHostTests {
    /// Knows hosts by some names only; prints the name by which it was reached.
    private struct Hosts: Shell {
        let known: Set<String>

        func run(_ command: ShellCommand, on host: String) async throws(ShellError) -> CommandOutput {
            guard known.contains(host) else { throw ShellError(.broken, host: host, reason: "unknown host key") }
            return CommandOutput(status: 0, standardOutput: host, standardError: "")
        }

        func close() async {}
    }

    private static func reached(_ known: Set<String>, dbid: DatabaseID?) async throws -> String {
        let former = FormerCoordinator(
            dbid: dbid, hostname: "cdw", address: "10.0.0.1", port: 5432, dataDirectory: "/data/c")
        return try await Hosts(known: known).run(ShellCommand("", purpose: "a look"), onHostOf: former).standardOutput
    }

    @Test func `a name found by an address is tried first, then the address; a catalog's name alone`() async throws {
        #expect(try await Self.reached(["cdw", "10.0.0.1"], dbid: nil) == "cdw")
        #expect(try await Self.reached(["10.0.0.1"], dbid: nil) == "10.0.0.1")
        await #expect(throws: ShellError(.broken, host: "cdw", reason: "unknown host key")) {
            try await Self.reached([], dbid: nil)
        }
        // What answers at the address may be another machine by now.
        await #expect(throws: ShellError.self) { try await Self.reached(["10.0.0.1"], dbid: DatabaseID(1)) }
    }
}
