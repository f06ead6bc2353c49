import CLibSSH

/// Logs in with keys: the one that the caller named before all others, then the agent's and the configured ones.
struct SSHLogin {
    let session: OpaquePointer
    let settings: SSHSettings
    let rules: SSHConfigurationFile.Rules

    /// Goes through the keys.
    ///
    /// - Parameter wait: called while the host's answer is outstanding.
    /// - Returns: libssh's status, success or not.
    func run(_ wait: () throws(ShellError) -> Void) throws(ShellError) -> Int32 {
        // libssh would ask the agent, whatever the configuration says; a directory is no socket.
        if rules.identitiesOnly { ssh_options_set(session, SSH_OPTIONS_IDENTITY_AGENT, "/") }
        if let status = try runNamedKey(wait),
            status == SSH_AUTH_SUCCESS.rawValue || status == SSH_AUTH_ERROR.rawValue
        {
            return status
        }
        var status = ssh_userauth_publickey_auto(session, nil, nil)
        while status == SSH_AUTH_AGAIN.rawValue {
            try wait()
            status = ssh_userauth_publickey_auto(session, nil, nil)
        }
        return status
    }

    /// - Returns: nil when there is none, or it cannot be read without a passphrase: the agent may have it.
    private func runNamedKey(_ wait: () throws(ShellError) -> Void) throws(ShellError) -> Int32? {
        guard let path = settings.identity else { return nil }
        var key: ssh_key?
        let none: ssh_auth_callback = { _, _, _, _, _, _ in -1 }
        guard ssh_pki_import_privkey_file(path, nil, none, nil, &key) == SSH_OK, let key else { return nil }
        defer { ssh_key_free(key) }
        var status = ssh_userauth_publickey(session, nil, key)
        while status == SSH_AUTH_AGAIN.rawValue {
            try wait()
            status = ssh_userauth_publickey(session, nil, key)
        }
        return status
    }
}
