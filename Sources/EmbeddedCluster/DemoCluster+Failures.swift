import BlockingWork
import ClusterModel
import Glibc

extension DemoCluster {
    /// Takes a host off the network; what runs on it goes on running (namespaces only).
    public func cutHost(_ name: String) async throws { try await setCable(of: name, up: false) }

    /// Puts a host back on the network (namespaces only).
    public func joinHost(_ name: String) async throws { try await setCable(of: name, up: true) }

    private func setCable(of name: String, up: Bool) async throws {
        let host = try host(name)
        guard state.network == .namespaces else {
            throw DemoError(
                "hosts on loopback cannot be cut off", hint: "create the cluster with --network namespaces")
        }
        guard Account.isRoot else { throw DemoError("cutting off a host needs root") }
        try await threads.run { [state] in try HostNetwork(state: state).setCable(of: host.name, up: up) }
    }

    /// Kills everything that runs on a host with SIGKILL, sshd too, as a loss of power would.
    public func killHost(_ name: String) async throws {
        let host = try host(name)
        try await threads.run { [state] in
            try ClusterProcesses.kill { ClusterProcesses(state: state).ofHost(host) }
        }
    }

    /// Starts a killed host's sshd and the instances that may run there; with the coordinator's host, `gpftsd` too.
    public func startHost(_ name: String) async throws {
        let host = try host(name)
        try await threads.run { [secureShells] in try secureShells.start(host) }
        if host.name == DemoLayout.coordinatorHost { try await start(state.layout.coordinator) }
        let own = try await instances().filter { [host.name, host.address].contains($0.hostname) && Self.mayStart($0) }
        try await each(own, on: threads) { [servers] in try servers.start($0) }
        guard state.faultTolerance, host.name == DemoLayout.coordinatorHost else { return }
        try await startFaultTolerance()
    }
}
