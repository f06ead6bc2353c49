import BlockingWork
import ClusterModel
import PostgresClient
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

extension OnOneCluster {
    @Suite struct FailoverTests {
        @Test func `a mirror that only stopped is started again`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(0)
            try await cluster.lose(mirror)
            let output = try await cluster.recover(["--wait"])
            #expect(output.status == 0, words(output))
            #expect(output.standardOutput.contains("skipping pg_rewind on mirror as standby.signal is present"))
            #expect(output.standardOutput.contains("Segments successfully recovered."), words(output))
            try await cluster.expectHealthy()
            let again = try await cluster.recover()
            #expect(again.status == 0)
            #expect(again.standardOutput.contains("No segments to recover"))
        }

        @Test func `a segment that comes back turns a former coordinator away that the history remembers`()
            async throws
        {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(0)
            let file = "\(mirror.dataDirectory)/pg_hba.conf"
            let before = try PrivateFiles.read(file)
            let former = FormerCoordinator(
                dbid: DatabaseID(99), hostname: "gone", address: "192.0.2.7", port: 5432, dataDirectory: nil,
                fencedAddresses: ["192.0.2.7"])
            let row = "('\(former.history)', \(cluster.demo.state.layout.coordinator.dbid), now())"
            let history = "gp_configuration_history (description, dbid, time)"
            try await cluster.demo.queryAlone("INSERT INTO \(history) VALUES \(row)")
            try await cluster.lose(mirror)
            let output = try await cluster.recover(["--wait"])
            #expect(output.status == 0, words(output))
            let lines = SegmentFence(host: "gone", addresses: ["192.0.2.7"]).lines
            #expect(try PrivateFiles.read(file).hasPrefix(lines.joined(separator: "\n") + "\n"))
            // The server obeys them; a Greenplum mirror tells nobody.
            if !TestEngine.isGreenplum {
                let rules = "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = 'reject' AND error IS NULL"
                #expect(try await cluster.value(rules, on: mirror) == "2")
            }
            try await cluster.demo.queryAlone(
                "DELETE FROM gp_configuration_history WHERE description LIKE '%host=gone%'")
            try cluster.demo.files.write(before, to: file)
            try await cluster.expectHealthy()
        }

        @Test func `a lost primary comes back as a mirror, and the next failover goes the other way at once`()
            async throws
        {
            let cluster = try await RecoveryCluster.healthy()
            let ledger = Ledger(contents: [0, 1, 2]) { [locate = cluster.locator()] in try locate($0) }
            async let writing: Void = ledger.write()
            do {
                // Each way twice: whatever method made the new mirror, it can take over.
                for (mode, option, told) in [
                    ("Incremental", nil, "pg_rewind: Done!"), ("Full", "-F", "pg_basebackup: base backup completed"),
                    ("Differential", "--differential", "rsync: "), ("Incremental", nil, "pg_rewind: Done!"),
                ] {
                    let old = try await cluster.primary(0)
                    try await cluster.lose(old)
                    let output = try await cluster.recover(["--wait"] + (option.map { [$0] } ?? []))
                    #expect(output.status == 0, words(output))
                    #expect(output.standardOutput.contains("Synchronization mode                 = \(mode)"))
                    #expect(output.standardOutput.contains(told), words(output))
                    #expect(try await cluster.mirror(0).dbid == old.dbid)
                }
            } catch {
                ledger.stop()
                await writing
                throw error
            }
            ledger.stop()
            await writing
            for verdict in try await ledger.verify() {
                #expect(verdict.lost == [] && verdict.invented == [], "content \(verdict.content)")
                #expect(verdict.acknowledged > 100, "content \(verdict.content)")
            }
            try await cluster.expectHealthy()
        }
    }
}

extension RecoveryCluster {
    /// Tells where the acting primary of a content is, from the catalog.
    func locator() -> @Sendable (Int) throws -> ConnectionParameters {
        let coordinator = demo.connection(to: demo.state.layout.coordinator)
        let demo = demo
        return { content in
            let connection = try PostgresConnection.connect(coordinator)
            let row = try connection.query(
                """
                SELECT dbid, hostname, address, port, datadir FROM pg_catalog.gp_segment_configuration
                WHERE content = $1::int2 AND role = 'p'
                """, ["\(content)"]
            ).row().map { $0 ?? "" }
            let segment = Segment(
                dbid: DatabaseID(Int(row[0]) ?? 0), content: ContentID(content), role: .primary,
                preferredRole: .primary, mode: .inSync, status: .up, hostname: row[1], address: row[2],
                port: Int(row[3]) ?? 0, dataDirectory: row[4])
            var parameters = demo.connection(to: segment)
            parameters.connectTimeout = .seconds(3)
            return parameters
        }
    }
}
