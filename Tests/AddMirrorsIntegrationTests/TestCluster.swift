import ClusterModel
import Glibc
import PostgresClient
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

/// An embedded cluster and what the tests ask of it.
struct TestCluster: Sendable {
    let demo: DemoCluster
    /// The primaries' `pg_hba.conf` as they were made, by path.
    private let accessFiles: [String: String]

    init(_ demo: DemoCluster) async throws {
        self.demo = demo
        var files: [String: String] = [:]
        for primary in demo.state.layout.primaries {
            files[Self.accessFile(primary)] = try Files.read(Self.accessFile(primary))
        }
        accessFiles = files
        // Something to copy and to compare.
        for primary in primaries {
            try await demo.query(
                "CREATE TABLE public.goods AS SELECT i AS id, md5(i::text) AS note FROM generate_series(1, 2000) AS i",
                on: primary)
        }
    }

    var primaries: [Segment] { demo.state.layout.primaries }
    var coordinatorDirectory: String { demo.state.layout.coordinator.dataDirectory }
    static func accessFile(_ instance: Segment) -> String { "\(instance.dataDirectory)/pg_hba.conf" }

    /// Runs gpaddmirrors on the coordinator's host.
    func tool(
        _ arguments: [String], environment: [String: String] = [:], input: String? = nil,
        timeout: Duration = .seconds(150)
    ) async throws -> CommandOutput {
        var words = ["env"] + environment.map { "\($0.key)=\($0.value)" } + ["gpaddmirrors"] + arguments
        if let input { words = ["/bin/sh", "-c", "printf '%s' \"$0\" | \"$@\"", input] + words }
        return try await demo.exec(DemoLayout.coordinatorHost, words, timeout: timeout)
    }

    /// Runs gpaddmirrors without questions, with the directories the cluster has for mirrors.
    func addMirrors(
        _ more: [String] = [], environment: [String: String] = [:], timeout: Duration = .seconds(150)
    ) async throws -> CommandOutput {
        try await tool(["-a", "-m", demo.mirrorDirectoryList] + more, environment: environment, timeout: timeout)
    }

    /// The segments' rows of the catalog.
    func rows() async throws -> [Segment] { try await demo.instances().filter { !$0.isCoordinatorPair } }

    /// The mirrors' rows of the catalog.
    func mirrors() async throws -> [Segment] { try await rows().filter { $0.role == .mirror } }

    /// The contents whose mirrors are there: on Greenplum all rows come first, and their servers later.
    func built() async throws -> [ContentID] {
        try await mirrors().filter { !TestEngine.isGreenplum || demo.process(of: $0) != nil }.map(\.content)
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

    /// Everything the tool may leave behind while it works: marks, locks, drafts.
    func leftovers() async throws -> [String] {
        let found = try await shell(
            "find \"$1\" \\( -name '*gpha*' -o -name 'gpaddmirrors.lock*' \\) -not -path '*/gpAdminLogs/*'",
            [demo.directory])
        return found.standardOutput.split(separator: "\n").map(String.init)
    }

    /// The processes of copies that run for this cluster.
    func copies() -> [pid_t] { Processes.all(with: ["pg_basebackup", demo.directory]) }
}

extension TestCluster {
    /// Takes all mirrors away again and puts the primaries back as they were made.
    func restore() async throws {
        try startSecureShells()
        for primary in primaries where demo.process(of: primary) == nil { try await demo.start(primary) }
        let mirrors = try await mirrors()
        // At once: a Greenplum coordinator with mirrors for some contents only cannot dispatch.
        try await demo.query(
            "SELECT pg_catalog.gp_remove_segment_mirror(content) FROM pg_catalog.unnest($1::int2[]) AS content",
            ["{\(mirrors.map { "\($0.content)" }.joined(separator: ","))}"])
        // A cycle that began before must not turn synchronous commit on again.
        try await probe()
        for primary in primaries { try await forgetMirror(primary) }
        try await removeMirrorDirectories(mirrors)
        for primary in primaries { try await dropSlots(primary) }
        try await demo.query(
            "SET allow_system_table_mods = on; UPDATE pg_catalog.gp_segment_configuration SET mode = 'n'")
        try await shell("rm -rf \"$1\"/*.lock", [coordinatorDirectory])
    }

    private func forgetMirror(_ primary: Segment) async throws {
        let file = Self.accessFile(primary)
        if let text = accessFiles[file], try Files.read(file) != text { try Files.overwrite(file, text) }
        try await demo.query("ALTER SYSTEM RESET synchronous_standby_names", on: primary)
        try await demo.query("SELECT pg_catalog.pg_reload_conf()", on: primary)
    }

    private func removeMirrorDirectories(_ mirrors: [Segment]) async throws {
        let script = """
            for base; do
              find "$base" -maxdepth 3 -name postmaster.pid | while read -r file; do
                pg_ctl -D "${file%/*}" -m immediate -s stop
              done
              case $base in */mirror*) rm -rf "$base"; mkdir -m 700 "$base" ;; *) rm -rf "$base" ;; esac
            done
            exit 0
            """
        let own = demo.state.layout.mirrorDirectories
        let others = mirrors.map(\.dataDirectory).filter { path in !own.contains { path.hasPrefix($0 + "/") } }
        try await shell(script, own + others)
    }

    private func dropSlots(_ primary: Segment) async throws {
        let drop = """
            SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM pg_catalog.pg_replication_slots WHERE NOT active
            """
        for _ in 0..<150 {
            try await demo.query(drop, on: primary)
            let left = "SELECT count(*) FROM pg_catalog.pg_replication_slots"
            if try await value(left, on: primary) == "0" { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw TestFailure("a replication slot of \(primary.label) stays active")
    }
}

extension TestCluster {
    /// Starts every host's sshd that does not run.
    func startSecureShells() throws {
        for host in demo.hosts { try demo.secureShells.start(host) }
    }
}
