import ClusterModel
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

extension OnOneCluster {
    @Suite struct RepairTests {
        @Test func `-n starts a stopped standby, which catches up, and then finds it running`() async throws {
            let cluster = try await StandbyCluster.fresh()
            _ = try await cluster.add()
            let standby = try #require(try await cluster.standby())
            try await cluster.demo.stop(standby)
            try await cluster.expectCommits()
            let first = try await cluster.tool(["-n"])
            #expect(first.status == 0, words(first))
            #expect(first.standardOutput.contains("standby coordinator has caught up"), words(first))
            #expect(first.standardOutput.contains("Successfully started standby coordinator"), words(first))
            try await cluster.expectStandby()
            let second = try await cluster.tool(["-n"])
            #expect(second.status == 0, words(second))
            #expect(second.standardOutput.contains("Standy coordinator is already up and running."), words(second))
        }

        @Test func `-n without a standby ends in the original's words`() async throws {
            let cluster = try await StandbyCluster.fresh()
            let output = try await cluster.tool(["-n"])
            #expect(output.status == 2, words(output))
            #expect(
                output.standardOutput.contains(
                    "Cannot use -n option when standby coordinator has not yet been configured"), words(output))
        }

        @Test func `-n says that the WAL is gone and names --replace, which builds it anew in place`() async throws {
            let cluster = try await StandbyCluster.fresh()
            _ = try await cluster.add()
            let standby = try #require(try await cluster.standby())
            try await cluster.demo.stop(standby)
            try await cluster.expectCommits()
            try await cluster.demo.query("SELECT pg_drop_replication_slot('internal_wal_replication_slot')")
            let output = try await cluster.tool(["-n"])
            #expect(output.status == 2, words(output))
            #expect(output.standardOutput.contains("its WAL is gone from the coordinator"), words(output))
            #expect(output.standardOutput.contains("gpinitstandby --replace -s scdw"), words(output))
            #expect(cluster.demo.process(of: standby) == nil)
            let replaced = try await cluster.tool(["-a", "--replace", "-s", "scdw"])
            #expect(replaced.status == 0, words(replaced))
            #expect(try await cluster.standby()?.dataDirectory == standby.dataDirectory)
            try await cluster.expectStandby()
        }

        @Test func `--replace to a place that cannot be leaves the old standby as it is`() async throws {
            let cluster = try await StandbyCluster.fresh()
            _ = try await cluster.add()
            let output = try await cluster.tool(
                ["-a", "--replace", "-s", "scdw", "-S", "\(cluster.demo.directory)/nowhere/at/all"])
            #expect(output.status == 2, words(output))
            #expect(output.standardOutput.contains("does not exist on host scdw"), words(output))
            try await cluster.expectStandby()
        }

        @Test func `--replace to another place takes the old one away`() async throws {
            let cluster = try await StandbyCluster.fresh()
            _ = try await cluster.add()
            let other = "\(cluster.demo.state.layout.standbyParent)/other"
            let output = try await cluster.tool(["-a", "--replace", "-s", "scdw", "-S", other])
            #expect(output.status == 0, words(output))
            #expect(try await cluster.standby()?.dataDirectory == other)
            #expect(PrivateFiles.names(in: cluster.demo.state.layout.standbyParent) == ["other"])
            try await cluster.expectStandby()
        }

        @Test func `-r takes row, slot, server and directory away, and commits never stop`() async throws {
            let cluster = try await StandbyCluster.fresh()
            _ = try await cluster.add()
            let connection = cluster.demo.connection(to: cluster.coordinator)
            try await cluster.demo.query("TRUNCATE public.ledger")
            let ledger = Ledger(contents: [-1]) { _ in connection }
            async let writing: Void = ledger.write()
            let output = try await cluster.tool(["-a", "-r"])
            ledger.stop()
            await writing
            #expect(output.status == 0, words(output))
            #expect(output.standardOutput.contains("Successfully removed standby coordinator"), words(output))
            let verdict = try #require(try await ledger.verify().first)
            #expect(verdict.lost == [] && verdict.inFlight == 0)
            #expect(ledger.snapshot[-1]?.longestPause ?? .zero < .seconds(5))
            try await cluster.expectNoStandby()
        }

        @Test func `-r works when the host does not answer, and says what is left there`() async throws {
            let cluster = try await StandbyCluster.fresh()
            _ = try await cluster.add()
            let standby = try #require(try await cluster.standby())
            cluster.demo.secureShells.stop(cluster.demo.hosts[1])
            let output = try await cluster.tool(["-a", "-r"])
            #expect(output.status == 0, words(output))
            #expect(
                output.standardOutput.contains("left behind: data directory \(standby.dataDirectory)"), words(output))
            #expect(output.standardOutput.contains("when scdw is back, run there: pg_ctl"), words(output))
            #expect(try await cluster.standby() == nil)
            #expect(try await cluster.value("SELECT count(*) FROM pg_replication_slots") == "0")
            try await cluster.expectCommits()
        }

        @Test func `-r does not delete what has become a coordinator of its own`() async throws {
            try TestEngine.skipOnGreenplum("a second Greenplum coordinator would meddle with the first one's segments")
            let cluster = try await StandbyCluster.fresh()
            _ = try await cluster.add()
            let standby = try #require(try await cluster.standby())
            try await cluster.shell("pg_ctl -D \"$1\" -s -w promote", [standby.dataDirectory], on: "scdw")
            for reason in ["is no standby any more: it was activated", "is not a standby's data directory"] {
                let output = try await cluster.tool(["-a", "-r"])
                #expect(output.status == 2, words(output))
                #expect(output.standardOutput.contains(reason), words(output))
                // The second time it is stopped.
                try await cluster.shell("pg_ctl -D \"$1\" -s -m immediate stop", [standby.dataDirectory], on: "scdw")
            }
            #expect(PrivateFiles.exists("\(standby.dataDirectory)/PG_VERSION"))
            try await cluster.expectCommits()
        }

        @Test func `-r without a standby ends in the original's words`() async throws {
            let cluster = try await StandbyCluster.fresh()
            let output = try await cluster.tool(["-a", "-r"])
            #expect(output.status == 2, words(output))
            #expect(
                output.standardOutput.contains(
                    "Request made to remove warm coordinator standby, but no standby located."), words(output))
        }

        @Test func `the answer no changes nothing and ends with 2`() async throws {
            let cluster = try await StandbyCluster.fresh()
            let output = try await cluster.shell(
                "echo n | gpinitstandby -s scdw -S \"$1\"", [cluster.place])
            #expect(output.status == 2, words(output))
            #expect(
                output.standardOutput.contains("Error initializing standby coordinator: User canceled"), words(output))
            try await cluster.expectNoStandby()
            try cluster.expectOwnAccessFiles()
        }
    }
}
