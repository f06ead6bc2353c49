import ClusterModel
import RemoteShell
import Testing

@testable import EmbeddedCluster

@Suite("Layout and texts of an embedded cluster")
struct LayoutTests {
    private let layout = DemoLayout(directory: "/d", hosts: 3, primariesPerHost: 2, portBase: 15_432) {
        "127.0.9.\($0)"
    }

    @Test("Hosts have the names and addresses of a cluster, instances the same ports everywhere")
    func instances() {
        #expect(layout.hosts.map(\.name) == ["cdw", "scdw", "sdw1", "sdw2", "sdw3"])
        #expect(layout.hosts.map(\.address) == (1...5).map { "127.0.9.\($0)" })
        #expect(layout.coordinator.dataDirectory == "/d/hosts/cdw/coordinator/gpseg-1")
        #expect(layout.primaries.map(\.port) == [16_432, 16_433, 16_432, 16_433, 16_432, 16_433])
        #expect(layout.primaries.map(\.content.rawValue) == Array(0..<6))
        #expect(layout.primaries[3].dataDirectory == "/d/hosts/sdw2/primary2/gpseg3")
        #expect(Set(layout.instances.map(\.dbid)).count == 7)
        #expect(throws: Never.self) { try ClusterConfiguration(rows: layout.instances) }
    }

