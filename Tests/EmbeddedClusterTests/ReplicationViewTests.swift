import BlockingWork
import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import TestSupport
import Testing

@Suite("Replication and probes seen from the coordinator", .serialized)
struct ReplicationViewTests {
    private static let rows =
        "SELECT gp_segment_id, state, sync_state, sync_error FROM gp_stat_replication ORDER BY gp_segment_id"

    @Test("The view shows each mirror's walsender, and a dead or hung primary costs its own row and two seconds")
    func view() async throws {
        try await ClusterFixture.with(hosts: 2, primariesPerHost: 2, mirrors: .group) { cluster in
            let healthy: [String?] = ["streaming", "sync", "none"]
            #expect(try await cluster.query(Self.rows).rows == (0..<4).map { ["\($0)"] + healthy })

            let primaries = cluster.state.layout.primaries
            let hung = try #require(cluster.process(of: primaries[1]))
            let alsoHung = try #require(cluster.process(of: primaries[2]))
            kill(hung, SIGSTOP)
            kill(alsoHung, SIGSTOP)
            defer {
                kill(hung, SIGCONT)
                kill(alsoHung, SIGCONT)
            }
            try await cluster.stop(primaries[3], mode: "immediate")
            let nothing: [String?] = [nil, nil, nil]
            let start = ContinuousClock.now
            let rows = try await cluster.query(Self.rows).rows
            let time = start.duration(to: .now).inSeconds
            #expect(rows == [["0"] + healthy, ["1"] + nothing, ["2"] + nothing, ["3"] + nothing])
            #expect(time < 2.5, "it took \(time) s")
        }
    }

    @Test("A content with a mirror row and no walsender has a row; one without a mirror row has none")
    func contentsWithoutSender() async throws {
        try await ClusterFixture.with(hosts: 1, primariesPerHost: 2) { cluster in
            try await cluster.query("SELECT gp_add_segment_mirror(1::int2, 'h', '127.0.0.1', 1, '/m')")
            #expect(try await cluster.query(Self.rows).rows == [["1", nil, nil, "none"]])
        }
    }

    @Test("Many hung primaries cost a healthy one nothing", arguments: [("s", "s", 17), ("n", "s", 60)])
    func manyHung(hungMode: String, healthyMode: String, count: Int) async throws {
        let listener = try FakeListener(.hang)
        try await ClusterFixture.with(hosts: 1) { cluster in
            // The healthy one is the last by its content ID.
            try await cluster.query(
                "UPDATE gp_segment_configuration SET content = 1000, mode = '\(healthyMode)' WHERE content = 0")
            try await cluster.query(
                """
                INSERT INTO gp_segment_configuration
                SELECT 1000 + n, n, 'p', 'p', '\(hungMode)', 'u', \(listener.port), 'hung', '127.0.0.1', '/hung' || n
                  FROM generate_series(0, \(count - 1)) AS n
                """)
            let answers = try await cluster.query(
                "SELECT content FROM gp_stat_get_all_segments() WHERE answer IS NOT NULL")
            #expect(answers.rows == [["1000"]])
        }
    }

    @Test("Without gpftsd a probe request fails, says so, and leaves the session usable")
    func probeWithoutService() async throws {
        try await ClusterFixture.with { cluster in
            #expect(
                await cluster.refusal(of: "SELECT gp_request_fts_probe_scan()") == "gpftsd is not running")
        }
    }

    @Test("A probe request ends with the first cycle that began after it, and needs no transaction ID")
    func probeWithService() async throws {
        try await ClusterFixture.with { cluster in
            let coordinator = cluster.connection(to: cluster.state.layout.coordinator)
            let threads = BlockingThreads(width: 2)
            // Plays gpftsd: three cycles of 300 ms, the first of which does not yet know of any request.
            async let service: Void = threads.run {
                let session = try PostgresConnection.connect(coordinator)
                try session.query("SELECT pg_advisory_lock(1735419508, 1)")
                for _ in 0..<3 {
                    let seen = try session.query(
                        "SELECT last_value FROM gp_fts_probe_request WHERE is_called")
                    usleep(300_000)
                    guard let number = seen.rows.first?[0] else { continue }
                    try session.query("SELECT setval('gp_fts_probe_done', $1::bigint)", [number])
                }
            }
            let answer = try await threads.run {
                let session = try PostgresConnection.connect(coordinator)
                try session.query("BEGIN")
                let probed = try session.query("SELECT gp_request_fts_probe_scan()").value()
                let transaction = try session.query("SELECT pg_current_xact_id_if_assigned()").value()
                try session.query("COMMIT")
                return [probed, transaction]
            }
            try await service
            #expect(answer == ["t", nil])
        }
    }
}
