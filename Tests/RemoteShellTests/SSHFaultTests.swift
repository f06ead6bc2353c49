import RemoteShell
import TestSupport
import Testing

@Suite("Servers that refuse, hang, drop or babble")
struct SSHFaultTests {
    private let command = ShellCommand("echo fine", purpose: "a test")

    private func settings(_ server: LoopbackSSHServer, port: Int, _ timeout: Duration) throws -> SSHSettings {
        // The key is known under the listener's port too.
        try server.directory.write(
            server.directory.read("known_hosts") + "[127.0.0.1]:\(port) " + server.directory.read("host_key.pub"),
            to: "known_hosts")
        return SSHSettings(configFile: server.configFile, port: port, connectTimeout: timeout)
    }

    @Test("A refused connection fails at once, without further tries")
    func refused() async throws {
        let server = try await LoopbackSSHServer()
        let shell = SSHShell(settings: try settings(server, port: Loopback.freePort(), .seconds(20)))
        let start = ContinuousClock.now
        let error = await failure(shell, command)
        #expect(error?.kind == .unreachable)
        #expect(error?.reason.contains("refused") == true)
        #expect(start.duration(to: .now) < .seconds(3))
        await shell.close()
    }

    @Test("A server that accepts and says nothing costs the timeout, and another host nothing")
    func hung() async throws {
        let server = try await LoopbackSSHServer()
        let listener = try FakeListener(.hang)
        let config = "Host dead\n  Port \(listener.port)\n" + server.directory.read("ssh_config")
        try server.directory.write(config, to: "ssh_config")
        let shell = SSHShell(
            settings: SSHSettings(configFile: server.configFile, connectTimeout: .seconds(9)))
        let start = ContinuousClock.now
        async let dead = failure(shell, command, on: "dead")
        #expect(try await shell.run(command, on: "sdw1").succeeded)
        #expect(start.duration(to: .now) < .seconds(9))
        #expect(await dead?.kind == .unreachable)
        let taken = start.duration(to: .now)
        #expect(taken >= .seconds(9) && taken < .seconds(13))
        #expect(listener.connections == 1)
        await shell.close()
    }

    @Test(
        "Hosts that hang, silent or after their greeting, do not hold up one that is fine, however narrow the gate",
        arguments: [true, false])
    func gate(isSilent: Bool) async throws {
        let server = try await LoopbackSSHServer()
        let listener = try FakeListener(isSilent ? .hang : .greet)
        let config = "Host dead*\n  Port \(listener.port)\n" + server.directory.read("ssh_config")
        try server.directory.write(config, to: "ssh_config")
        let shell = SSHShell(
            settings: SSHSettings(configFile: server.configFile, connectTimeout: .seconds(20), width: 2))
        let command = command
        let dead = (1...4).map { number in Task { await failure(shell, command, on: "dead\(number)") } }
        #expect(await eventually(within: .seconds(5)) { listener.connections == 4 })
        let start = ContinuousClock.now
        #expect(try await shell.run(command, on: "sdw1").succeeded)
        #expect(start.duration(to: .now) < (isSilent ? .seconds(4) : .seconds(9)))
        await shell.close()
        for task in dead { #expect(await task.value?.kind == .cancelled) }
    }

    @Test("An overall limit counts from the call, connecting included")
    func overallLimit() async throws {
        let server = try await LoopbackSSHServer()
        let listener = try FakeListener(.hang)
        let shell = SSHShell(settings: try settings(server, port: listener.port, .seconds(30)))
        let start = ContinuousClock.now
        let error = await failure(
            shell, ShellCommand("echo fine", purpose: "a test", overallTimeout: .seconds(1)))
        #expect(error?.kind == .timeout)
        #expect(error?.reason == "a test took longer than 1 s, connecting included")
        #expect(start.duration(to: .now) < .seconds(4))
        await shell.close()
    }

    @Test("A server that drops the first connections is tried again")
    func drops() async throws {
        let server = try await LoopbackSSHServer()
        let listener = try FakeListener(.drop(first: 3, then: server.port))
        let shell = SSHShell(settings: try settings(server, port: listener.port, .seconds(20)))
        #expect(try await shell.run(command, on: "sdw1").succeeded)
        #expect(listener.connections == 4)
        await shell.close()
    }

    @Test("A server that drops every connection is given up within the timeout")
    func alwaysDrops() async throws {
        let server = try await LoopbackSSHServer()
        let listener = try FakeListener(.drop(first: 1000, then: 1))
        let shell = SSHShell(settings: try settings(server, port: listener.port, .seconds(2)))
        let start = ContinuousClock.now
        let error = await failure(shell, command)
        #expect(error?.kind == .unreachable)
        #expect(error?.hint?.contains("MaxStartups") == true)
        #expect(start.duration(to: .now) < .seconds(5))
        #expect((2...SSHShell.mostTries).contains(listener.connections))
        await shell.close()
    }

    @Test("Ten megabytes instead of a greeting end within the timeout")
    func flood() async throws {
        let server = try await LoopbackSSHServer()
        let listener = try FakeListener(.flood(bytes: 10 << 20))
        let shell = SSHShell(settings: try settings(server, port: listener.port, .seconds(3)))
        let start = ContinuousClock.now
        #expect(await failure(shell, command)?.kind == .unreachable)
        #expect(start.duration(to: .now) < .seconds(6))
        await shell.close()
    }

    @Test("Closing the shell ends a connection that is being made")
    func closing() async throws {
        let listener = try FakeListener(.hang)
        let server = try await LoopbackSSHServer()
        let shell = SSHShell(settings: try settings(server, port: listener.port, .seconds(60)))
        let command = command
        let task = Task { await failure(shell, command) }
        #expect(await eventually(within: .seconds(5)) { listener.connections == 1 })
        let start = ContinuousClock.now
        await shell.close()
        #expect(await task.value?.kind == .cancelled)
        #expect(start.duration(to: .now) < .seconds(2))
    }
}
