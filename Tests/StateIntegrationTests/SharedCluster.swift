import BlockingWork
import EmbeddedCluster
import Glibc
import TestClusters
import TestSupport
import Testing

/// All tests with clusters of their own, one after the other.
@Suite(.serialized)
struct RealClusters {
    /// These share one cluster, and each leaves it as it found it.
    @Suite(.serialized, .mirroredCluster)
    struct ClusterTests {}
}

/// A cluster of two hosts with two primaries each and their mirrors, for the tests of a suite.
///
/// As root its hosts are network namespaces, so that one can be cut off; otherwise they are loopback addresses.
struct SharedCluster: Sendable {
    /// The one that the running test has.
    @TaskLocal static var current: SharedCluster?

    let cluster: DemoCluster
    let place: TemporaryDirectory

    /// The running test's cluster.
    ///
    /// - Throws: `TestFailure` outside the suite.
    static func get() throws -> SharedCluster {
        guard let current else { throw TestFailure("no cluster: the suite has no cluster trait") }
        return current
    }

    static var network: DemoNetwork { geteuid() == 0 ? .namespaces : .loopback }

    /// Makes a cluster with mirrors in sync, runs `body`, and removes it whatever happens.
    static func with(
        hosts: Int = 2, primariesPerHost: Int = 2, standby: Bool = false,
        _ body: @Sendable (SharedCluster) async throws -> Void
    ) async throws {
        let place = try TemporaryDirectory()
        // The cluster's account must get there.
        chmod(place.path, 0o755)
        let directory = place.path + "/c"
        let guardian = try Guardian(directory: directory)
        defer { guardian.release() }
        let specification = DemoSpecification(
            directory: directory, hosts: hosts, primariesPerHost: primariesPerHost, standby: standby,
            network: network, toolPrograms: BuiltPrograms.debug
        ).underTest
        let shared = SharedCluster(cluster: try await DemoCluster.create(specification), place: place)
        do {
            let run = try await shared.tool([
                "gpaddmirrors", "-a", "-m", shared.cluster.mirrorDirectoryList, "--wait=60",
            ])
            guard run.status == 0 else { throw TestFailure("gpaddmirrors: \(run.output)\(run.error)") }
            try await body(shared)
        } catch {
            try? await DemoCluster.destroy(directory: directory)
            throw error
        }
        try await DemoCluster.destroy(directory: directory)
    }
}

/// Gives a suite its cluster.
struct MirroredClusterTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await SharedCluster.with { cluster in
            try await SharedCluster.$current.withValue(cluster) { try await function() }
        }
    }
}

extension Trait where Self == MirroredClusterTrait {
    static var mirroredCluster: Self { Self() }
}

/// Removes a cluster when this process ends without having done it, however it ends.
struct Guardian {
    private let lifeLine: Int32

    init(directory: String) throws {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw TestFailure("no socket pair: errno \(errno)")
        }
        lifeLine = ends[0]
        let guardian = try startProgram(
            [
                "/bin/sh", "-c",
                "trap '' INT TERM HUP; read -r word; [ \"$word\" = released ] || \"$1\" destroy -l \"${2%/c}\" --dir \"$2\"; "
                    + "rm -rf \"${2%/c}\"",
                "sh", BuiltPrograms.debug + "/gpdemo", directory,
            ], input: ends[1])
        close(ends[1])
        _ = Thread.detach {
            var status: Int32 = 0
            waitpid(guardian, &status, 0)
        }
    }

    func release() {
        _ = "released\n".withCString { send(lifeLine, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        close(lifeLine)
    }
}
