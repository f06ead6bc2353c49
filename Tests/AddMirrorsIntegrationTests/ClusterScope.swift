import EmbeddedCluster
import Glibc
import TestClusters
import TestSupport
import Testing

/// Everything here works on real clusters: one at a time, made for a suite and destroyed after it.
@Suite(.serialized) enum OnClusters {}

/// Makes a cluster for a suite, lets all its tests use it, and destroys it whatever became of them.
struct ClusterScope: SuiteTrait, TestScoping {
    let hosts: Int
    let primariesPerHost: Int
    let network: DemoNetwork

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let cluster = try await TestCluster.create(hosts: hosts, primariesPerHost: primariesPerHost, network: network)
        let result: Result<Void, any Error>
        do {
            try await TestCluster.$shared.withValue(cluster) { try await function() }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await cluster.demo.destroy()
        try result.get()
    }
}

extension Trait where Self == ClusterScope {
    /// A cluster without mirrors that all tests of the suite share, one after the other.
    static func cluster(hosts: Int, primariesPerHost: Int, network: DemoNetwork = .loopback) -> Self {
        ClusterScope(hosts: hosts, primariesPerHost: primariesPerHost, network: network)
    }
}

extension TestCluster {
    @TaskLocal static var shared: TestCluster?

    /// The cluster of the running suite, its mirrors taken away and everything running.
    static func fresh() async throws -> TestCluster {
        guard let shared else { throw TestFailure("the suite has no cluster") }
        try await shared.restore()
        return shared
    }

    /// Makes a cluster in a new directory, with the tools that were built beside the tests.
    static func create(hosts: Int, primariesPerHost: Int, network: DemoNetwork) async throws -> TestCluster {
        let directory = try makeTemporaryDirectory(named: "gam")
        do {
            let demo = try await DemoCluster.create(
                DemoSpecification(
                    directory: directory, hosts: hosts, primariesPerHost: primariesPerHost, network: network,
                    toolPrograms: toolPrograms
                ).underTest)
            return try await TestCluster(demo)
        } catch {
            rmdir(directory)
            throw error
        }
    }

    /// Where the tools are: `GPHA_TOOLS`, else the debug build of this package.
    private static var toolPrograms: String {
        if let chosen = getenv("GPHA_TOOLS") { return String(cString: chosen) }
        // This file is three levels below the package.
        let package = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        return package + "/.build/debug"
    }
}
