import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import RemoteShell
import Reporting
import TestClusters
import TestSupport
import Testing

extension RealClusters {
    @Suite("gpdemo destroy", .serialized)
    struct DemoRemovalTests {
        static let networks = geteuid() == 0 ? ["loopback", "namespaces"] : ["loopback"]

        @Test("leaves nothing of a cluster whose processes were killed", arguments: networks)
        func afterKill(_ network: String) async throws {
            try await DemoUser.with(["--network", network]) { user in
                let id = try user.id()
                let document = try await user.gpdemo("status", "--json").json()
                var processes = document["hosts"].elements.compactMap { $0["sshd"].int }
                processes += document["instances"].elements.compactMap { $0["postmaster"].int }
                processes += [document["gpftsd"].int].compactMap { $0 }
                #expect(processes.count == (TestEngine.isGreenplum ? 5 : 6))
                for process in processes { kill(pid_t(process), SIGKILL) }
                #expect(try await user.gpdemo("destroy").status == 0)
                #expect(try await user.remains(id: id) == "")
            }
        }

        @Test(
            "leaves nothing of a cluster whose pid files, logs and keys are gone too",
            .embeddedOnly("it looks at nothing that the servers do"))
        func afterLoss() async throws {
            try await DemoUser.with { user in
                let id = try user.id()
                try await FinishedProgram.run(
                    ["/usr/bin/find", user.directory, "-name", "*.pid", "-delete", "-o", "-name", "*key*", "-delete"]
                ).expectSuccess()
                #expect(try await user.gpdemo("destroy").status == 0)
                #expect(try await user.remains(id: id) == "")
            }
        }

        @Test(
            "leaves nothing of a cluster whose creation was killed half way",
            .embeddedOnly("it looks at nothing that the servers do"), arguments: [0.05, 0.3, 0.8, 1.5, 2.5])
        func afterKilledCreate(_ seconds: Double) async throws {
            for network in Self.networks {
                let user = try DemoUser()
                let process = try startProgram([
                    BuiltPrograms.debug + "/gpdemo", "create", "--hosts", "2", "--dir", user.directory, "--network",
                    network,
                    "-l", user.place.path,
                ])
                try await Task.sleep(for: .seconds(seconds))
                kill(process, SIGKILL)
                var status: Int32 = 0
                waitpid(process, &status, 0)
                guard access(user.directory + "/cluster.conf", F_OK) == 0 else {
                    // Killed before its first file: at most an empty directory, or a draft of that file.
                    let left = try await FinishedProgram.run(["/usr/bin/find", user.directory, "-type", "f"]).output
                    #expect(left == "" || left.hasSuffix("cluster.conf.new\n"))
                    continue
                }
                let id = try user.id()
                #expect(try await user.gpdemo("destroy").status == 0)
                #expect(try await user.remains(id: id) == "")
            }
        }

        @Test(
            "of an interrupted creation is not needed: Ctrl-C removes what was made",
            .embeddedOnly("it looks at nothing that the servers do"))
        func interruptedCreate() async throws {
            let user = try DemoUser()
            let process = try startProgram([
                BuiltPrograms.debug + "/gpdemo", "create", "--hosts", "2", "--dir", user.directory, "-l",
                user.place.path,
            ])
            #expect(await eventually(within: .seconds(10)) { access(user.directory + "/hosts/sdw1", F_OK) == 0 })
            let id = try user.id()
            kill(process, SIGTERM)
            var status: Int32 = 0
            waitpid(process, &status, 0)
            #expect(status & 0x7f == 0 && (status >> 8) & 0xff == 2)
            #expect(try await user.remains(id: id) == "")
        }

        @Test(
            "of one cluster leaves the other one beside it alone",
            .embeddedOnly("it looks at nothing that the servers do"))
        func neighbours() async throws {
            try await DemoUser.with { first in
                try await DemoUser.with { second in
                    #expect(try first.id() != second.id())
                    #expect(try await second.gpdemo("destroy").status == 0)
                    #expect(try await first.gpdemo("status").complaints == [])
                    let run = try await first.gpdemo("exec", "cdw", "--", "gpstate", "-s")
                    #expect(run.status == 0)
                }
            }
        }
    }
}

extension FinishedProgram {
    /// Fails the test unless it exited 0.
    func expectSuccess() { #expect(status == 0, "\(output)\(error)") }
}
