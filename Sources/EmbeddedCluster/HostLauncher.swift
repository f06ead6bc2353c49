/// Turns a command into one that runs on a host of the cluster, as the cluster's account.
struct HostLauncher: Sendable {
    let state: ClusterState
    let account: Account

    /// What goes before a command: into the host's namespace under its name, then to the account.
    func prefix(host: String) -> [String] {
        guard state.network == .namespaces else { return accountPrefix }
        let host = state.layout.host(host)?.name ?? host
        return [
            "/sbin/ip", "netns", "exec", HostNetwork(state: state).namespace(of: host), "/usr/bin/unshare", "--uts",
            "--", "/bin/sh", "-c", "hostname \"$0\" && exec \"$@\"", host,
        ] + accountPrefix
    }

    /// From root to the account; nothing when this process runs as the account already.
    var accountPrefix: [String] {
        guard Account.isRoot else { return [] }
        return ["/usr/bin/setpriv", "--reuid=\(account.user)", "--regid=\(account.group)", "--clear-groups", "--"]
    }

    /// A command on a host, with the tools' environment.
    func program(
        on host: String, _ arguments: [String], purpose: String, timeout: Duration = .seconds(60)
    ) -> Program {
        Program(
            arguments: prefix(host: host) + arguments,
            environment: ToolEnvironment.whole(
                of: state, host: state.layout.host(host)?.name ?? host, home: account.home),
            workingDirectory: state.layout.directory, timeout: timeout, purpose: purpose)
    }

    /// A command as the account that needs no host: initdb, key generation.
    func localProgram(_ arguments: [String], purpose: String, timeout: Duration = .seconds(60)) -> Program {
        Program(
            arguments: accountPrefix + arguments,
            environment: ToolEnvironment.whole(of: state, host: DemoLayout.coordinatorHost, home: account.home),
            workingDirectory: state.layout.directory, timeout: timeout, purpose: purpose)
    }
}
