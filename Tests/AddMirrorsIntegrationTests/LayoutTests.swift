import BlockingWork
import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import RemoteShell
import TestClusters
import TestSupport
import Testing

extension OnClusters {
    @Suite(.serialized, .cluster(hosts: 4, primariesPerHost: 2))
    struct LayoutTests {
        @Test(arguments: [[], ["-s"], ["--block", "2"]])
        func `a layout is built under load as planned, and no acknowledged row is lost`(_ layout: [String]) async throws
        {
            let cluster = try await TestCluster.fresh()
            let planned = try await PlanDocument.dryRun(cluster, layout).mirrors()
            try #require(planned.count == 8)

            let ledger = try await cluster.ledger()
            async let writing: Void = ledger.write()
            let result = await Result { try await cluster.addMirrors(["--wait=120"] + layout) }
            ledger.stop()
            await writing
            let output = try result.get()

            #expect(output.status == 0, words(output))
            let built = try await cluster.mirrors().sorted { $0.content < $1.content }
            #expect(built.map(\.planForm) == planned)
            try await cluster.expectSynchronized()
            try await cluster.expectNothingLeft()
            for verdict in try await ledger.verify() {
                #expect(verdict.lost == [] && verdict.invented == [], "\(verdict)")
                #expect(verdict.acknowledged > 20, "\(verdict)")
                #expect(verdict.inFlight == 0, "\(verdict)")
            }
            // Writable throughout; two busy cores make single commits slow.
            for (content, account) in ledger.snapshot {
                #expect(account.longestPause < .seconds(5), "content \(content) paused \(account.longestPause)")
            }
        }
    }

    @Suite(.serialized, .cluster(hosts: 1, primariesPerHost: 12))
    struct ManyMirrorsTests {
        @Test func `twelve mirrors at once on one host fit through one connection, and one host is warned of`()
            async throws
        {
            let cluster = try await TestCluster.fresh()
            let output = try await cluster.addMirrors(["-b", "64", "--wait=120"])
            #expect(output.status == 0, words(output))
            #expect(output.standardOutput.contains("12 mirror(s) on the host of their own primary"), words(output))
            try await cluster.expectSynchronized()
            try await cluster.expectNothingLeft()
        }
    }
}

extension TestCluster {
    /// A writer into every primary, over the sockets the primaries have now.
    func ledger() async throws -> Ledger {
        for primary in primaries {
            try await demo.query("DROP TABLE IF EXISTS public.ledger", on: primary)
            try await demo.query(Ledger.tableSQL, on: primary)
        }
        let ways = Dictionary(uniqueKeysWithValues: primaries.map { ($0.content.rawValue, demo.connection(to: $0)) })
        return Ledger(contents: ways.keys.sorted()) { content in
            guard let way = ways[content] else { throw TestFailure("no content \(content)") }
            return way
        }
    }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
