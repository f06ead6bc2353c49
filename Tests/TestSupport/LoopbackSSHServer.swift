import Glibc

/// A real sshd on 127.0.0.1 with its own keys and configuration, for one test.
///
/// As root it needs `/run/sshd`; under another account it admits only that account.
public final class LoopbackSSHServer: Sendable {
    public let directory: TemporaryDirectory
    public let port: Int
    private let process: pid_t
    private let lifeLine: Int32

    /// - Parameters:
    ///   - options: more lines for `sshd_config`.
    ///   - clientOptions: more lines for the client's configuration, before its defaults.
    ///   - knowsHost: whether the client knows the host key.
    public init(
        options: [String] = [], clientOptions: [String] = [], knowsHost: Bool = true
    ) async throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
        for key in ["host_key", "user_key"] {
            try runProgram(["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory.path + "/" + key])
        }
        try directory.write(directory.read("user_key.pub"), to: "authorized_keys")
        port = try Loopback.freePort()
        let account = String(cString: getpwuid(geteuid()).pointee.pw_name)
        try directory.write(
            (options + [
                "Port \(port)", "ListenAddress 127.0.0.1", "HostKey \(directory.path)/host_key",
                "AuthorizedKeysFile \(directory.path)/authorized_keys", "PidFile none", "StrictModes no",
                "UsePAM no", "PasswordAuthentication no", "KbdInteractiveAuthentication no",
                "PermitRootLogin prohibit-password", "AllowUsers \(account)", "LogLevel VERBOSE",
            ]).joined(separator: "\n") + "\n", to: "sshd_config")
        let name = "[127.0.0.1]:\(port) "
        try directory.write(
            knowsHost ? name + directory.read("host_key.pub") : "", to: "known_hosts")
        try directory.write(
            (clientOptions + [
                "Host *", "  HostName 127.0.0.1", "  Port \(port)", "  IdentityFile \(directory.path)/user_key",
                "  UserKnownHostsFile \(directory.path)/known_hosts",
            ]).joined(separator: "\n") + "\n", to: "ssh_config")
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw TestFailure("no socket pair: errno \(errno)")
        }
        lifeLine = ends[0]
        // The server ends with this process, however that ends.
        process = try startProgram(
            [
                "/bin/sh", "-c",
                "exec 3<&0; \"$@\" </dev/null 3<&- & server=$!; read -r end <&3; kill \"$server\"; wait \"$server\"",
                "sh",
                "/usr/sbin/sshd", "-D", "-e", "-f", directory.path + "/sshd_config",
            ], input: ends[1], log: directory.path + "/sshd.log")
        close(ends[1])
        let port = port
        guard await eventually(within: .seconds(10), { Loopback.accepts(port: port) }) else {
            throw TestFailure("sshd did not start: \(directory.read("sshd.log"))")
        }
    }

    deinit {
        close(lifeLine)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    /// The client's configuration file.
    public var configFile: String { directory.path + "/ssh_config" }

    /// How many logins succeeded so far.
    public var logins: Int {
        directory.read("sshd.log").split(whereSeparator: \.isNewline).count { $0.hasPrefix("Accepted publickey") }
    }
}