    @Test("Mirrors at the default offset stay within the listed ports, on the listed directories")
    func mirrorPorts() throws {
        var state = try Self.state(layout)
        state.mirrors = .spread
        let mirrors = try MirrorBuilding.mirrors(of: state).map(\.mirror)
        #expect(mirrors.count == 6)
        #expect(mirrors.allSatisfy { layout.ports.contains($0.port) })
        #expect(
            mirrors.allSatisfy { mirror in layout.mirrorDirectories.contains { mirror.dataDirectory.hasPrefix($0) } })
        #expect(Set(mirrors.map(\.dbid.rawValue)) == Set(8...13))
    }

    @Test("The state file says all of the state again when it is read")
    func stateFile() throws {
        let state = try Self.state(layout)
        #expect(try ClusterState(text: state.text, directory: "/d") == state)
    }

    @Test(
        "A broken state file is refused",
        arguments: [
            "", "# another file\nid=abc123\n", "# gpdemo cluster, format 1\nnonsense\n",
            "# gpdemo cluster, format 1\nid=abc123\nhost=only one\n",
        ])
    func brokenStateFile(text: String) {
        #expect(throws: DemoError.self) { try ClusterState(text: text, directory: "/d") }
    }

    @Test(
        "An id that could reach other names than the cluster's own is refused",
        arguments: ["../../x", "a*b c;", "", "ABCDEF"])
    func hostileID(id: String) throws {
        let text = try Self.state(layout).text.replacing("id=abc123", with: "id=\(id)")
        #expect(throws: DemoError.self) { try ClusterState(text: text, directory: "/d") }
    }

    @Test(
        "A specification that cannot become a cluster is refused",
        arguments: [
            DemoSpecification(directory: "relative"), DemoSpecification(directory: "/d\n"),
            DemoSpecification(directory: "/" + String(repeating: "x", count: 90)),
            DemoSpecification(directory: "/a\"b"), DemoSpecification(directory: "/a%b"),
            DemoSpecification(directory: "/d", hosts: 0), DemoSpecification(directory: "/d", primariesPerHost: 0),
            DemoSpecification(directory: "/d", portBase: 1024), DemoSpecification(directory: "/d", portBase: 32_000),
        ])
    func badSpecification(specification: DemoSpecification) {
        #expect(throws: DemoError.self) { try specification.validate() }
    }

    @Test("The longest directory that is let in still has room for a socket")
    func longestDirectory() throws {
        let longest = (1...107).last { length in
            let specification = DemoSpecification(directory: "/" + String(repeating: "x", count: length - 1))
            return (try? specification.validate()) != nil
        }
        let socket = "/hosts/sdw4/run/.s.PGSQL.65535".utf8.count
        #expect(longest == 107 - socket)
    }

    @Test("Mirror layouts are read as they are written", arguments: ["none", "group", "spread", "block:3"])
    func mirrors(text: String) { #expect(DemoMirrors(text)?.description == text) }

    @Test("Anything else is no mirror layout", arguments: ["", "block", "block:1", "block:x", "Group", "block:2:3"])
    func noMirrors(text: String) { #expect(DemoMirrors(text) == nil) }

    @Test("No rule of pg_hba.conf lets everybody in, none lets a replica in, and namespaces know no loopback client")
    func access() {
        for network in DemoNetwork.allCases {
            let text = InstanceSettings.access(account: "gp", coordinatorAddress: "10.1.1.1", network: network)
            let rules = text.split(separator: "\n").filter { $0.hasPrefix("host") }.map { $0.split(separator: " ") }
            #expect(rules.allSatisfy { $0[1] == "all" && $0[2] == "\"gp\"" })
            #expect(rules.contains { $0[3] == "10.1.1.1/32" })
            #expect(!rules.contains { $0[3] == "all" || $0[3] == "samenet" || $0[3].hasSuffix("/0") })
            #expect(rules.contains { $0[3] == "127.0.0.1/32" } == (network == .loopback))
        }
    }

    @Test("env.sh keeps quotes and blanks of a directory, and the caller's PATH")
    func environmentScript() throws {
        let odd = DemoLayout(directory: "/it's a \"dir\"", hosts: 1, primariesPerHost: 1, portBase: 15_432) {
            "127.0.9.\($0)"
        }
        let script = ToolEnvironment.script(of: try Self.state(odd))
        let output = try Program(
            arguments: ["/bin/sh", "-c", script + "\nprintf '%s\\n' \"$COORDINATOR_DATA_DIRECTORY\" \"$PATH\""],
            environment: ["PATH": "/bin"], purpose: "sourcing env.sh"
        ).run()
        let lines = output.standardOutput.split(separator: "\n")
        #expect(lines == ["/it's a \"dir\"/hosts/cdw/coordinator/gpseg-1", "/tools:/pg:/bin"])
    }

    @Test("Each host's sshd takes keys of one account only and forwards nothing")
    func secureShell() throws {
        let text = SSHSettings.server(host: layout.hosts[2], state: try Self.state(layout))
        let lines = Set(text.split(separator: "\n").map(String.init))
        for wanted in [
            "ListenAddress 127.0.9.3", "Port 15454", "AllowUsers gpdabc123", "AuthenticationMethods publickey",
            "PasswordAuthentication no", "UsePAM no", "DisableForwarding yes",
        ] { #expect(lines.contains(wanted)) }
        #expect(lines.filter { $0.hasPrefix("SetEnv") }.count == 1)
    }

    @Test(
        "A postmaster, a reader of the log or another cluster's gpftsd is not taken for gpftsd",
        arguments: [
            ("/usr/bin/gpftsd\0-d\0/data/gpseg-1\0", true),
            ("/usr/lib/postgresql/15/bin/postgres\0-D\0/data/gpseg-1\0", false),
            ("tail\0/data/gpseg-1/log/gpftsd.log\0", false), ("/usr/bin/gpftsd\0-d\0/data/gpseg-10\0", false),
            ("", false),
        ])
    func commandLine(_ line: String, _ isOurs: Bool) {
        #expect(FaultToleranceDaemon.isFaultTolerance(line, of: "/data/gpseg-1") == isOurs)
    }

    static func state(_ layout: DemoLayout) throws -> ClusterState {
        ClusterState(
            specification: DemoSpecification(directory: layout.directory, serverPrograms: "/pg"), id: "abc123",
            account: "gpdabc123", toolPrograms: "/tools", layout: layout)
    }
}
