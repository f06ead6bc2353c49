import BlockingWork
import ClusterModel
import Glibc
import PostgresClient
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

/// Everything here works on one real cluster, one test at a time.
@Suite(.serialized, PairsScope()) enum OnPairs {}

/// Makes the cluster of the suite and destroys it whatever became of the tests.
struct PairsScope: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let cluster = try await PairsCluster.create()
        let result: Result<Void, any Error>
        do {
            try await PairsCluster.$shared.withValue(cluster) { try await function() }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await cluster.demo.destroy()
        try result.get()
    }
}

/// Two hosts with two pairs each that mirror each other, all in sync, and what the tests ask of them.
struct PairsCluster: Sendable {
    @TaskLocal static var shared: PairsCluster?

    let demo: DemoCluster

    /// The cluster of the suite, everything running, balanced and in sync.
    static func balanced() async throws -> PairsCluster {
        guard let shared else { throw TestFailure("the suite has no cluster") }
        try await shared.bringBackAll()
        try await shared.prefer(isPresent: true)
        return shared
    }

    static func create() async throws -> PairsCluster {
        let directory = try makeTemporaryDirectory(named: "grb")
        do {
            let demo = try await DemoCluster.create(
                DemoSpecification(
                    directory: directory, hosts: 2, primariesPerHost: 2, mirrors: .group,
                    toolPrograms: BuiltPrograms.debug
                ).underTest)
            let cluster = PairsCluster(demo: demo)
            for primary in try await cluster.rows() where primary.role == .primary {
                try await demo.query(Ledger.tableSQL, on: primary)
            }
            return cluster
        } catch {
            rmdir(directory)
            throw error
        }
    }

    var coordinatorDirectory: String { demo.state.layout.coordinator.dataDirectory }

    /// The segments' rows of the catalog.
    func rows() async throws -> [Segment] { try await demo.instances().filter { !$0.isCoordinatorPair } }

    /// One instance of a content by the part it plays now.
    func instance(_ content: Int, _ role: SegmentRole) async throws -> Segment {
        guard let found = try await rows().first(where: { $0.content.rawValue == content && $0.role == role }) else {
            throw TestFailure("content \(content) has no \(role)")
        }
        return found
    }

    /// Makes the fault-tolerance service look, and waits for it.
    func probe() async throws {
        try await demo.query("SELECT pg_catalog.gp_request_fts_probe_scan()", timeout: .seconds(60))
    }

    /// One value of an instance; empty for null.
    func value(_ sql: String, on instance: Segment? = nil) async throws -> String {
        try await demo.query(sql, on: instance).rows.first?.first.flatMap { $0 } ?? ""
    }

    /// Runs gprecoverseg on the coordinator's host.
    func tool(
        _ arguments: [String], environment: [String: String] = [:], input: String? = nil,
        timeout: Duration = .seconds(150)
    ) async throws -> CommandOutput {
        var words = ["env"] + environment.map { "\($0.key)=\($0.value)" } + ["gprecoverseg"] + arguments
        if let input { words = ["/bin/sh", "-c", "printf '%s' \"$0\" | \"$@\"", input] + words }
        return try await demo.exec(DemoLayout.coordinatorHost, words, timeout: timeout)
    }

    /// Rebalances without questions.
    func rebalance(_ more: [String] = [], environment: [String: String] = [:]) async throws -> CommandOutput {
        try await tool(["-a", "-r"] + more, environment: environment)
    }

    /// Makes the present roles the preferred ones, or the other way round: unbalances all pairs at once.
    func prefer(isPresent: Bool, contents: [Int] = [0, 1, 2, 3]) async throws {
        let (primary, mirror) = isPresent ? ("p", "m") : ("m", "p")
        let chosen = "content IN (\(contents.map { "\($0)" }.joined(separator: ",")))"
        // Two rows of a content never prefer the same role.
        try await demo.query(
            """
            SET allow_system_table_mods = on;
            UPDATE pg_catalog.gp_segment_configuration SET preferred_role = '-' WHERE \(chosen) AND role = 'p';
            UPDATE pg_catalog.gp_segment_configuration SET preferred_role = '\(mirror)' WHERE \(chosen) AND role = 'm';
            UPDATE pg_catalog.gp_segment_configuration SET preferred_role = '\(primary)' WHERE \(chosen) AND role = 'p'
            """)
    }

