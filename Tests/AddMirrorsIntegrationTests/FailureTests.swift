import ClusterModel
import EmbeddedCluster
import Glibc
import RemoteShell
import TestClusters
import TestSupport
import Testing

extension OnClusters.SmallCluster {
    /// One mirror fails between plan and end: the other works, and the same command finishes later.
    @Suite struct FailureTests {
        @Test func `a directory that is filled after the plan fails alone and is left as it is`() async throws {
            let cluster = try await TestCluster.fresh()
            let directory = "\(try #require(cluster.demo.state.layout.mirrorDirectories.first))/gpseg0"
            let output = try await cluster.runPaused {
                try await cluster.shell("mkdir \"$1\" && printf 'mine' > \"$1/data\"", [directory])
            }
            #expect(output.status == 1, words(output))
            #expect(output.standardOutput.contains("exists but is not empty"), words(output))
            #expect(try Files.read("\(directory)/data") == "mine")
            #expect(try await cluster.built() == [ContentID(1)])
            try await cluster.shell("rm -r \"$1\"", [directory])
            try await cluster.expectNextRunFinishes()
        }

        @Test func `a directory that cannot be made any more fails alone`() async throws {
            let cluster = try await TestCluster.fresh()
            let base = try #require(cluster.demo.state.layout.mirrorDirectories.first)
            let list = "\(cluster.demo.directory)/home/layout"
            let hosts = cluster.demo.state.layout.segmentHosts
            let port = cluster.demo.state.layout.portBase + 2_000
            let lines =
                "0|\(hosts[1].address)|\(port)|\(base)/own/gpseg0\n1|\(hosts[0].address)|\(port)|\(base)/gpseg1\n"
            try await cluster.shell("printf '%s' \"$2\" > \"$1\"; mkdir \"$3\"", [list, lines, "\(base)/own"])
            let output = try await cluster.runPaused(["-i", list]) {
                try await cluster.shell("chmod 500 \"$1\"", ["\(base)/own"])
            }
            #expect(output.status == 1, words(output))
            #expect(output.standardOutput.contains("Permission denied"), words(output))
            #expect(try await cluster.built() == [ContentID(1)])
            try await cluster.shell("chmod 700 \"$1\"", ["\(base)/own"])
            let second = try await cluster.addMirrors(["-i", list, "--wait=60"])
            #expect(second.status == 0, words(second))
            try await cluster.expectSynchronized()
        }

        @Test func `a port that is taken after the survey fails alone, and the next run starts the mirror`()
            async throws
        {
            let cluster = try await TestCluster.fresh()
            let target = cluster.demo.state.layout.segmentHosts[1]
            let port = cluster.demo.state.layout.portBase + 2_000
            var holder: PortHolder?
            let output = try await cluster.runPaused {
                holder = try PortHolder(
                    address: target.address, port: port, namespace: cluster.namespace(of: target.name))
            }
            #expect(output.status == 1, words(output))
            #expect(output.standardOutput.contains("start-failed"), words(output))
            #expect(output.standardOutput.contains("Failed to start the following segments"), words(output))
            try await cluster.expectTrueCatalog()
            let isHeld = holder != nil
            #expect(isHeld)
            holder = nil
            let plan = try await PlanDocument.dryRun(cluster)
            #expect(try await plan.value("d->'mirrors'->0->>'action'") == "start")
            try await cluster.expectNextRunFinishes()
        }

        @Test func `a primary that stops during its copy costs its own mirror`() async throws {
            let cluster = try await TestCluster.fresh()
            let primary = cluster.primaries[0]
            let output = try await cluster.withFrozenCopy(of: primary) { thaw in
                async let running = cluster.addMirrors()
                try await cluster.waitForCopies(of: 0)
                try await cluster.waitForRows(contents: [1])
                let postmaster = try #require(cluster.demo.process(of: primary))
                // Quicker than a thawed copy could be: children end with their postmaster.
                kill(postmaster, SIGQUIT)
                thaw()
                return try await running
            }
            #expect(output.status == 1, words(output))
            #expect(output.standardOutput.contains("copy-failed"), words(output))
            #expect(try await cluster.built() == [ContentID(1)])
            _ = await eventually(within: .seconds(20)) { cluster.demo.process(of: primary) == nil }
            try await cluster.demo.start(primary)
            try await cluster.expectNextRunFinishes()
        }
    }
}
