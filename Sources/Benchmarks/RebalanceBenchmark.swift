import BlockingWork
import ClusterModel
import EmbeddedCluster
import PostgresClient

/// `gprecoverseg -r` of four pairs under a writer: how long new writes to one pair are refused.
struct RebalanceBenchmark: Sendable {
    let cluster: DemoCluster

    private static let contents = [0, 1, 2, 3]
    /// Seconds.
    private static let bar = 3.0

    /// The longest refusals of five rebalances, each of which takes the pairs to the other side.
    func measure() async throws -> String {
        for primary in try await cluster.instances() where primary.role == .primary && !primary.isCoordinatorPair {
            try await cluster.query(Ledger.tableSQL, on: primary)
        }
        var longest: [Double] = []
        var whole: [Double] = []
        for _ in 0..<Benchmarks.pairs {
            try await turnAround()
            let (refusal, seconds) = try await rebalance()
            longest.append(refusal)
            whole.append(seconds)
        }
        let most = longest.max() ?? .nan
        let median = Statistics.text(Statistics.median(longest))
        return "| `gprecoverseg -r`, 4 pairs: longest refusal of writes | \(median) s median, "
            + "\(Statistics.text(most)) s most | \(Self.bar) s | \(most <= Self.bar ? "met" : "not met") |\n"
            + "    longest \(longest.map(Statistics.text).joined(separator: " ")); "
            + "the whole run \(whole.map(Statistics.text).joined(separator: " "))"
    }

    /// Makes every one of the pairs prefer the roles that it does not have.
    private func turnAround() async throws {
        let table = "pg_catalog.gp_segment_configuration"
        let chosen = "content IN (\(Self.contents.map { "\($0)" }.joined(separator: ",")))"
        // Two rows of a content never prefer the same role.
        try await cluster.query(
            """
            UPDATE \(table) SET preferred_role = '-' WHERE \(chosen) AND role = 'p';
            UPDATE \(table) SET preferred_role = 'p' WHERE \(chosen) AND role = 'm';
            UPDATE \(table) SET preferred_role = 'm' WHERE \(chosen) AND role = 'p'
            """)
    }

    private func rebalance() async throws -> (refusal: Double, whole: Double) {
        for primary in try await cluster.instances() where primary.role == .primary && !primary.isCoordinatorPair {
            try await cluster.query("TRUNCATE public.ledger", on: primary)
        }
        let ledger = try await ledger()
        async let writing: Void = ledger.write()
        try await Task.sleep(for: .seconds(1))
        let seconds = try await Statistics.time {
            _ = try await Benchmarks.run(cluster, ["gprecoverseg", "-a", "-r", "--no-progress"])
        }.inSeconds
        try await Task.sleep(for: .seconds(1))
        ledger.stop()
        await writing
        let verdicts = try await ledger.verify()
        guard verdicts.allSatisfy({ $0.lost.isEmpty && $0.acknowledged > 0 }) else {
            throw DemoError("rows were lost: \(verdicts)")
        }
        return (ledger.snapshot.values.map(\.longestPause.inSeconds).max() ?? .nan, seconds)
    }

    private func ledger() async throws -> Ledger {
        let coordinator = cluster.connection(to: cluster.state.layout.coordinator)
        let ways = Dictionary(
            uniqueKeysWithValues: try await cluster.instances().map { ($0.dbid.rawValue, cluster.connection(to: $0)) })
        return Ledger(contents: Self.contents) { content in
            let session = try PostgresConnection.connect(coordinator)
            let dbid = try session.query(
                "SELECT dbid FROM pg_catalog.gp_segment_configuration WHERE content = $1::int2 AND role = 'p'",
                ["\(content)"]
            ).value()
            guard let way = dbid.flatMap({ Int($0) }).flatMap({ ways[$0] }) else {
                throw DemoError("content \(content) has no primary")
            }
            return way
        }
    }
}
