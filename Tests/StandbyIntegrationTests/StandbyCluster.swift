import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import PostgresClient
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

/// Everything here works on one real cluster, one test at a time.
@Suite(.serialized, StandbyScope()) enum OnOneCluster {}

/// Makes the cluster of the suite and destroys it whatever became of the tests.
struct StandbyScope: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let cluster = try await StandbyCluster.create(standby: false)
        let result: Result<Void, any Error>
        do {
            try await StandbyCluster.$shared.withValue(cluster) { try await function() }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await cluster.demo.destroy()
        try result.get()
    }
}

/// An embedded cluster with mirrors and what the tests ask of it.
struct StandbyCluster: Sendable {
    @TaskLocal static var shared: StandbyCluster?

    let demo: DemoCluster
    /// Every `pg_hba.conf` as it was made, by path.
    private let accessFiles: [String: String]

    /// The cluster of the suite, without a standby and with every file as it was made.
    static func fresh() async throws -> StandbyCluster {
        guard let shared else { throw TestFailure("the suite has no cluster") }
        try await shared.restore()
        return shared
    }

    static func create(standby: Bool) async throws -> StandbyCluster {
        let directory = try makeTemporaryDirectory(named: "gst")
        do {
            let demo = try await DemoCluster.create(
                DemoSpecification(
                    directory: directory, hosts: 2, primariesPerHost: 1, mirrors: .group, standby: standby,
                    toolPrograms: BuiltPrograms.debug
                ).underTest)
            return try await StandbyCluster(demo)
        } catch {
            rmdir(directory)
            throw error
        }
    }

    private init(_ demo: DemoCluster) async throws {
        self.demo = demo
        var files: [String: String] = [:]
        for instance in try await demo.instances() where instance.role == .primary || !instance.isCoordinatorPair {
            files[Self.accessFile(instance)] = try Self.read(Self.accessFile(instance))
        }
        accessFiles = files
        if !TestEngine.isGreenplum {
            // Quick enough to wait for: a standby that is gone is let go within three seconds.
            let settings = ["probe_interval", "probe_timeout", "probe_retries", "mark_mirror_down_grace_period"]
            try demo.files.write(
                settings.map { "gp_fts_\($0) = 1\n" }.joined(), to: "\(coordinator.dataDirectory)/gpftsd.conf")
        }
        try await demo.query(Ledger.tableSQL)
    }

    var coordinator: Segment { demo.state.layout.coordinator }
    /// Where the tests put standbys, as `gpdemo create --standby` does.
    var place: String { "\(demo.state.layout.standbyParent)/gpseg-1" }
    static func accessFile(_ instance: Segment) -> String { "\(instance.dataDirectory)/pg_hba.conf" }

    /// Runs gpinitstandby on the coordinator's host.
    func tool(
        _ arguments: [String], environment: [String: String] = [:], timeout: Duration = .seconds(150)
    ) async throws -> CommandOutput {
        let words = ["env"] + environment.map { "\($0.key)=\($0.value)" } + ["gpinitstandby"] + arguments
        return try await demo.exec(DemoLayout.coordinatorHost, words, timeout: timeout)
    }

    /// Adds a standby on scdw without questions.
    func add(_ more: [String] = [], environment: [String: String] = [:]) async throws -> CommandOutput {
        try await tool(["-a", "-s", "scdw", "-S", place] + more, environment: environment)
    }

    func standby() async throws -> Segment? {
        try await demo.instances().first { $0.isCoordinatorPair && $0.role == .mirror }
    }

    /// One value of an instance; empty for null.
    func value(_ sql: String, on instance: Segment? = nil) async throws -> String {
        try await demo.query(sql, on: instance).rows.first?.first.flatMap { $0 } ?? ""
    }

    @discardableResult
    func shell(_ script: String, _ arguments: [String] = [], on host: String = "cdw") async throws -> CommandOutput {
        try await demo.exec(host, ["/bin/sh", "-c", script, "sh"] + arguments)
    }

    static func read(_ path: String) throws -> String { try PrivateFiles.read(path) }

    /// Takes a standby away by hand and puts every file back as it was made.
    private func restore() async throws {
        for host in demo.hosts { try demo.secureShells.start(host) }
        // The row's removal must not wait for the standby; without the row gpftsd makes nobody wait again.
        try await letCommitsGo()
        if try await standby() != nil { try await removeRow() }
        try await letCommitsGo()
        try await shell(
            """
            for directory in "$1"/* "$1"/.gp*; do
              [ -f "$directory/postmaster.pid" ] && pg_ctl -D "$directory" -m immediate -s stop
              rm -rf "$directory"
            done
            rm -rf "$2"/*.lock
            """, [demo.state.layout.standbyParent, coordinator.dataDirectory])
        for (file, text) in accessFiles where try Self.read(file) != text { try demo.files.write(text, to: file) }
        for instance in try await demo.instances() { try await reload(instance) }
        try await dropSlots()
    }

    /// Makes hosts that are namespaces see this machine's mounts as they are now: a new sshd takes them over.
    func showMounts() throws {
        guard demo.state.network == .namespaces else { return }
        for host in demo.hosts {
            demo.secureShells.stop(host)
            try demo.secureShells.start(host)
        }
    }

