/// The texts of the hosts' sshd configurations and of the client's.
enum SSHSettings {
    /// The sshd of one host: keys only, one account, no forwarding of any kind.
    static func server(host: DemoHost, state: ClusterState) -> String {
        let layout = state.layout
        let place = layout.hostDirectory(host.name)
        return """
            Port \(layout.sshPort)
            ListenAddress \(host.address)
            HostKey \(word("\(place)/ssh_host_ed25519_key"))
            PidFile \(word("\(place)/sshd.pid"))
            AuthorizedKeysFile \(word("\(layout.directory)/ssh/authorized_keys"))
            AllowUsers \(state.account)
            AuthenticationMethods publickey
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            UsePAM no
            StrictModes no
            DisableForwarding yes
            PermitTunnel no
            PermitUserEnvironment no
            PermitUserRC no
            PrintMotd no
            PrintLastLog no
            UseDNS no
            SetEnv \(word("PATH=\(state.serverPrograms):/usr/local/bin:/usr/bin:/bin")) \(word("RSYNC_RSH=\(remoteShell(state))")) \(own(state, host))

            """
    }

    /// The client's configuration: every host by name and by address, nothing asked, nothing guessed.
    ///
    /// What costs least first: SSH's own preferences take more of the one machine that plays all hosts.
    static func client(state: ClusterState) -> String {
        let directory = state.layout.directory
        return state.layout.hosts.map { host in
            """
            Host \(host.name) \(host.address)
                HostName \(host.address)
                Port \(state.layout.sshPort)
                User \(state.account)
                IdentityFile \(word("\(directory)/ssh/id_ed25519"))
                IdentitiesOnly yes
                KexAlgorithms curve25519-sha256
                Ciphers aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr
                UserKnownHostsFile \(word("\(directory)/ssh/known_hosts"))
                StrictHostKeyChecking yes

            """
        }.joined(separator: "\n")
    }

    /// How rsync gets from one host to another (`RSYNC_RSH`): with the cluster's own key and names.
    ///
    /// rsync splits it at blanks; between single quotes only a single quote, doubled, has a meaning.
    static func remoteShell(_ state: ClusterState) -> String {
        let configuration = "\(state.layout.directory)/ssh/config".split(
            separator: "'", omittingEmptySubsequences: false)
        return "ssh -F '\(configuration.joined(separator: "''"))'"
    }

    /// The hosts' public keys, in the form for a port of its own.
    ///
    /// - Parameter publicKey: the text of a host's `.pub` file.
    static func knownHosts(layout: DemoLayout, publicKey: (DemoHost) throws -> String) rethrows -> String {
        try layout.hosts.map { host in
            let words = try publicKey(host).split(whereSeparator: \.isWhitespace).prefix(2)
            return "[\(host.address)]:\(layout.sshPort) \(words.joined(separator: " "))\n"
        }.joined()
    }

    /// What marks every process of a session as this cluster's and this host's; sshd obeys one SetEnv line only.
    private static func own(_ state: ClusterState, _ host: DemoHost) -> String {
        "GPDEMO_CLUSTER=\(state.id) GPDEMO_HOST=\(host.name)"
    }

    private static func word(_ text: String) -> String { "\"\(text)\"" }
}
