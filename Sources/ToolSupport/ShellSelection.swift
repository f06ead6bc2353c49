public import RemoteShell

extension ShellOptions {
    /// The shell of a run: this machine's own for `localHosts`, SSH for all others.
    ///
    /// - Parameters:
    ///   - localHosts: names of the host that this tool runs on.
    ///   - width: how many hosts are being connected at once.
    public func shell(localHosts: Set<String>, width: Int, environment: [String: String]) -> any Shell {
        let settings = SSHSettings(
            configFile: configFile(environment), port: port, user: user, identity: identityFile,
            connectTimeout: hostTimeout, width: width)
        return RoutingShell(localHosts: localHosts, local: LocalShell(), remote: SSHShell(settings: settings))
    }
}

extension StandardOptions {
    /// Where the log files are: `-l`, else `~/gpAdminLogs`.
    public func logDirectory(_ environment: [String: String]) -> String {
        LogFile.directory(logDirectory, environment: environment)
    }
}
