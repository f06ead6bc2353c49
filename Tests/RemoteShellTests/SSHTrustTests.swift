import Glibc
import RemoteShell
import TestSupport
import Testing

@Suite("Keys, logins and configuration", .serialized)
struct SSHTrustTests {
    private let command = ShellCommand("echo fine", purpose: "a test")

    @Test("An unknown host key is refused with its fingerprint; the hint's command makes it known")
    func unknownKey() async throws {
        let server = try await LoopbackSSHServer(knowsHost: false)
        let shell = SSHShell(settings: settings(server))
        let error = try #require(await failure(shell, command))
        #expect(error.kind == .unknownHostKey)
        #expect(error.reason.contains("SHA256:"))
        let hint = try #require(error.hint)
        #expect(hint.hasPrefix("ssh-keyscan -p \(server.port) 127.0.0.1 >> "))
        try runProgram(["/bin/sh", "-c", hint])
        #expect(try await shell.run(command, on: "sdw1").standardOutput == "fine\n")
        await shell.close()
    }

    @Test("A changed host key is refused, whatever the configuration allows", arguments: ["yes", "no", "accept-new"])
    func changedKey(policy: String) async throws {
        let server = try await LoopbackSSHServer(clientOptions: ["StrictHostKeyChecking \(policy)"])
        let other = try await LoopbackSSHServer()
        try server.directory.write(
            "[127.0.0.1]:\(server.port) " + other.directory.read("host_key.pub"), to: "known_hosts")
        let shell = SSHShell(settings: settings(server))
        let error = try #require(await failure(shell, command))
        #expect(error.kind == .changedHostKey)
        #expect(error.reason.contains("SHA256:"))
        await shell.close()
    }

    @Test("A configuration that says so takes up an unknown key", arguments: ["no", "accept-new"])
    func acceptNew(policy: String) async throws {
        let server = try await LoopbackSSHServer(
            clientOptions: ["Host sdw* !sdw9", "  StrictHostKeyChecking=\(policy)"], knowsHost: false)
        let shell = SSHShell(settings: settings(server))
        #expect(await failure(shell, command, on: "sdw9")?.kind == .unknownHostKey)
        #expect(try await shell.run(command, on: "sdw1").succeeded)
        #expect(server.directory.read("known_hosts").contains("[127.0.0.1]:\(server.port) ssh-ed25519"))
        await shell.close()
    }

    @Test("A user without an accepted key is refused as such")
    func authentication() async throws {
        let server = try await LoopbackSSHServer()
        try server.directory.write("", to: "authorized_keys")
        let shell = SSHShell(settings: settings(server))
        let error = try #require(await failure(shell, command))
        #expect(error.kind == .authentication)
        #expect(error.hint?.hasPrefix("ssh-copy-id -p \(server.port) ") == true)
        await shell.close()
    }

    @Test("Settings win over the configuration")
    func settingsWin() async throws {
        let server = try await LoopbackSSHServer()
        let other = try await LoopbackSSHServer()
        try server.directory.write(
            server.directory.read("known_hosts") + other.directory.read("known_hosts"), to: "known_hosts")
        var settings = settings(server)
        settings.port = other.port
        settings.identity = other.directory.path + "/user_key"
        let shell = SSHShell(settings: settings)
        #expect(try await shell.run(command, on: "sdw1").succeeded)
        #expect(server.logins == 0 && other.logins == 1)
        await shell.close()
        settings.user = "no-such-account"
        let stranger = SSHShell(settings: settings)
        let error = await failure(stranger, command)
        #expect(error?.kind == .authentication)
        #expect(error?.reason.contains("no-such-account") == true)
        await stranger.close()
    }

    @Test("A proxy command of the configuration is used")
    func proxy() async throws {
        let server = try await LoopbackSSHServer(clientOptions: [
            "ProxyCommand bash -c 'exec 3<>/dev/tcp/%h/%p; cat <&3 & exec cat >&3'"
        ])
        let shell = SSHShell(settings: settings(server))
        #expect(try await shell.run(command, on: "sdw1").standardOutput == "fine\n")
        await shell.close()
    }

