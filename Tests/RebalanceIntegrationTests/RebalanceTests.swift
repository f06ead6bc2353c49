import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import RemoteShell
import Reporting
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

extension OnPairs {
    @Suite struct RebalanceTests {
        /// What the figure allows, doubled: other things run on the machine of a test.
        private static let longestRefusal = Duration.seconds(6)

        @Test func `all four pairs swap under a writer, and no acknowledged row is lost`() async throws {
            let cluster = try await PairsCluster.balanced()
            try await cluster.failOver("sdw1")
            try await cluster.bringBackAll()
            // The pairs of the other host too: four at once.
            try await cluster.prefer(isPresent: false, contents: [2, 3])
            let ledger = try await cluster.ledger()
            async let writing: Void = ledger.write()
            try await Task.sleep(for: .milliseconds(500))
            let output = try await cluster.rebalance(["--json"])
            try await Task.sleep(for: .milliseconds(500))
            ledger.stop()
            await writing
            #expect(output.status == 0, words(output))
            try await cluster.expectBalanced(output)
            let document = try JSONReader.read(output.standardOutput)
            #expect(document["operation"].string == "rebalance")
            #expect(document["pairs"].elements.map { $0["state"].string } == Array(repeating: "balanced", count: 4))
            for verdict in try await ledger.verify() {
                #expect(verdict.lost.isEmpty && verdict.invented.isEmpty, "\(verdict)")
                #expect(verdict.acknowledged > 20, "\(verdict)")
            }
            let pauses = ledger.snapshot.values.map(\.longestPause)
            print("longest refusals of 4 pairs: \(pauses.map(\.inSeconds).sorted())")
            #expect(pauses.allSatisfy { $0 < Self.longestRefusal }, "\(pauses)")
        }

        @Test func `a balanced cluster is said to be one, and nothing is touched`() async throws {
            let cluster = try await PairsCluster.balanced()
            let output = try await cluster.tool(["-r"])
            #expect(output.status == 0, words(output))
            #expect(
                output.standardOutput.contains(
                    "No segments are running in their non-preferred role and need to be rebalanced."), words(output))
        }

