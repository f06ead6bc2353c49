import BlockingWork
import ClusterModel
import EmbeddedCluster
import Glibc
import RemoteShell
import TestClusters
import TestSupport
import Testing

extension OnClusters {
    /// Hosts with addresses of their own: what is let in, what is cut off.
    @Suite(
        .serialized, .enabled(if: geteuid() == 0, "network namespaces need root"),
        .cluster(hosts: 2, primariesPerHost: 1, network: .namespaces))
    struct NetworkTests {
        @Test func `the lines of pg_hba.conf are necessary and sufficient in both directions`() async throws {
            let cluster = try await TestCluster.fresh()
            let primary = cluster.primaries[0]
            let before = try await cluster.replicationAnswer(from: "sdw2", to: primary)
            #expect(before.status != 0)
            #expect(before.standardError.contains("no pg_hba.conf entry"), words(before))

            let output = try await cluster.addMirrors(["--wait=60"])
            #expect(output.status == 0, words(output))
            try await cluster.expectSynchronized()
            #expect(try await cluster.replicationAnswer(from: "sdw2", to: primary).status == 0)
            // The coordinator's host is no part of the pair.
            #expect(try await cluster.replicationAnswer(from: "cdw", to: primary).status != 0)

            let mirror = try #require(try await cluster.mirrors().first { $0.content == primary.content })
            try await cluster.demo.killHost("sdw1")
            try await cluster.waitUntilPromoted(mirror)
            let after = try await cluster.replicationAnswer(from: "sdw1", to: mirror)
            #expect(after.status == 0, words(after))
            try await cluster.undoFailover()
        }

        @Test func `a user's lines stay byte by byte, and no line is added twice`() async throws {
            let cluster = try await TestCluster.fresh()
            let primary = cluster.primaries[0]
            let file = TestCluster.accessFile(primary)
            let odd =
                "# über alles\nhost\treplication  \"odd user\"\t10.1.2.3/32   reject # why\r\n\n   \n"
                + "hostnossl replication all 192.0.2.0 255.255.255.0 md5\nlocal all \"a b\" trust"
            let own = try Files.read(file) + odd
            try Files.overwrite(file, own)
            let first = try await cluster.addMirrors(environment: ["GPHA_KILL_AT": "authenticationWritten"])
            #expect(first.status == 128 + Int(SIGKILL), words(first))
            let written = try Files.read(file)
            #expect(written.hasPrefix(own + "\n# added by gpaddmirrors"), "\(written)")
            let plan = try await PlanDocument.dryRun(cluster)
            #expect(try await plan.value("d->'authentication'") == "[]")
            let second = try await cluster.addMirrors(["--wait=60"])
            #expect(second.status == 0, words(second))
            #expect(try Files.read(file) == written)
            let added = written.dropFirst(own.count).split(separator: "\n")
            #expect(Set(added).count == added.count)
            for host in cluster.demo.state.layout.segmentHosts {
                let line = "host replication \(cluster.demo.accountName) \(host.address)/32 trust"
                #expect(added.contains { $0 == line }, "\(written)")
            }
        }

        @Test func `the method and the names of the lines are what was asked for`() async throws {
            let cluster = try await TestCluster.fresh()
            let plan = try await PlanDocument.dryRun(cluster, ["--hba-auth", "scram-sha-256"])
            let methods =
                "jsonb_path_query_array(d, '$.authentication[*].lines[*] ? (!(@ like_regex \" scram-sha-256$\"))')"
            #expect(try await plan.value(methods) == "[]")
            #expect(try await plan.value("jsonb_array_length(d->'authentication')") == "2")
            let output = try await cluster.addMirrors(["--hba-hostnames", "--wait=60"])
            #expect(output.status == 0, words(output))
            let text = try Files.read(TestCluster.accessFile(cluster.primaries[0]))
            let user = cluster.demo.accountName
            for line in ["host replication \(user) sdw1 trust", "host replication \(user) sdw2 trust"] {
                #expect(text.contains("\n\(line)\n"), "\(text)")
            }
            let address = cluster.demo.state.layout.segmentHosts[1].address
            #expect(!text.contains(address), "\(text)")
        }

