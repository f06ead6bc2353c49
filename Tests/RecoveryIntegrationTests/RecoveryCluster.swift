import ClusterModel
import Glibc
import PostgresClient
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

/// Everything here works on one real cluster, one test at a time.
@Suite(.serialized, RecoveryScope()) enum OnOneCluster {}

/// Makes the cluster of the suite and destroys it whatever became of the tests.
struct RecoveryScope: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let cluster = try await RecoveryCluster.create()
        let result: Result<Void, any Error>
        do {
            try await RecoveryCluster.$shared.withValue(cluster) { try await function() }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await cluster.demo.destroy()
        try result.get()
    }
}

/// An embedded cluster with mirrors and what the tests ask of it.
struct RecoveryCluster: Sendable {
    @TaskLocal static var shared: RecoveryCluster?

    let demo: DemoCluster

    /// The cluster of the suite, every pair up and in sync; which instance acts as primary is not promised.
    static func healthy() async throws -> RecoveryCluster {
        guard let shared else { throw TestFailure("the suite has no cluster") }
        try await shared.heal()
        return shared
    }

    static func create() async throws -> RecoveryCluster {
        let directory = try makeTemporaryDirectory(named: "grs")
        do {
            let demo = try await DemoCluster.create(
                DemoSpecification(
                    directory: directory, hosts: 3, primariesPerHost: 1, mirrors: .group,
                    toolPrograms: BuiltPrograms.debug
                ).underTest)
            let cluster = RecoveryCluster(demo: demo)
            try await cluster.hurryService()
            for primary in try await cluster.primaries() {
                try await demo.query(Ledger.tableSQL, on: primary)
                try await demo.query(
                    "INSERT INTO public.ledger SELECT -i, repeat('x', 100) FROM generate_series(1, 2000) AS i",
                    on: primary)
            }
            return cluster
        } catch {
            rmdir(directory)
            throw error
        }
    }

    /// A mirror that is gone is given up at once: nothing here waits for it to come back by itself.
    private func hurryService() async throws {
        guard !TestEngine.isGreenplum else { return }
        try demo.files.write(
            "gp_fts_probe_interval=5\ngp_fts_probe_timeout=2\ngp_fts_probe_retries=1\n"
                + "gp_fts_mark_mirror_down_grace_period=1\n",
            to: "\(coordinatorDirectory)/gpftsd.conf")
        try await demo.stopFaultTolerance()
        try await demo.startFaultTolerance()
    }

    var coordinatorDirectory: String { demo.state.layout.coordinator.dataDirectory }

    /// The segments' rows of the catalog.
    func rows() async throws -> [Segment] { try await demo.instances().filter { !$0.isCoordinatorPair } }

    func primaries() async throws -> [Segment] { try await rows().filter { $0.role == .primary } }

    func primary(_ content: Int) async throws -> Segment { try await segment(content, .primary) }

    func mirror(_ content: Int) async throws -> Segment { try await segment(content, .mirror) }

    private func segment(_ content: Int, _ role: SegmentRole) async throws -> Segment {
        try #require(try await rows().first { $0.content.rawValue == content && $0.role == role })
    }

    /// Runs gprecoverseg on the coordinator's host, without questions.
    func recover(
        _ arguments: [String] = [], environment: [String: String] = [:], timeout: Duration = .seconds(120)
    ) async throws -> CommandOutput {
        try await tool("gprecoverseg", ["-a"] + arguments, environment: environment, timeout: timeout)
    }

    func tool(
        _ name: String, _ arguments: [String], environment: [String: String] = [:],
        timeout: Duration = .seconds(120)
    ) async throws -> CommandOutput {
        let words = ["env"] + environment.map { "\($0.key)=\($0.value)" } + [name] + arguments
        return try await demo.exec(DemoLayout.coordinatorHost, words, timeout: timeout)
    }

    /// Makes the fault-tolerance service look, and waits for it.
    func probe() async throws {
        try await demo.query("SELECT pg_catalog.gp_request_fts_probe_scan()", timeout: .seconds(60))
    }

    /// One value of an instance; empty for null.
    func value(_ sql: String, on instance: Segment? = nil) async throws -> String {
        try await demo.query(sql, on: instance).rows.first?.first.flatMap { $0 } ?? ""
    }

    /// Runs a shell text on a host, as the cluster's account.
    @discardableResult
    func shell(_ script: String, _ arguments: [String] = [], on host: String = "cdw") async throws -> CommandOutput {
        try await demo.exec(host, ["/bin/sh", "-c", script, "sh"] + arguments)
    }
}

/// Failures, and their end.
extension RecoveryCluster {
    /// Stops an instance at once, as a crash would, and waits until the catalog has it down.
    func lose(_ segment: Segment) async throws {
        try await demo.stop(segment, mode: "immediate")
        try await awaitDown([segment])
    }

    /// Waits until the catalog has all of them down.
    func awaitDown(_ segments: [Segment]) async throws {
        let end = ContinuousClock.now + .seconds(40)
        while ContinuousClock.now < end {
            try await probe()
            let down = Set(try await rows().filter { $0.status == .down }.map(\.dbid))
            if down.isSuperset(of: segments.map(\.dbid)), await arePrimariesUp() { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw TestFailure("not marked down: \(segments.map(\.label))")
    }

    /// Whether every content takes sessions: Greenplum changes the catalog first, and promotes then.
    private func arePrimariesUp() async -> Bool {
        guard TestEngine.isGreenplum else { return true }
        for primary in (try? await primaries()) ?? [] {
            guard (try? await value("SELECT pg_is_in_recovery()", on: primary)) == "f" else { return false }
        }
        return true
    }

    /// Whether every pair is in sync.
    func isHealthy() async throws -> Bool {
        try await rows().allSatisfy { $0.mode == .inSync && $0.status == .up }
    }

    /// Puts right what a test left.
    private func heal() async throws {
        try startSecureShells()
        try await shell("rm -rf \"$1\"/*.lock", [coordinatorDirectory])
        try await demo.startFaultTolerance()
        if try await isHealthy() { return }
        _ = try? await demo.start()
        try await probe()
        if try await isHealthy() { return }
        _ = try await recover(["--wait=60", "--fallback=full"])
        guard try await isHealthy() else { throw TestFailure("the cluster is not in sync before the test") }
    }

    /// Makes hosts that are namespaces see this machine's mounts as they are now: a new sshd takes them over.
    func showMounts() throws {
        guard demo.state.network == .namespaces else { return }
        for host in demo.hosts { demo.secureShells.stop(host) }
        try startSecureShells()
    }

    func startSecureShells() throws {
        for host in demo.hosts { try demo.secureShells.start(host) }
    }

    /// Runs `body` while a host's sshd takes connections and answers nothing.
    func whileHung<Result: Sendable>(_ host: String, _ body: () async throws -> Result) async throws -> Result {
        let text = Processes.text("\(demo.state.layout.hostDirectory(host))/sshd.pid") ?? ""
        let process = try #require(pid_t(text.filter(\.isNumber)))
        kill(process, SIGSTOP)
        defer { kill(process, SIGCONT) }
        return try await body()
    }

    /// Kills a host's sshd with all its sessions: nobody can get there any more; its servers go on.
    func stopSecureShell(of host: String) async throws {
        try await shell(
            "kill -9 `cat \"$1/sshd.pid\"`; exit 0",
            [demo.state.layout.hostDirectory(host)])
    }
}

/// Everything a run printed, for the comment of a failed expectation.
func words(_ output: CommandOutput) -> Comment {
    Comment(rawValue: "status \(output.status)\n\(output.standardOutput)\n\(output.standardError)")
}
