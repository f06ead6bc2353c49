import ClusterModel
import Glibc
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

extension OnClusters.SmallCluster {
    /// What stands in the way is found before anything is touched, all of it in one run.
    @Suite struct PreflightTests {
        @Test func `every failure is listed in one run, and nothing is changed`() async throws {
            let cluster = try await TestCluster.fresh()
            let layout = cluster.demo.state.layout
            let target = layout.segmentHosts[1], port = layout.portBase + 2_000
            let base = try #require(layout.mirrorDirectories.first)
            let holder = try PortHolder(
                address: target.address, port: port, namespace: cluster.namespace(of: target.name))
            try await cluster.shell("mkdir \"$1/gpseg1\" && touch \"$1/gpseg1/file\"", [base])
            let output = try await cluster.expectRefused()
            withExtendedLifetime(holder) {}
            #expect(output.contains("sdw2:\(port): port \(port) is in use on address \(target.address)"), "\(output)")
            #expect(output.contains("sdw1:\(port): Segment directory '\(base)/gpseg1' exists but is not empty!"))
            #expect(output.contains("2 problem(s) found, nothing was changed"))
        }

        @Test func `a host without sshd is named beside the problems of the others`() async throws {
            let cluster = try await TestCluster.fresh()
            let base = try #require(cluster.demo.state.layout.mirrorDirectories.first)
            try await cluster.shell("mkdir \"$1/gpseg1\" && touch \"$1/gpseg1/file\"", [base])
            await cluster.stopSecureShell(of: "sdw2")
            let output = try await cluster.expectRefused()
            #expect(output.contains("sdw2: "), "\(output)")
            #expect(output.contains("connection refused"), "\(output)")
            #expect(output.contains("'\(base)/gpseg1' exists but is not empty!"), "\(output)")
        }

        @Test(arguments: [false, true])
        func `a host key that is not known, or not the known one, is refused`(_ isKnown: Bool) async throws {
            let cluster = try await TestCluster.fresh()
            let file = "\(cluster.demo.directory)/ssh/known_hosts"
            let text = try Files.read(file)
            let address = cluster.demo.state.layout.segmentHosts[1].address
            let others = text.split(separator: "\n").filter { !$0.contains("[\(address)]") }.map(String.init)
            let wrong = try #require(others.first).split(separator: " ").dropFirst().joined(separator: " ")
            let name = "[\(address)]:\(cluster.demo.state.layout.sshPort)"
            try Files.overwrite(file, (others + (isKnown ? ["\(name) \(wrong)"] : [])).map { $0 + "\n" }.joined())
            let output = await Result { try await cluster.expectRefused() }
            try Files.overwrite(file, text)
            #expect(try output.get().contains("sdw2: "), "\(output)")
            #expect(try output.get().contains(isKnown ? "changed" : "is not known"), "\(output)")
            #expect(try output.get().contains("SHA256:"), "\(output)")
        }

        @Test(.enabled(if: geteuid() == 0, "a file system of one's own needs root"))
        func `a file system without the room is found before the copy`() async throws {
            let cluster = try await TestCluster.fresh()
            let base = try #require(cluster.demo.state.layout.mirrorDirectories.first)
            try runProgram(["/bin/mount", "-t", "tmpfs", "-o", "size=8m,mode=777", "gpha-test", base])
            let output = await Result {
                try cluster.showMounts()
                return try await cluster.expectRefused()
            }
            try runProgram(["/bin/umount", base])
            try cluster.showMounts()
            #expect(try output.get().contains("sdw1: not enough space: "), "\(output)")
            #expect(try output.get().contains("sdw2: not enough space: "), "\(output)")
        }

        @Test func `a tablespace whose directory both copies would share is refused`() async throws {
            try TestEngine.skipOnGreenplum("Greenplum's copies have tablespace directories of their own")
            let cluster = try await TestCluster.fresh()
            let place = "\(cluster.demo.directory)/space"
            try await cluster.shell("mkdir -p \"$1\"", [place])
            try await cluster.demo.query("CREATE TABLESPACE wide LOCATION '\(place)'", on: cluster.primaries[0])
            let output = await Result { try await cluster.expectRefused() }
            try await cluster.demo.query("DROP TABLESPACE wide", on: cluster.primaries[0])
            #expect(try output.get().contains("tablespace directory \(place) is not empty here"), "\(output)")
        }

        @Test func `a tablespace is copied with the primary: inside its data directory, or Greenplum's by dbid`()
            async throws
        {
            let cluster = try await TestCluster.fresh()
            let primary = cluster.primaries[0]
            try await cluster.demo.makeTablespace("narrow", on: primary)
            try await cluster.demo.query(
                "CREATE TABLE public.spaced TABLESPACE narrow AS SELECT 42 AS answer", on: primary)
            let output = try await cluster.addMirrors(["--wait=60"])
            #expect(output.status == 0, words(output))
            try await cluster.expectSynchronized()
            let mirror = try #require(try await cluster.mirrors().first { $0.content == primary.content })
            if TestEngine.isGreenplum {
                #expect(try await cluster.demo.isFileEqual(of: "public.spaced", primary, mirror))
            } else {
                #expect(try await cluster.value("SELECT answer FROM public.spaced", on: mirror) == "42")
            }
            try await cluster.restore()
            try await cluster.demo.query("DROP TABLE public.spaced", on: primary)
            try await cluster.demo.dropTablespace("narrow", on: primary)
        }
    }
}

extension TestCluster {
    /// Makes hosts that are namespaces see this machine's mounts as they are now: a new sshd takes them over.
    func showMounts() throws {
        guard demo.state.network == .namespaces else { return }
        for host in demo.hosts {
            demo.secureShells.stop(host)
            try demo.secureShells.start(host)
        }
    }

    /// The network namespace that a host is; nil where hosts are addresses of this machine.
    func namespace(of host: String) -> String? {
        demo.state.network == .namespaces ? "gpd\(demo.state.id)-\(host)" : nil
    }

    /// Runs without a question: it must refuse, with status 2 and nothing changed.
    ///
    /// Returns what it printed.
    func expectRefused(sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
        let before = try await everythingWritable()
        let output = try await addMirrors()
        #expect(output.status == 2, words(output), sourceLocation: sourceLocation)
        #expect(try await everythingWritable() == before, sourceLocation: sourceLocation)
        return output.standardOutput + output.standardError
    }

    /// Ends a host's sshd, sessions too; `restore` starts it again.
    func stopSecureShell(of host: String) async {
        let file = "\(demo.state.layout.hostDirectory(host))/sshd.pid"
        guard let text = try? Files.read(file), let listener = pid_t(text.filter(\.isNumber)) else { return }
        let processes = [listener] + Processes.descendants(of: listener)
        for process in processes { kill(process, SIGTERM) }
        _ = await eventually(within: .seconds(10)) { !processes.contains { isRunning($0) } }
    }
}