    @Test("A configuration file that others can write is refused, an included one too", arguments: [false, true])
    func writable(included: Bool) async throws {
        let server = try await LoopbackSSHServer()
        let directory = server.directory
        let text = directory.read("ssh_config")
        let inner = try directory.write(text, to: "inner", mode: 0o664)
        try directory.write(included ? "Include \(inner)\n" : text, to: "ssh_config", mode: included ? 0o600 : 0o620)
        let shell = SSHShell(settings: settings(server))
        let error = await failure(shell, command)
        #expect(error?.kind == .configuration)
        #expect(error?.hint == "chmod go-w '\(included ? inner : server.configFile)'")
        #expect(server.logins == 0)
        try runProgram(["/bin/sh", "-c", try #require(error?.hint)])
        #expect(try await shell.run(command, on: "sdw1").succeeded)
        await shell.close()
    }

    @Test("A configuration that is no regular file is refused, an included one too", arguments: [false, true])
    func pipe(included: Bool) async throws {
        let server = try await LoopbackSSHServer()
        let pipe = server.directory.path + "/pipe"
        try runProgram(["/usr/bin/mkfifo", pipe])
        let file = try server.directory.write("Include \(pipe)\n" + server.directory.read("ssh_config"), to: "outer")
        let shell = SSHShell(settings: SSHSettings(configFile: included ? file : pipe))
        let error = await failure(shell, command)
        #expect(error?.kind == .configuration)
        #expect(error?.reason == "the SSH configuration \(pipe) is not a regular file")
        await shell.close()
    }

    @Test("The null device is an empty configuration")
    func nullDevice() async throws {
        let server = try await LoopbackSSHServer()
        let shell = SSHShell(settings: SSHSettings(configFile: "/dev/null", port: server.port))
        #expect([.unknownHostKey, .changedHostKey].contains(await failure(shell, command, on: "127.0.0.1")?.kind))
        await shell.close()
    }

    @Test("The named key comes before the agent's, and IdentitiesOnly keeps the agent out")
    func identities() async throws {
        // One wrong key ends the login.
        let server = try await LoopbackSSHServer(options: ["MaxAuthTries 1"])
        let directory = server.directory
        let agent = try startProgram(["/usr/bin/ssh-agent", "-D", "-a", directory.path + "/agent"])
        defer {
            kill(agent, SIGTERM)
            waitpid(agent, nil, 0)
        }
        #expect(await eventually(within: .seconds(5)) { access(directory.path + "/agent", F_OK) == 0 })
        let added = try runProgram([
            "/bin/sh", "-c", "SSH_AUTH_SOCK=\(directory.path)/agent ssh-add \(directory.path)/host_key 2>/dev/null",
        ])
        #expect(added == 0)
        let text = directory.read("ssh_config")
        func succeeds(_ options: String, identity: String?) async throws -> Bool {
            try directory.write("IdentityAgent \(directory.path)/agent\n\(options)\n" + text, to: "ssh_config")
            let shell = SSHShell(settings: SSHSettings(configFile: server.configFile, identity: identity))
            let error = await failure(shell, command)
            await shell.close()
            return error == nil
        }
        #expect(try await !succeeds("", identity: nil))
        #expect(try await succeeds("", identity: directory.path + "/user_key"))
        #expect(try await succeeds("Host sdw1\n  IdentitiesOnly yes", identity: nil))
        #expect(try await !succeeds("Host sdw2\n  IdentitiesOnly yes", identity: nil))
    }

    @Test(
        "A name that is more than a name never reaches libssh",
        arguments: ["-oProxyCommand=id", "", "a b", "a'b", "a\"b", "$(id)", "a;b", "a\nb", "u@h", "`id`", "a/b"])
    func names(name: String) async {
        let shell = SSHShell()
        #expect(await failure(shell, command, on: name)?.kind == .configuration)
        await shell.close()
        #expect(!RemoteHostName.isUsable(name))
    }

    @Test("A name with an underscore, which libssh takes for no name, is refused with the way out")
    func underscore() async throws {
        let server = try await LoopbackSSHServer()
        let shell = SSHShell(settings: settings(server))
        let error = await failure(shell, command, on: "sdw_1")
        #expect(error?.kind == .configuration)
        #expect(error?.hint?.contains("letters, digits") == true)
        await shell.close()
    }

    @Test("libssh takes host names and addresses", arguments: ["SDW-1.example.org", "1sdw", "::1", "fe80::1%lo"])
    func taken(name: String) async throws {
        let server = try await LoopbackSSHServer()
        let shell = SSHShell(settings: settings(server))
        #expect(try await shell.run(command, on: name).succeeded)
        await shell.close()
    }

    @Test("Names and addresses are usable", arguments: ["sdw1", "a.b-c_d", "127.0.0.1", "::1", "fe80::1%eth0"])
    func usable(name: String) { #expect(RemoteHostName.isUsable(name)) }

    @Test("A missing configuration file is refused")
    func missing() async {
        let shell = SSHShell(settings: SSHSettings(configFile: "/nowhere/config"))
        #expect(await failure(shell, command)?.kind == .configuration)
        await shell.close()
    }
}
