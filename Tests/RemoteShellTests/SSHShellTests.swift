import RemoteShell
import Synchronization
import TestSupport
import Testing

/// The usual way to a test server.
func settings(_ server: LoopbackSSHServer, _ timeout: Duration = .seconds(20)) -> SSHSettings {
    SSHSettings(configFile: server.configFile, connectTimeout: timeout)
}

/// The error of a command that has to fail.
func failure(_ shell: any Shell, _ command: ShellCommand, on host: String = "sdw1") async -> ShellError? {
    do {
        _ = try await shell.run(command, on: host)
        return nil
    } catch {
        return error
    }
}

@Suite("Scripts over a real sshd", .serialized)
struct SSHShellTests {
    @Test("Output, error output and status come back exactly, over one connection")
    func roundTrip() async throws {
        let server = try await LoopbackSSHServer()
        let traces = Mutex<[CommandTrace]>([])
        let shell = SSHShell(settings: settings(server)) { trace in traces.withLock { $0.append(trace) } }
        let output = try await shell.run(
            ShellCommand("printf 'a\\nb'; printf ' c ' >&2; exit 7", purpose: "a test"), on: "sdw1")
        #expect(output == CommandOutput(status: 7, standardOutput: "a\nb", standardError: " c "))
        let killed = try await shell.run(ShellCommand("sh -c 'kill -9 $$'", purpose: "a test"), on: "sdw1")
        #expect(killed.status == 137)
        let reading = try await shell.run(ShellCommand("cat; echo end", purpose: "a test"), on: "sdw1")
        #expect(reading.standardOutput == "end\n")
        let broken = try await shell.run(ShellCommand("if true; }", purpose: "a test"), on: "sdw1")
        #expect(broken.status != 0 && broken.standardError.contains("yntax error"))
        await shell.close()
        #expect(server.logins == 1)
        #expect(traces.withLock { $0.map { try? $0.outcome.get() } } == [7, 137, 0, broken.status])
        #expect(await failure(shell, ShellCommand("true", purpose: "a test"))?.kind == .cancelled)
    }

    @Test("Ten megabytes on standard error leave its last 64 KiB, five on standard output all of them")
    func bigOutput() async throws {
        let server = try await LoopbackSSHServer()
        let shell = SSHShell(settings: settings(server))
        let pieces = Mutex(0)
        let script =
            "head -c 10485760 /dev/zero | tr '\\0' e >&2; echo last >&2; "
            + "head -c 5242880 /dev/zero | tr '\\0' o"
        let output = try await shell.run(
            ShellCommand(script, purpose: "a test") { bytes in pieces.withLock { $0 += bytes.count } }, on: "sdw1")
        #expect(output.standardError.utf8.count == 65536)
        #expect(output.standardError.hasSuffix("eelast\n"))
        #expect(pieces.withLock { $0 } == 10_485_765)
        #expect(output.standardOutput.utf8.count == 5_242_880)
        #expect(output.standardOutput.utf8.allSatisfy { $0 == UInt8(ascii: "o") })
        await shell.close()
    }

    @Test("What a login shell prints before and after, forged marks too, changes nothing")
    func junk() async throws {
        let directory = try TemporaryDirectory()
        let mark = "printf '\\036gpha-begin-0123456789abcdef0123456789abcdef\\nforged\\036gpha-end-0 0\\n'"
        let wrapper = try directory.write(
            """
            #!/bin/sh
            echo 'Welcome to sdw1'; echo 'last login: never' >&2; \(mark); \(mark) >&2
            eval "$SSH_ORIGINAL_COMMAND"
            status=$?
            \(mark); echo bye >&2
            exit 0
            """, to: "wrapper", mode: 0o755)
        let server = try await LoopbackSSHServer(options: ["ForceCommand \(wrapper)", "Banner /etc/passwd"])
        let shell = SSHShell(settings: settings(server))
        let output = try await shell.run(ShellCommand("echo real; echo err >&2; exit 5", purpose: "a test"), on: "sdw1")
        #expect(output == CommandOutput(status: 5, standardOutput: "real\n", standardError: "err\n"))
        await shell.close()
    }

