import ClusterModel
import EmbeddedCluster
import Glibc
import RemoteShell
import TestClusters
import TestSupport
import Testing

extension OnClusters.SmallCluster {
    @Suite struct InterruptionTests {
        @Test(arguments: [SIGINT, SIGTERM])
        func `a signal during a copy ends the run and the copy`(_ signal: Int32) async throws {
            let cluster = try await TestCluster.fresh()
            let output = try await cluster.withFrozenCopy(of: cluster.primaries[0]) { _ in
                async let running = cluster.addMirrors()
                try await cluster.waitForCopies(of: 0)
                let tools = Processes.all(with: ["gpaddmirrors", cluster.demo.mirrorDirectoryList])
                #expect(tools.count == 1)
                for tool in tools { kill(tool, signal) }
                let output = try await running
                await cluster.expectNoCopies()
                return output
            }
            #expect(output.status == 2, words(output))
            try await cluster.expectTrueCatalog()
            try await cluster.expectNextRunFinishes()
        }

        @Test func `a cut connection to one host costs that host's mirror alone`() async throws {
            let cluster = try await TestCluster.fresh()
            let output = try await cluster.withFrozenCopy(of: cluster.primaries[0]) { _ in
                async let running = cluster.addMirrors()
                try await cluster.waitForRows(contents: [1])
                try await cluster.waitForCopies(of: 0)
                try cluster.cutSecureShellSessions(of: "sdw2")
                let output = try await running
                await cluster.expectNoCopies()
                return output
            }
            #expect(output.status == 1, words(output))
            #expect(output.standardOutput.contains("copy-failed"), words(output))
            #expect(output.standardOutput.contains("1 of 2 mirrors work; run gpaddmirrors again"), words(output))
            #expect(try await cluster.built() == [ContentID(1)])
            try await cluster.expectTrueCatalog()
            try await cluster.expectNextRunFinishes()
        }
    }
}

extension TestCluster {
    /// Kills all sessions of a host's sshd, as a broken network device would; the listener stays.
    func cutSecureShellSessions(of host: String) throws {
        let file = "\(demo.state.layout.hostDirectory(host))/sshd.pid"
        guard let listener = pid_t(try Files.read(file).filter(\.isNumber)) else { throw TestFailure("no \(file)") }
        let sessions = Processes.descendants(of: listener).filter { process in
            ((try? Files.read("/proc/\(process)/cmdline")) ?? "").hasPrefix("sshd")
        }
        guard !sessions.isEmpty else { throw TestFailure("\(host) has no session") }
        for session in sessions { kill(session, SIGKILL) }
    }
}