        @Test func `a primary that the mirror's host cannot reach is a problem of the plan`() async throws {
            let cluster = try await TestCluster.fresh()
            let source = cluster.primaries[0]
            let space = "gpd\(cluster.demo.state.id)-sdw2"
            let route = ["blackhole", "\(source.address)/32"]
            try runProgram(["/sbin/ip", "-n", space, "route", "add"] + route)
            let output = await Result { try await cluster.expectRefused() }
            try runProgram(["/sbin/ip", "-n", space, "route", "del"] + route)
            #expect(try output.get().contains("primary \(source.label) cannot be reached from here"), "\(output)")
            #expect(try output.get().contains("nothing was changed"), "\(output)")
        }

        @Test func `a host that is cut off during its copy fails alone within its deadline`() async throws {
            let cluster = try await TestCluster.fresh()
            // The host that is cut off has no primary: nothing but its own mirror's copy depends on it.
            let layout = cluster.demo.state.layout
            let place = try cluster.demo.host(DemoLayout.standbyHost)
            let base = try #require(layout.mirrorDirectories.first)
            let file = "\(cluster.demo.directory)/home/cut"
            let port = layout.portBase + 2_000
            let lines =
                "0|\(place.address)|\(port)|\(base)/gpseg0\n1|\(layout.segmentHosts[0].address)|\(port)|\(base)/gpseg1\n"
            try await cluster.shell("printf '%s' \"$2\" > \"$1\"", [file, lines])
            let start = ContinuousClock.now
            let output = try await cluster.withFrozenCopy(of: cluster.primaries[0]) { _ in
                async let running = cluster.addMirrors(["-i", file], timeout: .seconds(120))
                try await cluster.waitForCopies(of: 0)
                try await cluster.waitForRows(contents: [1])
                try await cluster.demo.cutHost(place.name)
                let result: Result<CommandOutput, any Error>
                do { result = .success(try await running) } catch { result = .failure(error) }
                try await cluster.demo.joinHost(place.name)
                // The watcher waits 30 s for a heartbeat, and 5 s more for the end.
                let isQuiet = await eventually(within: .seconds(40)) { cluster.copies().isEmpty }
                #expect(isQuiet)
                return try result.get()
            }
            #expect(output.status == 1, words(output))
            #expect(output.standardOutput.contains("1 of 2 mirrors work"), words(output))
            #expect(try await cluster.built() == [ContentID(1)])
            #expect(start.duration(to: .now) < .seconds(110))
            try await cluster.expectTrueCatalog()
            try await cluster.expectNextRunFinishes(["-i", file])
        }
    }
}

extension TestCluster {
    /// What an instance answers to a replication connection from a host.
    func replicationAnswer(from host: String, to instance: Segment) async throws -> CommandOutput {
        let way = "host=\(instance.address) port=\(instance.port) replication=true connect_timeout=5"
        return try await demo.exec(host, ["psql", "-XAtw", "-d", way, "-c", "IDENTIFY_SYSTEM"])
    }

    /// Waits until a mirror is its content's acting primary and takes writes.
    func waitUntilPromoted(_ mirror: Segment) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            let isPrimary = try await rows().contains { $0.dbid == mirror.dbid && $0.role == .primary }
            // Greenplum's is primary by its row first, and takes sessions then.
            if isPrimary, (try? await value("SELECT pg_is_in_recovery()", on: mirror)) == "f" { return }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw TestFailure("\(mirror.label) is not promoted")
    }

    /// Makes the first host's instances primaries again; its lost mirror goes with all mirrors.
    func undoFailover() async throws {
        let promoted = try await rows().filter { $0.role == .primary && $0.preferredRole == .mirror }
        try await demo.withoutFaultTolerance {
            for instance in promoted {
                try await demo.stop(instance, mode: "immediate")
                try await demo.queryAlone(
                    """
                    UPDATE pg_catalog.gp_segment_configuration SET role = preferred_role, mode = 'n',
                        status = CASE preferred_role WHEN 'p' THEN 'u'::"char" ELSE 'd' END
                    WHERE content = \(instance.content)
                    """)
            }
            for primary in primaries where demo.process(of: primary) == nil { try await demo.start(primary) }
        }
    }
}
