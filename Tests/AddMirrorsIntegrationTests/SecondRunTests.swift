import ClusterModel
import EmbeddedCluster
import Glibc
import RemoteShell
import TestClusters
import TestSupport
import Testing

extension OnClusters.SmallCluster {
    @Suite struct SecondRunTests {
        @Test func `a complete copy of an earlier run is taken up and not made again`() async throws {
            let cluster = try await TestCluster.fresh()
            // Content 1 has to wait for its copy until content 0's is complete.
            let first = try await cluster.withFrozenCopy(of: cluster.primaries[1]) { _ in
                let output = try await cluster.addMirrors(environment: ["GPHA_KILL_AT": "copied"])
                await cluster.expectNoCopies()
                return output
            }
            #expect(first.status == 128 + Int(SIGKILL), words(first))
            let base = try #require(cluster.demo.state.layout.mirrorDirectories.first)
            let before = Files.stamp("\(base)/gpseg0/PG_VERSION")
            let plan = try await PlanDocument.dryRun(cluster)
            // On Greenplum both have their rows already.
            let actions = TestEngine.isGreenplum ? #"["start", "rebuild-again"]"# : #"["adopt", "copy-again"]"#
            #expect(try await plan.value("jsonb_path_query_array(d, '$.mirrors[*].action')") == actions)
            try await cluster.expectNextRunFinishes()
            #expect(Files.stamp("\(base)/gpseg0/PG_VERSION") == before)
        }

        @Test func `an adopted copy whose slot is gone is made again`() async throws {
            let cluster = try await TestCluster.fresh()
            let first = try await cluster.withFrozenCopy(of: cluster.primaries[1]) { _ in
                let output = try await cluster.addMirrors(environment: ["GPHA_KILL_AT": "copied"])
                await cluster.expectNoCopies()
                return output
            }
            #expect(first.status == 128 + Int(SIGKILL), words(first))
            try await cluster.demo.query(
                "SELECT pg_drop_replication_slot('internal_wal_replication_slot')", on: cluster.primaries[0])
            let plan = try await PlanDocument.dryRun(cluster)
            let actions =
                TestEngine.isGreenplum ? #"["rebuild-again", "rebuild-again"]"# : #"["copy-again", "copy-again"]"#
            #expect(try await plan.value("jsonb_path_query_array(d, '$.mirrors[*].action')") == actions)
            try await cluster.expectNextRunFinishes()
        }

        @Test func `a directory with somebody's data is refused and stays byte by byte`() async throws {
            let cluster = try await TestCluster.fresh()
            let base = try #require(cluster.demo.state.layout.mirrorDirectories.first)
            let file = "\(base)/gpseg0/PG_VERSION"
            try await cluster.shell("mkdir \"$1/gpseg0\" && printf '15\\nmine' > \"$2\"", [base, file])
            let before = Files.stamp(file)
            let output = try await cluster.addMirrors()
            #expect(output.status == 2, words(output))
            #expect(
                output.standardOutput.contains("Segment directory '\(base)/gpseg0' exists but is not empty!"),
                words(output))
            #expect(Files.stamp(file) == before)
            #expect(try Files.read(file) == "15\nmine")
            #expect(try await cluster.mirrors() == [])
            try await cluster.expectNothingLeft()
        }

        @Test func `a row whose directory never got a mirror gets one, also under a number that was used before`()
            async throws
        {
            let cluster = try await TestCluster.fresh()
            // The numbers' earlier holders were up once.
            let earlier = try await cluster.addMirrors(["--wait=60"])
            #expect(earlier.status == 0, words(earlier))
            let used = try await cluster.mirrors().map(\.dbid)
            try await cluster.restore()
            let first = try await cluster.withFrozenCopy(of: cluster.primaries[1]) { _ in
                let output = try await cluster.addMirrors(environment: ["GPHA_KILL_AT": "rowAdded"])
                await cluster.expectNoCopies()
                return output
            }
            #expect(first.status == 128 + Int(SIGKILL), words(first))
            let mirror = try #require(try await cluster.mirrors().first)
            #expect(used.contains(mirror.dbid))
            try await cluster.shell("rm -rf \"$1\"", [mirror.dataDirectory])
            let plan = try await PlanDocument.dryRun(cluster)
            let actions = TestEngine.isGreenplum ? #"["rebuild", "rebuild"]"# : #"["copy-again", "rebuild"]"#
            #expect(try await plan.value("jsonb_path_query_array(d, '$.mirrors[*].action')") == actions)
            try await cluster.expectNextRunFinishes()
            #expect(try await cluster.mirrors().contains { $0.dbid == mirror.dbid })
        }

        @Test func `a mirror that was up and whose directory is gone is left to gprecoverseg`() async throws {
            let cluster = try await TestCluster.fresh()
            let first = try await cluster.addMirrors(["--wait=60"])
            #expect(first.status == 0, words(first))
            let mirror = try #require(try await cluster.mirrors().first)
            try await cluster.demo.stop(mirror, mode: "immediate")
            try await cluster.waitUntilDown(mirror)
            try await cluster.shell("rm -rf \"$1\"", [mirror.dataDirectory])
            let output = try await cluster.addMirrors()
            #expect(output.status == 2, words(output))
            #expect(output.standardOutput.contains("already configured with Mirrors"), words(output))
            #expect(!Files.exists(mirror.dataDirectory))
        }

        @Test func `a mirror that is down with its data is left to gprecoverseg`() async throws {
            let cluster = try await TestCluster.fresh()
            let first = try await cluster.addMirrors(["--wait=60"])
            #expect(first.status == 0, words(first))
            let mirror = try #require(try await cluster.mirrors().first)
            try await cluster.demo.stop(mirror)
            try await cluster.waitUntilDown(mirror)
            let before = Files.stamp("\(mirror.dataDirectory)/postgresql.auto.conf")
            let output = try await cluster.addMirrors()
            #expect(output.status == 2, words(output))
            #expect(
                output.standardOutput.contains(
                    "GPDB physical mirroring cannot be added.  The cluster is already configured with Mirrors."),
                words(output))
            #expect(Files.stamp("\(mirror.dataDirectory)/postgresql.auto.conf") == before)
            #expect(cluster.demo.process(of: mirror) == nil)
        }
    }
}

extension TestCluster {
    /// Waits until the fault-tolerance service has noticed that a mirror is gone.
    func waitUntilDown(_ mirror: Segment) async throws {
        let end = ContinuousClock.now + .seconds(40)
        while try await rows().first(where: { $0.dbid == mirror.dbid })?.status != .down {
            guard ContinuousClock.now < end else { throw TestFailure("\(mirror.label) is not marked down") }
            try await probe()
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
