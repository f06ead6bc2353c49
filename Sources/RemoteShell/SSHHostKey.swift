import CLibSSH
import Synchronization

/// Whether the host is the one it was before.
///
/// libssh has no error text for a rejected key (`ssh_get_error` is empty there): the words are ours.
struct SSHHostKey {
    let session: OpaquePointer
    /// The name that the caller knows the host by.
    let host: String
    /// Where the key was really asked for, after `HostName` and `Port`.
    let endpoint: SSHEndpoint
    let policy: SSHConfigurationFile.UnknownKeyPolicy

    /// One writer at a time: two hosts may be new together.
    private static let file = Mutex(())

    /// Checks the key of a session that has agreed on keys.
    ///
    /// - Throws: `ShellError` of kind `unknownHostKey` or `changedHostKey`.
    func check() throws(ShellError) {
        switch ssh_session_is_known_server(session) {
        case SSH_KNOWN_HOSTS_OK: return
        case SSH_KNOWN_HOSTS_CHANGED, SSH_KNOWN_HOSTS_OTHER: throw changed()
        case SSH_KNOWN_HOSTS_ERROR:
            throw ShellError(
                .configuration, host: host, reason: "cannot read the known hosts in \(endpoint.knownHosts)")
        default:
            guard policy == .accept else { throw unknown() }
            try add()
        }
    }

    /// `SHA256:` and the hash, as `ssh-keygen -l` prints it.
    static func fingerprint(of session: OpaquePointer) -> String? {
        var key: ssh_key?
        guard ssh_get_server_publickey(session, &key) == SSH_OK, let key else { return nil }
        defer { ssh_key_free(key) }
        var hash: UnsafeMutablePointer<UInt8>?
        var length = 0
        guard ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) == SSH_OK, let hash else {
            return nil
        }
        defer {
            var spent: UnsafeMutablePointer<UInt8>? = hash
            ssh_clean_pubkey_hash(&spent)
        }
        guard let text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length) else { return nil }
        defer { ssh_string_free_char(text) }
        return String(cString: text)
    }

    private var shownKey: String { Self.fingerprint(of: session) ?? "of a kind without fingerprint" }

    private func add() throws(ShellError) {
        guard Self.file.withLock({ _ in ssh_session_update_known_hosts(session) }) == SSH_OK else {
            throw ShellError(
                .configuration, host: host, reason: "cannot add the host key to \(endpoint.knownHosts)")
        }
    }

    private func unknown() -> ShellError {
        ShellError(
            .unknownHostKey, host: host,
            reason: "the host key \(shownKey) is not known",
            hint: endpoint.usesProxy
                ? "compare the fingerprint with the host's own, then: "
                    + "ssh \(endpoint.commandOptions)\(ShellQuoting.word(host)) true"
                : "ssh-keyscan -p \(endpoint.port) \(endpoint.host) >> \(endpoint.shownKnownHosts)")
    }

    private func changed() -> ShellError {
        ShellError(
            .changedHostKey, host: host,
            reason: "the host key has changed: it is now \(shownKey); someone may be listening in",
            hint: "if the host was set up anew: ssh-keygen -R \(ShellQuoting.word(endpoint.knownHostsName)) "
                + "-f \(endpoint.shownKnownHosts)")
    }
}