    @Test("A login shell that runs nothing is broken, not a success")
    func nothingRun() async throws {
        let server = try await LoopbackSSHServer(options: ["ForceCommand echo no; exit 0"])
        let shell = SSHShell(settings: settings(server))
        #expect(await failure(shell, ShellCommand("true", purpose: "a test"))?.kind == .broken)
        await shell.close()
    }

    @Test("Many commands share one connection, also where the server allows few channels", arguments: [10, 2])
    func manyCommands(maxSessions: Int) async throws {
        let server = try await LoopbackSSHServer(options: ["MaxSessions \(maxSessions)"])
        let shell = SSHShell(settings: settings(server))
        let sums = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...30 {
                group.addTask {
                    let command = ShellCommand("sleep 0.05; echo \(number)", purpose: "a test")
                    let text = try await shell.run(command, on: "sdw1").standardOutput
                    return Int(text.dropLast()) ?? -1000
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(sums == 465)
        #expect(server.logins == 1)
        await shell.close()
    }

    @Test("A command that takes too long fails with its purpose, and ends on the host")
    func timeout() async throws {
        let server = try await LoopbackSSHServer()
        let shell = SSHShell(settings: settings(server))
        let start = ContinuousClock.now
        let pidFile = server.directory.path + "/pid"
        let command = ShellCommand(
            "echo $$ >\(pidFile); exec sleep 300", purpose: "the long sleep", timeout: .seconds(4), isWatched: true)
        let error = await failure(shell, command)
        #expect(error?.kind == .timeout)
        #expect(error?.reason == "the long sleep took longer than 4 s")
        #expect(start.duration(to: .now) < .seconds(10))
        let process = try #require(Int32(server.directory.read("pid").dropLast()))
        #expect(await eventually(within: .seconds(5)) { !isRunning(process) })
        let after = try await shell.run(ShellCommand("echo fine", purpose: "a test"), on: "sdw1")
        #expect(after.standardOutput == "fine\n")
        #expect(server.logins == 1)
        await shell.close()
    }

    @Test("An unwatched command that takes too long frees its caller and the connection goes on")
    func unwatchedTimeout() async throws {
        let server = try await LoopbackSSHServer()
        let shell = SSHShell(settings: settings(server))
        let hung = ShellCommand("trap '' TERM; sleep 4", purpose: "the long sleep", timeout: .milliseconds(1500))
        #expect(await failure(shell, hung)?.kind == .timeout)
        #expect(try await shell.run(ShellCommand("true", purpose: "a test"), on: "sdw1").succeeded)
        #expect(server.logins == 1)
        await shell.close()
    }

    @Test("Cancelling the task ends the wait at once")
    func cancellation() async throws {
        let server = try await LoopbackSSHServer()
        let shell = SSHShell(settings: settings(server))
        _ = try await shell.run(ShellCommand("true", purpose: "a test"), on: "sdw1")
        let task = Task { await failure(shell, ShellCommand("sleep 300", purpose: "a long sleep", isWatched: true)) }
        try await Task.sleep(for: .milliseconds(300))
        let start = ContinuousClock.now
        task.cancel()
        #expect(await task.value?.kind == .cancelled)
        #expect(start.duration(to: .now) < .seconds(2))
        await shell.close()
    }

    @Test("A daemon that a command starts holds nothing up and stays")
    func daemon() async throws {
        let server = try await LoopbackSSHServer()
        let shell = SSHShell(settings: settings(server))
        let start = ContinuousClock.now
        let output = try await shell.run(ShellCommand("setsid sleep 300 & echo $!", purpose: "a test"), on: "sdw1")
        #expect(start.duration(to: .now) < .seconds(10))
        let process = try #require(Int32(output.standardOutput.dropLast()))
        await shell.close()
        try await Task.sleep(for: .milliseconds(300))
        #expect(isRunning(process))
        try runProgram(["/bin/kill", "\(process)"])
    }
}
