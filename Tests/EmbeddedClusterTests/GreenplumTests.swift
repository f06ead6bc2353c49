import ClusterModel
import Glibc
import TestSupport
import Testing

@testable import EmbeddedCluster

/// What a cluster of Greenplum servers is made from; no server is needed here.
@Suite struct GreenplumTests {
    private static func state(_ network: DemoNetwork) -> ClusterState {
        let layout = DemoLayout(
            directory: "/d", hosts: 2, primariesPerHost: 1, portBase: 15_432, namesResolve: network == .namespaces
        ) { "127.0.9.\($0)" }
        return ClusterState(
            specification: DemoSpecification(
                directory: "/d", serverPrograms: "/opt/gp7/bin", network: network, engine: .greenplum),
            id: "abc123", account: "gpdabc123", toolPrograms: "/tools", layout: layout)
    }

    @Test(arguments: DemoNetwork.allCases)
    func `the state file keeps the engine, and an older one without it is the embedded engine's`(
        _ network: DemoNetwork
    ) throws {
        let state = Self.state(network)
        #expect(state.text.contains("\nengine=greenplum\n") && !state.faultTolerance)
        #expect(try ClusterState(text: state.text, directory: "/d") == state)
        let older = state.text.replacing("engine=greenplum\n", with: "")
        #expect(try ClusterState(text: older, directory: "/d").engine == .embedded)
        let other = state.text.replacing("engine=greenplum", with: "engine=oracle")
        #expect(throws: DemoError.self) { try ClusterState(text: other, directory: "/d") }
    }

    @Test func `the catalog has names where they resolve, else addresses, and both lead to a host's directory`() {
        let named = Self.state(.namespaces).layout, addressed = Self.state(.loopback).layout
        #expect(named.instances.map(\.hostname) == ["cdw", "sdw1", "sdw2"])
        #expect(addressed.instances.map(\.hostname) == ["127.0.9.1", "127.0.9.3", "127.0.9.4"])
        #expect(named.instances.map(\.dataDirectory) == addressed.instances.map(\.dataDirectory))
        #expect(addressed.standby(dbid: DatabaseID(9)).hostname == "127.0.9.2")
        #expect(addressed.socketDirectory("127.0.9.3") == named.socketDirectory("sdw1"))
    }

    @Test func `every instance has its content and its own dbid, and the coordinator alone a quick service`() {
        let layout = Self.state(.namespaces).layout
        for instance in layout.instances {
            let settings = ServerSettings(
                text: GreenplumSettings.configuration(for: instance, socketDirectory: "/run/s"))
            #expect(settings["gp_contentid"] == "\(instance.content)")
            #expect(settings["port"] == "\(instance.port)")
            #expect(settings["unix_socket_directories"] == "/run/s")
            #expect((settings["gp_fts_probe_retries"] != nil) == instance.isCoordinatorPair)
            #expect(GreenplumSettings.identity(of: instance) == "gp_dbid=\(instance.dbid)\n")
        }
    }

    @Test(arguments: [
        ("postgres (Greenplum Database) 7.0.0 build commit:0a7a35", true),
        ("postgres (Greenplum Database) 7.4.1 build commit:1", true),
        ("postgres (Greenplum Database) 6.24.3 build commit:1", false),
        ("postgres (Apache Cloudberry) 2.0.0", false), ("postgres (PostgreSQL) 15.14", false), ("", false),
    ])
    func `only Greenplum 7's server is taken`(version: String, isTaken: Bool) {
        #expect(GreenplumInstallation.isSupported(version) == isTaken)
    }

    @Test func `an installation of another server is refused with what it says`() throws {
        let directory = try TemporaryDirectory()
        for (text, shown) in [
            ("echo 'postgres (Greenplum Database) 6.24.3 build x'", "Greenplum Database) 6.24.3"),
            ("echo 'unrecognized option' >&2; exit 1", "unrecognized option"),
        ] {
            let path = "\(directory.path)/postgres"
            try PrivateFiles(owner: nil).write("#!/bin/sh\n\(text)\n", to: path, mode: 0o700)
            let error = try #require(throws: DemoError.self) { try GreenplumInstallation.check(directory.path) }
            #expect(error.message.contains("holds no Greenplum 7 server: ") && error.message.contains(shown))
        }
    }

    @Test func `env.sh names the installation for Greenplum's own programs`() {
        let variables = Dictionary(
            uniqueKeysWithValues: ToolEnvironment.variables(of: Self.state(.namespaces)).map { ($0.name, $0.value) })
        #expect(variables["GPHOME"] == "/opt/gp7")
        #expect(variables["PATH"] == "/tools:/opt/gp7/bin")
    }
}
