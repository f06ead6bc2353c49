import ClusterModel
import ClusterOperations
import Glibc
import PostgresClient
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

/// Everything here works on one real cluster, one test at a time; Greenplum's is on namespaces here, too.
@Suite(
    .serialized,
    .enabled(if: !TestEngine.isGreenplum || geteuid() == 0, "Greenplum needs host names, so namespaces, so root"),
    ActivationScope(.loopback))
enum OnLoopback {}

/// The same with hosts that can be cut off.
@Suite(
    .serialized, .enabled(if: geteuid() == 0, "network namespaces need root"), ActivationScope(.namespaces))
enum OnNamespaces {}

/// Makes the cluster of a suite and destroys it whatever became of the tests.
struct ActivationScope: SuiteTrait, TestScoping {
    let network: DemoNetwork

    init(_ network: DemoNetwork) { self.network = network }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let cluster = try await ActivationCluster.create(network)
        let result: Result<Void, any Error>
        do {
            try await ActivationCluster.$shared.withValue(cluster) { try await function() }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await cluster.demo.destroy()
        try result.get()
    }
}

/// A cluster with mirrors and a standby, and what the tests ask of it.
struct ActivationCluster: Sendable {
    @TaskLocal static var shared: ActivationCluster?

    let demo: DemoCluster
    let coordinator: Segment
    let standby: Segment
    let segments: [Segment]

    /// The cluster of the suite as it was made, its standby running.
    ///
    /// - Parameter running: whether the coordinator runs too, in sync with its standby.
    static func fresh(running: Bool = false) async throws -> ActivationCluster {
        guard let shared else { throw TestFailure("the suite has no cluster") }
        try await shared.restore(running)
        return shared
    }

    static func create(_ network: DemoNetwork) async throws -> ActivationCluster {
        let directory = try makeTemporaryDirectory(named: "gact")
        do {
            let demo = try await DemoCluster.create(
                DemoSpecification(
                    directory: directory, hosts: 2, primariesPerHost: 1, mirrors: .group, standby: true,
                    network: network, toolPrograms: BuiltPrograms.debug
                ).underTest)
            return try await ActivationCluster(demo)
        } catch {
            rmdir(directory)
            throw error
        }
    }

    private init(_ demo: DemoCluster) async throws {
        self.demo = demo
        let all = try await demo.instances()
        coordinator = demo.state.layout.coordinator
        standby = try #require(all.first { $0.isCoordinatorPair && $0.role == .mirror })
        segments = all.filter { !$0.isCoordinatorPair }
        try await demo.query(Ledger.tableSQL)
        if TestEngine.isGreenplum { try await saveGreenplum() } else { try await save() }
    }

    private func save() async throws {
        try await awaitHistory()
        try await demo.stopFaultTolerance()
        // The coordinator first: it hands the last of its WAL over.
        try await demo.stop(coordinator)
        try await demo.stop(standby)
        // A busy machine must not look like a lost primary.
        try await shell(
            """
            mkdir "$1" && cp -a "$2" "$1"/c && cp -a "$3" "$1"/s
            printf 'gp_fts_probe_timeout=30\\n' | tee -a "$1"/c/gpftsd.conf >> "$1"/s/gpftsd.conf
            """, [saved] + places)
    }

    /// Waits until the service has noted that the standby is in sync: without its word nobody claims that.
    private func awaitHistory() async throws {
        for _ in 0..<20 {
            try await demo.query("SELECT pg_catalog.gp_request_fts_probe_scan()", timeout: .seconds(30))
            let line = StandbyHistory.inSync.line(standby.dbid)
            let count = "SELECT count(*) FROM gp_configuration_history WHERE description = '\(line)'"
            if try await value(count) != "0" { return }
        }
        throw TestFailure("the service does not note that the standby is in sync")
    }

    var saved: String { "\(demo.directory)/home/saved" }
    private var places: [String] { [coordinator.dataDirectory, standby.dataDirectory] }
    static func accessFile(_ instance: Segment) -> String { "\(instance.dataDirectory)/pg_hba.conf" }