        @Test func `the plan alone changes nothing, and no is an answer`() async throws {
            let cluster = try await PairsCluster.balanced()
            try await cluster.prefer(isPresent: false, contents: [1])
            let before = try await cluster.rows()
            let plan = try await cluster.tool(["-r", "--dry-run", "--json"])
            #expect(plan.status == 0, words(plan))
            let document = try JSONReader.read(plan.standardOutput)
            #expect(document["kind"].string == "plan")
            #expect(document["pairs"][0]["swaps"] == .bool(true))
            #expect(document["pairs"][0]["replay_lag_bytes"].int != nil)
            let declined = try await cluster.tool(["-r"], input: "n\n")
            #expect(declined.status == 4, words(declined))
            for line in [
                "Unbalanced segment 1 of 2", "This operation will cancel queries that are currently executing.",
                "Connections to the database however will not be interrupted.",
                "Continue with segment rebalance procedure", "User abort requested, Exiting...",
            ] { #expect(declined.standardOutput.contains(line), words(declined)) }
            #expect(try await cluster.rows() == before)
        }

        @Test func `a host out of reach keeps its pairs, and nothing is stopped`() async throws {
            let cluster = try await PairsCluster.balanced()
            try await cluster.prefer(isPresent: false, contents: [0])
            let before = try await cluster.rows()
            cluster.demo.secureShells.stop(try cluster.demo.host("sdw2"))
            let output = try await cluster.rebalance()
            #expect(output.status == 1, words(output))
            for line in [
                "One or more hosts are not reachable via SSH.", "Host sdw2 is unreachable",
                "because one is either down, unreachable, or not synchronized", "No segments to rebalance",
            ] { #expect(output.standardOutput.contains(line), words(output)) }
            #expect(try await cluster.rows() == before)
        }

        @Test func `without a service that could promote nothing is stopped`() async throws {
            let cluster = try await PairsCluster.balanced()
            try await cluster.prefer(isPresent: false, contents: [2])
            let before = try await cluster.rows()
            // Greenplum's service would be waited for until a deadline of minutes is past.
            let patience = "ALTER DATABASE \(TestEngine.current.facts.database)"
            if TestEngine.isGreenplum { try await cluster.demo.query("\(patience) SET statement_timeout = '5s'") }
            let output = try await cluster.demo.withoutFaultTolerance {
                let output = try await cluster.rebalance()
                let primary = try await cluster.instance(2, .primary)
                #expect(try await cluster.value("SELECT pg_is_in_recovery()", on: primary) == "f")
                return output
            }
            if TestEngine.isGreenplum { try await cluster.demo.query("\(patience) RESET statement_timeout") }
            #expect(output.status == 2, words(output))
            #expect(output.standardOutput.contains("Triggering FTS probe"), words(output))
            #expect(
                output.standardOutput.contains("the fault-tolerance service did not probe, nothing was stopped"),
                words(output))
            #expect(try await cluster.rows() == before)
        }

        @Test func `a lag over the limit and a mirror that is down keep their pairs, and the others swap`()
            async throws
        {
            let cluster = try await PairsCluster.balanced()
            let lagging = try await cluster.instance(0, .mirror)
            let goOn = try await cluster.pauseReplay(lagging)
            defer { goOn() }
            try await cluster.demo.query(
                "INSERT INTO public.ledger SELECT -i, repeat('x', 100) FROM generate_series(1, 10000) AS i",
                on: try await cluster.instance(0, .primary))
            let lost = try await cluster.instance(1, .mirror)
            try await cluster.demo.stop(lost)
            let deadline = Deadline.after(.seconds(30))
            while try await cluster.instance(1, .mirror).status == .up, !deadline.isPast { try await cluster.probe() }
            try await cluster.prefer(isPresent: false, contents: [0, 1, 2])
            let output = try await cluster.rebalance(["--replay-lag", "0.0005"])
            #expect(output.status == 1, words(output))
            for line in [
                "bytes of wal is still to be replayed on mirror with dbid \(lagging.dbid), let mirror catchup",
                "Allowed replay lag during rebalance is 0.0005 GB",
                "mirror \(lost.label) is down",
                "The rebalance operation has completed with WARNINGS.",
            ] { #expect(output.standardOutput.contains(line), words(output)) }
            #expect(try await cluster.rows().filter(\.isSwitched).map(\.content.rawValue) == [0, 0, 1, 1])
            // It recovers nothing that it was not asked to.
            #expect(cluster.demo.process(of: lost) == nil)
            // Without the check the paused mirror is taken; a promotion ends the pause, or waits for its end.
            async let resuming: Void = {
                try await Task.sleep(for: .seconds(2))
                goOn()
            }()
            let forced = try await cluster.rebalance(["--disable-replay-lag"])
            try await resuming
            #expect(forced.status == 1, words(forced))
            #expect(try await cluster.rows().filter(\.isSwitched).map(\.content.rawValue) == [1, 1], words(forced))
        }
    }
}

extension PairsCluster {
    /// Holds a mirror's replay: by the server's function, or, as Greenplum's mirrors take no session, by its process.
    ///
    /// Returns what lets the process go on.
    fileprivate func pauseReplay(_ mirror: Segment) async throws -> @Sendable () -> Void {
        guard TestEngine.isGreenplum else {
            try await demo.query("SELECT pg_catalog.pg_wal_replay_pause()", on: mirror)
            return {}
        }
        let process = try #require(demo.auxiliary("startup", of: demo.process(of: mirror)))
        kill(process, SIGSTOP)
        return { kill(process, SIGCONT) }
    }

    /// Every pair is in sync in its preferred roles, by the catalog and by the servers.
    func expectBalanced(
        _ output: CommandOutput? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let rows = try await rows()
        let comment = output.map(words) ?? ""
        for row in rows {
            #expect(row.role == row.preferredRole, comment, sourceLocation: sourceLocation)
            #expect(row.status == .up && row.mode == .inSync, comment, sourceLocation: sourceLocation)
            // A Greenplum mirror lets nobody in.
            if TestEngine.isGreenplum && row.role == .mirror { continue }
            let recovers = try await value("SELECT pg_is_in_recovery()", on: row)
            #expect(recovers == (row.role == .mirror ? "t" : "f"), comment, sourceLocation: sourceLocation)
            // A slot on a mirror would keep WAL for nobody.
            let slots = try await value("SELECT count(*) FROM pg_replication_slots", on: row)
            #expect(slots == (row.role == .mirror ? "0" : "1"), comment, sourceLocation: sourceLocation)
        }
    }
}
