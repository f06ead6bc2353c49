/// Runs scripts for this machine's own names here, all others over SSH.
public struct RoutingShell: Shell {
    private let localHosts: Set<String>
    private let local: any Shell
    private let remote: any Shell

    /// - Parameter localHosts: the names under which hosts of the cluster are this machine.
    public init(localHosts: Set<String>, local: any Shell, remote: any Shell) {
        self.localHosts = localHosts
        self.local = local
        self.remote = remote
    }

    public func run(_ command: ShellCommand, on host: String) async throws(ShellError) -> CommandOutput {
        try await (localHosts.contains(host) ? local : remote).run(command, on: host)
    }

    public func close() async {
        await local.close()
        await remote.close()
    }
}
