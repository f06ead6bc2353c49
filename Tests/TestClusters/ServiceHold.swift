import BlockingWork
import ClusterModel
public import EmbeddedCluster
public import Glibc

/// The fault-tolerance service kept away, and parts of servers that stand still.
extension DemoCluster {
    /// Runs `body`, which may end the coordinator, while `gpftsd` does not run; Greenplum's service is a part of the
    /// coordinator and ends and starts with it.
    public func withoutFaultToleranceProgram<Result: Sendable>(
        _ body: () async throws -> Result
    ) async throws -> Result {
        if TestEngine.isGreenplum { return try await body() }
        try await stopFaultTolerance()
        do {
            let result = try await body()
            try await startFaultTolerance()
            return result
        } catch {
            try await startFaultTolerance()
            throw error
        }
    }

    /// Runs `body` while no fault-tolerance service looks at anything, so that the catalog stays as it is.
    ///
    /// The embedded engine's is ended, and started again. Greenplum's is a process of the coordinator: it stands still
    /// between two probes, where it holds no lock, and goes on afterwards; a coordinator that `body` ends would wait for it.
    /// - Throws: what `body` throws; `DemoError` when there is no such process.
    public func withoutFaultTolerance<Result: Sendable>(
        _ body: () async throws -> Result
    ) async throws -> Result {
        guard TestEngine.isGreenplum else { return try await withoutFaultToleranceProgram(body) }
        let coordinator = try await instances().first { $0.isCoordinatorPair && $0.role == .primary }
        guard let service = coordinator.flatMap({ auxiliary("ftsprobe", of: process(of: $0)) }) else {
            throw DemoError("the coordinator has no process ftsprobe")
        }
        try await query("SELECT pg_catalog.gp_request_fts_probe_scan()", timeout: .seconds(60))
        // Its cycle is over when it says so; the next one begins seconds later.
        try await Task.sleep(for: .milliseconds(100))
        kill(service, SIGSTOP)
        defer { kill(service, SIGCONT) }
        return try await body()
    }

    /// The process of a server that has this word in its title: `ftsprobe`, `startup`.
    ///
    /// - Parameter postmaster: nil has none.
    public func auxiliary(_ word: String, of postmaster: pid_t?) -> pid_t? {
        guard let postmaster, let children = try? LocalFiles.read("/proc/\(postmaster)/task/\(postmaster)/children")
        else { return nil }
        return children.split(separator: " ").compactMap { pid_t($0) }.first { child in
            (try? LocalFiles.read("/proc/\(child)/cmdline"))?.contains(word) == true
        }
    }
}
