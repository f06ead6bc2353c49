import CLibSSH
import Glibc

/// Where one host really is, once the configuration has been applied to its name.
struct SSHEndpoint {
    let host: String
    let port: Int
    let user: String
    let usesProxy: Bool
    let knownHosts: String
    /// `-F FILE -p PORT `, for commands that hints name.
    let commandOptions: String

    /// Makes a session for `host` and applies the configuration and then `settings`, which win.
    ///
    /// - Throws: `ShellError` of kind `configuration`.
    static func makeSession(
        for host: String, settings: SSHSettings, files: [String]
    ) throws(ShellError) -> OpaquePointer {
        guard let session = ssh_new() else { throw ShellError(.broken, host: host, reason: "out of memory") }
        do {
            try apply(settings, files: files, to: session, host: host)
        } catch {
            ssh_free(session)
            throw error
        }
        return session
    }

    private static func apply(
        _ settings: SSHSettings, files: [String], to session: OpaquePointer, host: String
    ) throws(ShellError) {
        var isFine = ssh_options_set(session, SSH_OPTIONS_HOST, host) == 0
        // Before the files: `Match user` and `%r` see it, and libssh keeps a user that is set.
        if let user = settings.user { isFine = isFine && ssh_options_set(session, SSH_OPTIONS_USER, user) == 0 }
        guard isFine else {
            throw ShellError(
                .configuration, host: host, reason: "libssh does not take this host or user name",
                hint: "name the host with letters, digits, '.' and '-' alone, or by its address")
        }
        for file in files where ssh_options_parse_config(session, file) != 0 {
            let reason = String(cString: ssh_get_error(UnsafeMutableRawPointer(session)))
            throw ShellError(.configuration, host: host, reason: "cannot use \(file): \(reason)")
        }
        var ignoreDefaults = false
        ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &ignoreDefaults)
        // Always strict for libssh: what to do with an unknown key is decided here.
        var strict: Int32 = 1
        ssh_options_set(session, SSH_OPTIONS_STRICTHOSTKEYCHECK, &strict)
        if let port = settings.port {
            var number = UInt32(clamping: port)
            isFine = isFine && (1...65535).contains(port) && ssh_options_set(session, SSH_OPTIONS_PORT, &number) == 0
        }
        guard isFine else { throw ShellError(.configuration, host: host, reason: "libssh refuses the port") }
    }

    init(session: OpaquePointer, host: String, settings: SSHSettings) {
        self.host = Self.option(SSH_OPTIONS_HOST, of: session) ?? host
        var number: UInt32 = 0
        port = ssh_options_get_port(session, &number) == 0 && number != 0 ? Int(number) : 22
        user = Self.option(SSH_OPTIONS_USER, of: session) ?? settings.user ?? UserAccount.current.name
        usesProxy = Self.option(SSH_OPTIONS_PROXYCOMMAND, of: session) != nil
        let home = UserAccount.current.home
        let path = Self.option(SSH_OPTIONS_KNOWNHOSTS, of: session) ?? "~/.ssh/known_hosts"
        knownHosts = path.hasPrefix("~/") ? home + path.dropFirst() : path
        commandOptions =
            (settings.configFile.map { "-F \(ShellQuoting.word($0)) " } ?? "")
            + (settings.port.map { "-p \($0) " } ?? "")
    }

    /// The file of known hosts as one word for a hint.
    var shownKnownHosts: String {
        let standard = UserAccount.current.home + "/.ssh/known_hosts"
        return knownHosts == standard ? "~/.ssh/known_hosts" : ShellQuoting.word(knownHosts)
    }

    /// How the file of known hosts names it.
    var knownHostsName: String { port == 22 ? host : "[\(host)]:\(port)" }

    private static func option(_ option: ssh_options_e, of session: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard ssh_options_get(session, option, &text) == SSH_OK, let text else { return nil }
        defer { ssh_string_free_char(text) }
        return String(cString: text)
    }
}

/// The account this process runs under, as the user database has it: SSH does not look at `HOME`.
struct UserAccount: Sendable {
    let name: String
    let home: String

    static let current: UserAccount = {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16384)
        guard getpwuid_r(geteuid(), &record, &buffer, buffer.count, &found) == 0, found != nil else {
            return UserAccount(name: String(geteuid()), home: "/")
        }
        return UserAccount(name: String(cString: record.pw_name), home: String(cString: record.pw_dir))
    }()
}
