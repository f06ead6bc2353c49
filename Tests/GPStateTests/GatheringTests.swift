import ClusterModel
import RemoteShell
import Reporting
import Synchronization
import TestSupport
import Testing

@testable import ClusterOperations
@testable import GPState

/// What is asked of whom, with hosts that a test plays.
@Suite("Gathering")
struct GatheringTests {
    /// Two hosts whose names are not their addresses; nobody listens at any instance's port.
    private static func configuration(port: Int) throws -> ClusterConfiguration {
        func segment(_ dbid: Int, _ content: Int, _ role: SegmentRole, _ host: String, _ address: String) -> Segment {
            Segment(
                dbid: DatabaseID(dbid), content: ContentID(content), role: role, preferredRole: role, mode: .inSync,
                status: .up, hostname: host, address: address, port: port, dataDirectory: "/data/\(dbid)")
        }
        return try ClusterConfiguration(rows: [
            segment(1, -1, .primary, "cdw", "127.0.0.1"), segment(2, 0, .primary, "sdw1", "127.0.0.3"),
            segment(3, 0, .mirror, "sdw2", "127.0.0.4"), segment(4, 1, .primary, "sdw2", "127.0.0.4"),
            segment(5, 1, .mirror, "sdw1", "127.0.0.3"),
        ])
    }

    /// The facts that `needs` names, from hosts that this shell plays.
    private func facts(_ needs: Needs, _ shell: PlayedHosts) async throws -> ClusterFacts {
        let directory = try TemporaryDirectory()
        let port = try Loopback.freePort()
        for (name, text) in [
            ("postgresql.conf", "port = \(port)\n"), ("PG_VERSION", "15\n"), ("postmaster.opts", "/bin/postgres\n"),
            ("postmaster.pid", "1\n\(directory.path)\n1\n\(port)\n\n127.0.0.1\n"),
        ] { try directory.write(text, to: name) }
        let configuration = try Self.configuration(port: port)
        let access = ClusterAccess(
            location: try CoordinatorLocation(dataDirectory: directory.path), environment: [:], shell: shell)
        var facts = ClusterFacts(
            configuration: configuration, coordinatorDirectory: directory.path, programDirectory: "/bin")
        try await FactGatherer(
            access: access, configuration: configuration, hostLimit: 16, hostTimeout: .seconds(3),
            logDirectory: directory.path
        ).gather(needs, own: Task { CoordinatorQuestion.Answer() }, into: &facts)
        return facts
    }

    @Test("goes to hosts by the catalog's host names, never to addresses")
    func hostNames() async throws {
        let shell = PlayedHosts()
        _ = try await facts(.instanceStatus, shell)
        #expect(shell.asked.sorted() == ["cdw", "sdw1", "sdw2"])
    }

    @Test("asks each instance from here: one that only its own host reaches is Down")
    func fromHere() async throws {
        let shell = PlayedHosts()
        let found = try await facts(.instanceStatus, shell)
        for segment in found.configuration.allInstances {
            let status = try #require(found.instance(segment).status)
            #expect(status.pid == 4711 && status.pidError == nil && status.hasLockFile)
            // The coordinator answers in the session that read its catalog.
            #expect(status.databaseStatus == (segment.isCoordinatorPair ? nil : .down))
        }
        #expect(shell.scripts.allSatisfy { !$0.contains("pg_isready") && !$0.contains("psql") })
    }

    @Test("-i warns once for each host that does not answer, in the original's words")
    func silentHost() async throws {
        let found = try await facts(.versions, PlayedHosts(silent: ["sdw2"]))
        let lines = VersionsReport(found).lines
        #expect(lines.first == .warning("Error getting status from host 127.0.0.4"))
        #expect(lines.count { $0.text.hasPrefix("Error getting status") } == 1)
        #expect(lines.count { $0.text.contains("unable to retrieve version") } == 5)
        #expect(found.instances[DatabaseID(3)]?.failure?.reason?.contains("no route") == true)
        #expect(found.instances[DatabaseID(2)]?.failure == nil)
        let mute = VersionsReport(try await facts(.versions, PlayedHosts(mute: ["sdw1"]))).lines
        #expect(mute.first == .warning("No status output provided from host 127.0.0.3"))
    }
}

/// Hosts on which every instance runs, but for silent ones, which cannot be reached, and mute ones, which say nothing.
private final class PlayedHosts: Shell {
    private let silent: Set<String>
    private let mute: Set<String>
    private let calls = Mutex<[(host: String, script: String)]>([])

    init(silent: Set<String> = [], mute: Set<String> = []) {
        self.silent = silent
        self.mute = mute
    }

    var asked: [String] { calls.withLock { $0.map(\.host) } }
    var scripts: [String] { calls.withLock { $0.map(\.script) } }

    func run(_ command: ShellCommand, on host: String) async throws(ShellError) -> CommandOutput {
        calls.withLock { $0.append((host, command.script)) }
        guard !silent.contains(host) else { throw ShellError(.unreachable, host: host, reason: "no route to host") }
        let answers = command.script.split(separator: "\n").filter { $0.hasPrefix("ask ") }.map { line in
            let dbid = line.split(separator: " ")[1]
            return """
                pidfile\t\(dbid)\t4711
                socket\t\(dbid)\t/run/s
                lock\t\(dbid)
                listening\t\(dbid)
                asked\t\(dbid)

                """
        }
        return CommandOutput(
            status: 0, standardOutput: mute.contains(host) ? "hello\n" : answers.joined(), standardError: "")
    }

    func close() async {}
}
