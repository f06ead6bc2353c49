public import ClusterModel
import PostgresClient

/// What of a cluster is there now.
public struct DemoStatus: Sendable {
    /// One instance of the catalog and its server.
    public struct Instance: Sendable {
        public let segment: Segment
        /// The postmaster's process ID; nil when it does not run.
        public let process: Int32?
    }

    /// One host and its sshd.
    public struct Host: Sendable {
        public let host: DemoHost
        /// The process ID of its sshd; nil when it does not run.
        public let process: Int32?
    }

    public let hosts: [Host]
    /// As the catalog names them; as the cluster was laid out when the coordinator does not answer.
    public let instances: [Instance]
    /// Why the catalog could not be read; nil when it was.
    public let catalogProblem: String?
    /// What the servers are.
    public let engine: DemoEngine
    /// The process ID of `gpftsd`; nil when it does not run.
    public let faultTolerance: Int32?
}

extension DemoCluster {
    /// Looks at every process and at the catalog; changes nothing.
    public func status() async -> DemoStatus {
        var segments = state.layout.instances
        var problem: String?
        do { segments = try await instances() } catch {
            problem = String(describing: error).split(whereSeparator: \.isNewline).first.map(String.init)
        }
        return DemoStatus(
            hosts: hosts.map { DemoStatus.Host(host: $0, process: secureShells.process(of: $0)) },
            instances: segments.map { DemoStatus.Instance(segment: $0, process: process(of: $0)) },
            catalogProblem: problem, engine: state.engine, faultTolerance: faultTolerance.process)
    }
}
