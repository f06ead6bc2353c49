import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import Reporting
import TestClusters
import TestSupport
import Testing

extension SharedCluster {
    /// Runs a program on the coordinator's host, as a user of the cluster would.
    ///
    /// - Parameter changes: variables to set, or with nil to remove.
    func tool(
        _ words: [String], on host: String = "cdw", changes: [String: String?] = [:], input: String = "",
        timeout: Duration = .seconds(60)
    ) async throws -> FinishedProgram {
        let execution = try cluster.execution(on: host, words)
        var environment = execution.environment
        for (name, value) in changes { environment[name] = value }
        return try await FinishedProgram.run(
            execution.arguments, environment: environment, input: input, timeout: timeout)
    }

    /// Runs `gpstate`.
    func state(
        _ arguments: String..., changes: [String: String?] = [:], timeout: Duration = .seconds(60)
    ) async throws -> FinishedProgram {
        try await tool(["gpstate"] + arguments, changes: changes, timeout: timeout)
    }

    /// Runs a POSIX shell text as the cluster's account; fails unless it exits 0.
    @discardableResult
    func shell(_ text: String, _ words: String..., on host: String = "cdw") async throws -> String {
        let run = try await tool(["/bin/sh", "-c", text, "sh"] + words, on: host)
        guard run.status == 0 else { throw TestFailure("\(text): \(run.status) \(run.error)") }
        return run.output
    }

    /// A new directory that the cluster's account owns: made by it, with mktemp(1), whose letters are these.
    func scratch() async throws -> String {
        String(try await shell("mktemp -d \"$1/home/XXXXXX\"", cluster.directory).dropLast())
    }

    /// The instance of a content that was made with this role.
    func instance(_ content: Int, _ preferred: SegmentRole) async throws -> Segment {
        let all = try await cluster.instances()
        let found = all.first { $0.content == ContentID(content) && $0.preferredRole == preferred }
        return try #require(found)
    }

    /// The postmaster of an instance.
    func process(_ content: Int, _ preferred: SegmentRole) async throws -> pid_t {
        try #require(cluster.process(of: try await instance(content, preferred)))
    }

    /// Waits until every pair is in sync, by the catalog and by its primary, asking the service to look.
    func untilSynchronized(within limit: Duration = .seconds(60)) async throws {
        let end = ContinuousClock.now + limit
        while true {
            let all = try await cluster.instances().filter { $0.content != .coordinator }
            if all.allSatisfy({ $0.status == .up && $0.mode == .inSync }), try await areStreaming(all) { return }
            guard ContinuousClock.now < end else { throw TestFailure("not in sync: \(all)") }
            _ = try? await cluster.query("SELECT gp_request_fts_probe_scan()")
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func areStreaming(_ instances: [Segment]) async throws -> Bool {
        for primary in instances where primary.role == .primary {
            let senders = try await cluster.query(
                "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'", on: primary)
            guard senders.rows == [["sync"]] else { return false }
        }
        return true
    }

    /// Runs `body` while a process is stopped, and lets it go on in any case.
    func whileStopped(_ processes: [pid_t], _ body: () async throws -> Void) async throws {
        for process in processes { kill(process, SIGSTOP) }
        defer { for process in processes { kill(process, SIGCONT) } }
        try await body()
    }

    /// The sshd of a host.
    func secureShell(of host: String) throws -> pid_t {
        let text = TextFile.read("\(cluster.directory)/hosts/\(host)/sshd.pid")
        return try #require(pid_t(text.filter(\.isNumber)))
    }
}

extension FinishedProgram {
    /// The records without their prefix, `[INFO]:-text`, and other lines as they are.
    var records: [String] { Self.records(output) }
    /// The records on standard error.
    var errorRecords: [String] { Self.records(error) }

    static func records(_ text: String) -> [String] {
        text.split(separator: "\n").map { line in
            guard let start = line.firstRange(of: "-["), line.contains("]:-") else { return String(line) }
            return String(line[line.index(after: start.lowerBound)...])
        }
    }

    /// The warnings, errors and critical records.
    var complaints: [String] {
        (records + errorRecords).filter {
            $0.hasPrefix("[WARNING]") || $0.hasPrefix("[ERROR]") || $0.hasPrefix("[CRITICAL]")
        }
    }

    /// The one document on standard output.
    func json() throws -> JSONValue { try JSONReader.read(output) }
}

/// Files as text.
enum TextFile {
    /// A whole file; empty when it cannot be read.
    static func read(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = Glibc.read(descriptor, &buffer, buffer.count), count > 0 { text += buffer[..<count] }
        return String(decoding: text, as: UTF8.self)
    }

    /// Writes a whole file.
    static func write(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw TestFailure("cannot write \(path): errno \(errno)")
        }
    }
}