    /// Takes the standby's row away, as Greenplum has it too: in a utility session.
    private func removeRow() async throws {
        let engine = TestEngine.current.facts
        let parameters = demo.connection(to: coordinator, settings: engine.utilitySetting.map { [$0] } ?? [])
        _ = try await BlockingThreads(width: 1).run {
            try PostgresConnection.connect(parameters).query("SELECT pg_catalog.\(engine.removeStandbyFunction)()")
        }
    }

    private func letCommitsGo() async throws {
        // Greenplum's server arranges by itself whom commits wait for.
        if TestEngine.isGreenplum { return }
        try await demo.query("ALTER SYSTEM RESET synchronous_standby_names")
        try await demo.query("SELECT pg_catalog.pg_reload_conf()")
    }

    private func reload(_ instance: Segment) async throws {
        if let process = demo.process(of: instance) { kill(process, SIGHUP) }
    }

    private func dropSlots() async throws {
        for _ in 0..<150 {
            try await demo.query(
                """
                SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM pg_catalog.pg_replication_slots
                WHERE NOT active
                """)
            if try await value("SELECT count(*) FROM pg_catalog.pg_replication_slots") == "0" { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw TestFailure("a replication slot of the coordinator stays active")
    }
}

/// Everything a run printed, for the comment of a failed expectation.
func words(_ output: CommandOutput) -> Comment {
    Comment(rawValue: "status \(output.status)\n\(output.standardOutput)\n\(output.standardError)")
}

extension StandbyCluster {
    /// The standby streams in sync, has the coordinator's rows, and nothing of the work lies about.
    func expectStandby(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let standby = try #require(try await standby(), sourceLocation: sourceLocation)
        #expect(demo.process(of: standby) != nil, sourceLocation: sourceLocation)
        // The service, which has its own word in it, may still be on the way.
        let senders =
            "SELECT string_agg(application_name || ' ' || state || ' ' || sync_state, ',') FROM pg_stat_replication"
        let limit = ContinuousClock.now + .seconds(20)
        while try await value(senders) != "gp_walreceiver streaming sync", ContinuousClock.now < limit {
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try await value(senders) == "gp_walreceiver streaming sync", sourceLocation: sourceLocation)
        if !TestEngine.isGreenplum {
            #expect(
                try await value("SHOW synchronous_standby_names") == "gp_walreceiver", sourceLocation: sourceLocation)
        }
        // An acknowledged commit is on the standby.
        try await demo.query(
            "INSERT INTO public.ledger SELECT coalesce(min(least(id, 0)), 0) - 1, 'probe' FROM public.ledger")
        try await expectReplayed(standby, sourceLocation)
        #expect(try await leftovers() == [], sourceLocation: sourceLocation)
    }

    /// The standby has replayed what the coordinator has; a Greenplum standby, which lets nobody in, says so through
    /// the sender of its WAL.
    private func expectReplayed(_ standby: Segment, _ sourceLocation: SourceLocation) async throws {
        let position = try await value("SELECT pg_current_wal_flush_lsn()")
        let isAsked = !TestEngine.isGreenplum
        let question =
            isAsked
            ? "SELECT pg_last_wal_replay_lsn() >= '\(position)'::pg_lsn"
            : "SELECT replay_lsn >= '\(position)'::pg_lsn FROM pg_stat_replication"
        let end = ContinuousClock.now + .seconds(20)
        while try await value(question, on: isAsked ? standby : nil) != "t", ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await value(question, on: isAsked ? standby : nil) == "t", sourceLocation: sourceLocation)
        guard isAsked else { return }
        let count = "SELECT count(*) FROM public.ledger"
        #expect(try await value(count) == value(count, on: standby), sourceLocation: sourceLocation)
    }

    /// No standby anywhere: no row, no directory, no slot, and commits wait for nobody.
    func expectNoStandby(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(try await standby() == nil, sourceLocation: sourceLocation)
        #expect(try await value("SHOW synchronous_standby_names") == "", sourceLocation: sourceLocation)
        #expect(
            try await value("SELECT count(*) FROM pg_catalog.pg_replication_slots") == "0",
            sourceLocation: sourceLocation)
        #expect(PrivateFiles.names(in: demo.state.layout.standbyParent) == [], sourceLocation: sourceLocation)
        #expect(try await leftovers() == [], sourceLocation: sourceLocation)
    }

    /// Every `pg_hba.conf` is as it was made.
    func expectOwnAccessFiles(sourceLocation: SourceLocation = #_sourceLocation) throws {
        for (file, text) in accessFiles {
            #expect(try Self.read(file) == text, Comment(rawValue: file), sourceLocation: sourceLocation)
        }
    }

    /// A commit is acknowledged soon, whoever is or is not there.
    func expectCommits(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        await #expect(throws: Never.self, sourceLocation: sourceLocation) {
            try await demo.query(
                "INSERT INTO public.ledger SELECT coalesce(min(least(id, 0)), 0) - 1, 'alive' FROM public.ledger",
                timeout: .seconds(10))
        }
    }

    /// Marks, locks and drafts of the tool.
    private func leftovers() async throws -> [String] {
        let found = try await shell(
            "find \"$1\" \\( -name '*gpha*' -o -name 'gpinitstandby.lock*' \\) -not -path '*/gpAdminLogs/*'",
            [demo.directory])
        return found.standardOutput.split(separator: "\n").map(String.init)
    }
}
