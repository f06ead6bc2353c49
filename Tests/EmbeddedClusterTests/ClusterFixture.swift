import BlockingWork
import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient

/// A cluster of its own for one test, removed whatever happens.
enum ClusterFixture {
    /// A name in /tmp that nobody has; nothing is made there.
    static func freshDirectory() -> String { "/tmp/gpdemo-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))" }

    static func with(
        hosts: Int = 1, primariesPerHost: Int = 1, mirrors: DemoMirrors = .none, network: DemoNetwork = .loopback,
        _ body: (DemoCluster) async throws -> Void
    ) async throws {
        let specification = DemoSpecification(
            directory: freshDirectory(), hosts: hosts, primariesPerHost: primariesPerHost, mirrors: mirrors,
            faultTolerance: false, network: network)
        let cluster = try await DemoCluster.create(specification)
        do {
            try await body(cluster)
        } catch {
            try? await cluster.destroy()
            throw error
        }
        // A test may have removed it already.
        if access(cluster.directory, F_OK) == 0 { try await cluster.destroy() }
    }
}

extension DemoCluster {
    /// What the coordinator says against a statement; nil when it takes it.
    func refusal(of sql: String) async -> String? {
        do {
            try await query(sql)
            return nil
        } catch let error as PostgresError { return error.message } catch { return String(describing: error) }
    }

    /// The one value of a statement's answer.
    func value(_ sql: String) async throws -> String? { try await query(sql).value() }
}

/// Whether this process is root's: namespaces need it.
let isRoot = geteuid() == 0