    /// Waits until every pair is up and in sync.
    func awaitSync() async throws {
        let deadline = Deadline.after(.seconds(60))
        while try await rows().contains(where: { $0.mode == .notInSync || $0.status == .down }) {
            guard !deadline.isPast else {
                throw TestFailure("not in sync: \(try await rows().map(\.catalogForm))")
            }
            try await probe()
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

extension PairsCluster {
    /// Kills all primaries of a host as a crash would, and waits until their mirrors are the primaries.
    func failOver(_ host: String) async throws {
        let lost = try await rows().filter { $0.role == .primary && $0.hostname == host }
        for primary in lost { try await demo.stop(primary, mode: "immediate") }
        let deadline = Deadline.after(.seconds(30))
        while try await rows().contains(where: { $0.role == .primary && $0.hostname == host }) {
            guard !deadline.isPast else { throw TestFailure("\(host) was not failed over") }
            try await probe()
        }
    }

    /// Brings every mirror that does not run back by pg_rewind, by hand.
    func bringBackAll() async throws {
        for host in demo.hosts { try demo.secureShells.start(host) }
        let rows = try await rows()
        for primary in rows where primary.role == .primary && demo.process(of: primary) == nil {
            try await demo.start(primary)
        }
        if TestEngine.isGreenplum {
            // Its pg_rewind wants more than a hand should write; the tool under test knows it.
            if rows.contains(where: { $0.role == .mirror && demo.process(of: $0) == nil }) {
                _ = try await tool(["-a", "--wait=60", "--fallback=full"])
            }
            return try await awaitSync()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for mirror in rows where mirror.role == .mirror && demo.process(of: mirror) == nil {
                guard let primary = rows.first(where: { $0.content == mirror.content && $0.role == .primary }) else {
                    continue
                }
                group.addTask {
                    try await rewind(mirror, primary)
                    try await demo.start(mirror)
                }
            }
            try await group.waitForAll()
        }
        try await awaitSync()
    }

    private func rewind(_ mirror: Segment, _ primary: Segment) async throws {
        try await demo.query("CHECKPOINT", on: primary)
        let script = """
            set -e
            cp -p "$1/postgresql.conf" "$1/../own.conf"
            pg_rewind -D "$1" --source-server="host=$2 port=$3 user=$4 dbname=postgres" >/dev/null 2>"$1/../rewind.log" ||
              { cat "$1/../rewind.log" >&2; exit 1; }
            mv "$1/../own.conf" "$1/postgresql.conf"
            printf '%s\\n' "primary_conninfo = 'host=$2 port=$3 user=$4 application_name=gp_walreceiver'" \
              "primary_slot_name = 'internal_wal_replication_slot'" "synchronous_standby_names = ''" \
              >> "$1/postgresql.auto.conf"
            rm -rf "$1/pg_replslot/internal_wal_replication_slot"
            : > "$1/standby.signal"
            """
        let output = try await demo.exec(
            mirror.hostname,
            [
                "/bin/sh", "-c", script, "sh", mirror.dataDirectory, primary.address, "\(primary.port)",
                demo.accountName,
            ])
        guard output.succeeded else { throw TestFailure("rewinding \(mirror.label): \(output.standardError)") }
    }

    /// A writer into every acting primary, found anew after each failure.
    func ledger() async throws -> Ledger {
        for primary in try await rows() where primary.role == .primary {
            try await demo.query("TRUNCATE public.ledger", on: primary)
        }
        let coordinator = demo.connection(to: demo.state.layout.coordinator)
        let ways = Dictionary(
            uniqueKeysWithValues: try await rows().map { ($0.dbid.rawValue, demo.connection(to: $0)) })
        return Ledger(contents: [0, 1, 2, 3]) { content in
            let session = try PostgresConnection.connect(coordinator)
            let dbid = try session.query(
                "SELECT dbid FROM pg_catalog.gp_segment_configuration WHERE content = $1::int2 AND role = 'p'",
                ["\(content)"]
            ).value()
            guard let way = dbid.flatMap({ Int($0) }).flatMap({ ways[$0] }) else {
                throw TestFailure("content \(content) has no primary")
            }
            return way
        }
    }
}

/// Everything a run printed, for the comment of a failed expectation.
func words(_ output: CommandOutput) -> Comment {
    Comment(rawValue: "status \(output.status)\n\(output.standardOutput)\n\(output.standardError)")
}
