import BlockingWork
import Glibc
import RemoteShell

/// Makes the keys of a cluster and runs one sshd per host.
struct SecureShellServers: Sendable {
    let launcher: HostLauncher
    let files: PrivateFiles
    private var state: ClusterState { launcher.state }
    private var layout: DemoLayout { state.layout }

    /// Makes the account's key, every host's key, and the configurations of both sides.
    func prepare() throws(DemoError) {
        let directory = "\(layout.directory)/ssh"
        try files.makeDirectory(directory)
        try makeKey("\(directory)/id_ed25519", comment: "gpdemo \(state.id)")
        try files.write(try PrivateFiles.read("\(directory)/id_ed25519.pub"), to: "\(directory)/authorized_keys")
        var known: [String: String] = [:]
        for host in layout.hosts {
            let key = "\(layout.hostDirectory(host.name))/ssh_host_ed25519_key"
            try makeKey(key, comment: host.name)
            known[host.name] = try PrivateFiles.read("\(key).pub")
            try files.write(SSHSettings.server(host: host, state: state), to: configuration(of: host))
        }
        // Who can write a client's configuration can run commands as whoever uses it: root's is root's.
        let shared = PrivateFiles(owner: nil)
        let mode: mode_t = Account.isRoot ? 0o644 : 0o600
        try shared.write(SSHSettings.client(state: state), to: "\(directory)/config", mode: mode)
        try shared.write(
            SSHSettings.knownHosts(layout: layout) { known[$0.name] ?? "" }, to: "\(directory)/known_hosts",
            mode: mode)
    }

    /// Starts a host's sshd and waits until it listens; nothing when it runs.
    func start(_ host: DemoHost) throws(DemoError) {
        guard process(of: host) == nil else { return }
        let file = pidFile(of: host)
        unlink(file)
        let log = "\(layout.hostDirectory(host.name))/sshd.log"
        let output = try launcher.program(
            on: host.name, ["/usr/sbin/sshd", "-f", configuration(of: host), "-E", log],
            purpose: "starting sshd of \(host.name)"
        ).run()
        let deadline = Deadline.after(.seconds(10))
        // sshd writes its pid file after it has bound its port.
        while output.succeeded, process(of: host) == nil, !deadline.isPast { usleep(5_000) }
        guard process(of: host) == nil else { return }
        let last = ((try? PrivateFiles.read(log)) ?? "").split(whereSeparator: \.isNewline).last.map(String.init)
        throw DemoError("sshd of \(host.name) does not start: \(last ?? output.lastErrorLine)", hint: "see \(log)")
    }

    /// Ends a host's sshd; sessions that are open stay until they end.
    func stop(_ host: DemoHost) {
        guard let process = process(of: host) else { return }
        kill(process, SIGTERM)
        let deadline = Deadline.after(.seconds(5))
        while self.process(of: host) != nil, !deadline.isPast { usleep(5_000) }
    }

    /// The process of a host's sshd; nil when it does not run.
    func process(of host: DemoHost) -> pid_t? {
        guard let text = try? PrivateFiles.read(pidFile(of: host)),
            let process = pid_t(text.filter(\.isNumber)), process > 1,
            // The number may be another program's by now.
            let words = try? PrivateFiles.read("/proc/\(process)/cmdline"), words.contains(configuration(of: host))
        else { return nil }
        return process
    }

    private func pidFile(of host: DemoHost) -> String { "\(layout.hostDirectory(host.name))/sshd.pid" }
    private func configuration(of host: DemoHost) -> String { "\(layout.hostDirectory(host.name))/sshd.conf" }

    private func makeKey(_ path: String, comment: String) throws(DemoError) {
        let program = launcher.localProgram(
            ["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path],
            purpose: "making the key \(path)")
        let output = try program.run()
        guard output.succeeded else { throw DemoError("\(program.purpose): \(output.lastErrorLine)") }
    }
}
