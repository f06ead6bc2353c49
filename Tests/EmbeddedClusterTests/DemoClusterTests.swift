import ClusterModel
import Glibc
import PostgresClient
import RemoteShell
import TestSupport
import Testing

@testable import EmbeddedCluster

@Suite("Making and removing clusters", .serialized)
struct DemoClusterTests {
    @Test("A loopback cluster serves SQL and SSH, survives stop and start, and leaves nothing behind")
    func loopback() async throws {
        var account = ""
        var directory = ""
        try await ClusterFixture.with { cluster in
            account = cluster.accountName
            directory = cluster.directory
            let primary = cluster.state.layout.primaries[0]
            #expect(try await cluster.instances() == cluster.state.layout.instances)
            let over = try await cluster.exec(
                "cdw", ["ssh", "-F", cluster.secureShellConfiguration, "sdw1", "echo $GPDEMO_HOST; command -v pg_ctl"])
            #expect(over.standardOutput == "sdw1\n\(DemoSpecification.debianServerPrograms)/pg_ctl\n")
            let checksums = try await cluster.query("SELECT current_setting('data_checksums')", on: primary)
            #expect(checksums.rows == [["on"]])
            try await cluster.stop()
            #expect(await cluster.status().instances.allSatisfy { $0.process == nil })
            #expect(await cluster.status().hosts.allSatisfy { $0.process == nil })
            try await cluster.start()
            #expect(try await cluster.query("SELECT 1", on: primary).rows == [["1"]])
        }
        #expect(access(directory, F_OK) != 0)
        if isRoot { #expect(Account.find(account) == nil) }
    }

    @Test("Every host's servers and sshd listen on their own address only")
    func ownAddresses() async throws {
        try await ClusterFixture.with(hosts: 2) { cluster in
            let busy = cluster.hosts.map { host in
                cluster.state.layout.ports.filter { !FreePorts.isFree($0, on: host.address) }
            }
            let base = cluster.state.layout.portBase
            #expect(busy == [[base + 22, base], [base + 22], [base + 22, base + 1000], [base + 22, base + 1000]])
        }
    }

    @Test("destroy ends what was killed half and what an ssh session left running")
    func destroyAfterCrash() async throws {
        try await ClusterFixture.with { cluster in
            let coordinator = try #require(cluster.process(of: cluster.state.layout.coordinator))
            _ = try await cluster.exec(
                "cdw",
                [
                    "ssh", "-F", cluster.secureShellConfiguration, "sdw1",
                    "nohup sleep 4242 >/dev/null 2>&1 & kill -9 $(cat \(cluster.state.layout.hostDirectory("sdw1"))/sshd.pid)",
                ])
            let shared = DataDirectories.all(of: cluster.state).compactMap { path in
                DataDirectories.postmasterFile(path)?.sharedMemory
            }
            #expect(shared.count == 2)
            kill(coordinator, SIGKILL)
            let processes = ClusterProcesses(state: cluster.state)
            #expect(!processes.all().isEmpty)
            try await cluster.destroy()
            #expect(processes.all().isEmpty)
            let left = SharedMemory.segments(try PrivateFiles.read("/proc/sysvipc/shm")).map(\.id)
            #expect(!shared.contains { left.contains($0) })
            #expect(access(cluster.directory, F_OK) != 0)
        }
    }

    @Test("A crashed host starts again")
    func crash() async throws {
        try await ClusterFixture.with(hosts: 2) { cluster in
            try await cluster.killHost("sdw1")
            let status = await cluster.status()
            #expect(status.instances.map { $0.process != nil } == [true, false, true])
            #expect(status.hosts.map { $0.process != nil } == [true, true, false, true])
            try await cluster.startHost("sdw1")
            #expect(await cluster.status().instances.allSatisfy { $0.process != nil })
        }
    }

    @Test("What a create that was killed at once left is removed")
    func destroyHalfMade() async throws {
        for network in DemoNetwork.allCases where isRoot || network == .loopback {
            let specification = DemoSpecification(directory: ClusterFixture.freshDirectory(), network: network)
            let state = try DemoRequirements.plan(specification)
            try DemoCluster.claim(state)
            _ = try DemoCluster.prepare(state)
            if isRoot { #expect(Account.find(state.account) != nil) }
            #expect(HostNetwork(state: state).inodes.isEmpty == (network == .loopback))
            try await DemoCluster.destroy(directory: specification.directory)
            #expect(access(specification.directory, F_OK) != 0)
            #expect(HostNetwork(state: state).inodes.isEmpty)
            if isRoot { #expect(Account.find(state.account) == nil) }
        }
    }

    @Test("A directory without the marker is never removed, one in use never taken")
    func strangersDirectory() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("precious", to: "file")
        await #expect(throws: DemoError.self) { try await DemoCluster.destroy(directory: directory.path) }
        await #expect(throws: DemoError.self) {
            _ = try await DemoCluster.create(DemoSpecification(directory: directory.path, faultTolerance: false))
        }
        try directory.write("id=abc123\n", to: "cluster.conf")
        await #expect(throws: DemoError.self) { try await DemoCluster.destroy(directory: directory.path) }
        #expect(directory.read("file") == "precious")
    }

    @Test("Of many creates at once in one directory one wins, and no other's roll-back touches it")
    func rivals() async throws {
        let directory = ClusterFixture.freshDirectory()
        let plans = try (0..<8).map { _ in try DemoRequirements.plan(DemoSpecification(directory: directory)) }
        let winners = await withTaskGroup(of: String?.self) { group in
            for plan in plans { group.addTask { (try? DemoCluster.claim(plan)).map { plan.id } } }
            return await group.reduce(into: [String]()) { if let id = $1 { $0.append(id) } }
        }
        #expect(winners == [try DemoCluster.readState(directory).id])
        for plan in plans where !winners.contains(plan.id) {
            await #expect(throws: DemoError.self) {
                try await DemoCluster.destroy(directory: directory, onlyID: plan.id)
            }
        }
        #expect(PrivateFiles.names(in: directory) == [ClusterState.fileName])
        try await DemoCluster.destroy(directory: directory)
    }