    /// Puts both directories back and starts what is to run.
    private func restore(_ running: Bool) async throws {
        if demo.state.network == .namespaces { try await demo.joinHost("cdw") }
        for host in demo.hosts { try demo.secureShells.start(host) }
        if TestEngine.isGreenplum { return try await restoreGreenplum(running) }
        try await shell(
            """
            kill_service() { pid=`cat "$1/gpftsd.pid" 2>/dev/null` && kill -9 "$pid"; }
            for place in "$2" "$3"; do
              kill_service "$place"
              head -n 1 "$place/postmaster.pid" 2>/dev/null | xargs -r kill -CONT
              pg_ctl -D "$place" -m immediate -s stop
            done
            rm -rf "$3" "$3".* && cp -a --reflink=auto "$1/s" "$3"
            # Most tests never start the coordinator.
            if [ "$4" = true ] || [ -e "$1/used" ] || [ -e "$2/standby.signal" ]; then
              rm -rf "$2" "$2".* && cp -a --reflink=auto "$1/c" "$2" && rm -f "$1/used"
            fi
            rm -f "$2".gpha-superseded
            [ "$4" != true ] || touch "$1/used"
            """, [saved] + places + ["\(running)"])
        try await openFences()
        // The coordinator's timeline begins anew with its files.
        for primary in segments where primary.role == .primary && demo.process(of: primary) != nil {
            try await demo.query(
                "DO $$ BEGIN DELETE FROM pg_catalog.gp_coordinator_timeline; EXCEPTION WHEN undefined_table THEN END $$",
                on: primary)
        }
        if running { try await demo.start(coordinator) }
        try await demo.start(standby)
        guard running else { return }
        try await demo.query("ALTER SYSTEM SET synchronous_standby_names = 'gp_walreceiver'")
        try await demo.query("SELECT pg_reload_conf()")
        for _ in 0..<200
        where try await value("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1" {
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func openFences() async throws {
        for segment in segments {
            let text = try PrivateFiles.read(Self.accessFile(segment))
            let lines = text.split(separator: "\n").filter { !$0.contains("# gpha-fence") }
            guard lines.count < text.split(separator: "\n").count else { continue }
            try demo.files.write(lines.joined(separator: "\n") + "\n", to: Self.accessFile(segment))
            if let process = demo.process(of: segment) { kill(process, SIGHUP) }
        }
    }

    /// Runs gpactivatestandby on the standby's host.
    func activate(
        _ arguments: [String] = ["-a"], environment: [String: String] = [:], timeout: Duration = .seconds(150)
    ) async throws -> CommandOutput {
        let words =
            ["env"] + environment.map { "\($0.key)=\($0.value)" } + ["gpactivatestandby", "-d", standby.dataDirectory]
        return try await demo.exec(DemoLayout.standbyHost, words + arguments, timeout: timeout)
    }

    /// Runs another tool on the new coordinator's host, for the new coordinator.
    func tool(_ arguments: [String]) async throws -> CommandOutput {
        try await demo.exec(
            DemoLayout.standbyHost,
            ["env", "-u", "PGHOST", "COORDINATOR_DATA_DIRECTORY=\(standby.dataDirectory)"] + arguments,
            timeout: .seconds(100))
    }

    /// One value of an instance; empty for null.
    func value(_ sql: String, on instance: Segment? = nil) async throws -> String {
        try await demo.query(sql, on: instance).rows.first?.first.flatMap { $0 } ?? ""
    }

    @discardableResult
    func shell(_ script: String, _ arguments: [String] = [], on host: String = "cdw") async throws -> CommandOutput {
        try await demo.exec(host, ["/bin/sh", "-c", script, "sh"] + arguments)
    }

    /// The rows of the new coordinator's catalog, as text.
    func rows(_ condition: String) async throws -> [String] {
        try await demo.query(
            """
            SELECT concat_ws(' ', dbid, content, role, preferred_role, mode, status, port)
            FROM gp_segment_configuration WHERE \(condition) ORDER BY dbid
            """, on: standby
        ).rows.map { $0[0] ?? "" }
    }

    /// What a session from a host with an instance says to a write.
    func write(from host: String, to segment: Segment) async throws -> CommandOutput {
        try await demo.exec(
            host, ["psql", "-XAtw", "-d", way(to: segment), "-c", "CREATE TEMP TABLE probe AS SELECT 1"])
    }

    /// The connection string of a session with one instance alone.
    func way(to segment: Segment) -> String {
        let alone = demo.state.engine.facts.utilitySetting.map { " options='-c \($0)'" } ?? ""
        return "host=\(segment.address) port=\(segment.port) dbname=postgres connect_timeout=5" + alone
    }
}