    @Test("A create that fails removes what it made")
    func failedCreate() async throws {
        let directory = ClusterFixture.freshDirectory()
        let specification = DemoSpecification(
            directory: directory, hosts: 1, primariesPerHost: 1, toolPrograms: "/nonexistent")
        let error = await #expect(throws: DemoError.self) { _ = try await DemoCluster.create(specification) }
        #expect(error?.message.contains("/nonexistent/gpftsd is missing") == true)
        #expect(access(directory, F_OK) != 0)
    }

    @Test(
        "Hosts in namespaces have their own names and addresses and can be cut off", .enabled(if: isRoot, "needs root"))
    func namespaces() async throws {
        try await ClusterFixture.with(hosts: 2, network: .namespaces) { cluster in
            let source = try await cluster.exec(
                "cdw",
                [
                    "psql", "-XAt", "-h", "sdw2", "-p", "\(cluster.state.layout.primaries[0].port)", "-c",
                    "SELECT inet_client_addr()",
                ])
            #expect(source.standardOutput == cluster.hosts[0].address + "\n")
            let stranger = try await cluster.exec(
                "sdw1",
                ["psql", "-XAt", "-h", "sdw2", "-p", "\(cluster.state.layout.primaries[0].port)", "-c", "SELECT 1"])
            #expect(stranger.standardError.contains("no pg_hba.conf entry"))
            #expect(try await cluster.exec("sdw2", ["hostname"]).standardOutput == "sdw2\n")
            let ask = ["ssh", "-F", cluster.secureShellConfiguration, "-o", "ConnectTimeout=1", "sdw2", "hostname"]
            try await cluster.cutHost("sdw2")
            #expect(try await cluster.exec("cdw", ask).status == 255)
            try await cluster.joinHost("sdw2")
            #expect(try await cluster.exec("cdw", ask).standardOutput == "sdw2\n")
            #expect(try await cluster.exec("sdw1", ["sh", "-c", "exit 7"]).status == 7)
        }
    }
}
