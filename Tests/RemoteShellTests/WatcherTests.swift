import Glibc
import TestSupport
import Testing

@testable import RemoteShell

@Suite("Watched commands leave nothing behind")
struct WatcherTests {
    private let limits = WatchLimits(interval: .milliseconds(300), limit: 2, grace: 1)

    /// Runs a long watched command, closes the shell, and expects the program gone and a daemon still there.
    private func check(_ shell: any Shell, _ directory: TemporaryDirectory) async throws {
        let script = """
            setsid sleep 300 >/dev/null 2>&1 & echo $! >\(directory.path)/daemon
            sleep 301 & echo $! >\(directory.path)/child
            echo $$ >\(directory.path)/program; wait
            """
        let task = Task {
            await failure(shell, ShellCommand(script, purpose: "a copy", timeout: .seconds(60), isWatched: true))
        }
        #expect(await eventually(within: .seconds(20)) { directory.read("program").hasSuffix("\n") })
        let numbers = ["daemon", "child", "program"].map { Int32(directory.read($0).dropLast()) ?? 0 }
        // Longer than the limit: heartbeats keep it.
        try await Task.sleep(for: .seconds(3))
        #expect(numbers.allSatisfy { $0 > 1 && isRunning($0) })
        await shell.close()
        #expect(await task.value?.kind == .cancelled)
        #expect(await eventually(within: .seconds(5)) { !isRunning(numbers[1]) && !isRunning(numbers[2]) })
        #expect(isRunning(numbers[0]))
        kill(numbers[0], SIGKILL)
    }

    @Test("Closing the connection ends the remote program and its children, not a daemon")
    func remote() async throws {
        let server = try await LoopbackSSHServer()
        var settings = settings(server)
        settings.watch = limits
        try await check(SSHShell(settings: settings), server.directory)
    }

    @Test("Closing the shell also ends what runs over a connection that a newer one has replaced")
    func replacedConnection() async throws {
        let server = try await LoopbackSSHServer()
        var settings = settings(server)
        settings.watch = WatchLimits(interval: .milliseconds(300), limit: 60, grace: 1)
        let shell = SSHShell(settings: settings)
        let parent = try await shell.run(ShellCommand("echo $PPID", purpose: "a test"), on: "sdw1")
        let session = try #require(Int32(parent.standardOutput.dropLast()))
        let program = "\(server.directory.path)/program"
        let copy = Task {
            await failure(
                shell, ShellCommand("echo $$ >\(program); sleep 307; :", purpose: "a copy", isWatched: true))
        }
        #expect(await eventually(within: .seconds(5)) { server.directory.read("program").hasSuffix("\n") })
        let number = try #require(Int32(server.directory.read("program").dropLast()))
        kill(session, SIGSTOP)
        defer { kill(session, SIGCONT) }
        let quick = ShellCommand("echo fine", purpose: "a test", timeout: .seconds(1))
        #expect(await failure(shell, quick)?.kind == .timeout)
        #expect(try await shell.run(ShellCommand("echo fine", purpose: "a test"), on: "sdw1").succeeded)
        #expect(isRunning(number))
        kill(session, SIGCONT)
        await shell.close()
        #expect(await copy.value?.kind == .cancelled)
        #expect(await eventually(within: .seconds(6)) { !isRunning(number) })
        kill(number, SIGKILL)
    }

    @Test("Closing the local shell does the same")
    func local() async throws {
        try await check(LocalShell(watch: limits), try TemporaryDirectory())
    }

    @Test("Cancelled the moment it starts, before its watcher stands, a program is ended all the same")
    func cancelledAtOnce() async throws {
        let shell = LocalShell(watch: limits)
        let directory = try TemporaryDirectory()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let file = "\(directory.path)/\(number)"
                    let task = Task {
                        await failure(
                            shell, ShellCommand("echo $$ >\(file); sleep 311; :", purpose: "a test", isWatched: true))
                    }
                    _ = await eventually(within: .seconds(20)) { directory.read("\(number)").hasSuffix("\n") }
                    task.cancel()
                    _ = await task.value
                }
            }
        }
        let programs = (0..<40).compactMap { Int32(directory.read("\($0)").dropLast()) }
        #expect(programs.count == 40)
        #expect(await eventually(within: .seconds(15)) { !programs.contains(where: isRunning) })
        for program in programs where isRunning(program) { kill(program, SIGKILL) }
    }

    @Test("A watched command's output and status come back, and no watcher stays")
    func result() async throws {
        let server = try await LoopbackSSHServer()
        var settings = settings(server)
        // A limit that no other test uses, to find this watcher.
        settings.watch = WatchLimits(limit: 29)
        let shell = SSHShell(settings: settings)
        let command = ShellCommand(
            "echo out; echo err >&2; readlink /proc/self/fd/0; exit 3", purpose: "a test", isWatched: true)
        let output = try await shell.run(command, on: "sdw1")
        #expect(output == CommandOutput(status: 3, standardOutput: "out\n/dev/null\n", standardError: "err\n"))
        let left = try await shell.run(
            ShellCommand("ps -eo args | grep -c '[g]pha-watch .* 29 5$'", purpose: "a test"), on: "sdw1")
        #expect(left.standardOutput == "0\n")
        await shell.close()
    }

    @Test(
        "What ignores TERM or is stopped goes too when the group's leader dies first",
        arguments: ["trap '' TERM; while :; do sleep 1; done", "kill -STOP $$; sleep 304"])
    func stubborn(_ member: String) async throws {
        let directory = try TemporaryDirectory()
        // The whole of what a host runs; its input is the connection.
        let command = ShellCommand(
            "/bin/sh -c \(ShellQuoting.word("echo $$ >\(directory.path)/member; \(member)")) & sleep 305",
            purpose: "a copy", isWatched: true)
        try directory.write(CommandFrame().input(for: command, limits: WatchLimits(limit: 30, grace: 2)), to: "script")
        let shell = try startProgram([
            "/bin/sh", "-c",
            """
            cd "$1" && mkfifo pulse && { sleep 306 >pulse & } && echo $! >client
            exec 3<pulse
            { cat script; cat <&3; } | /bin/sh
            """, "sh", directory.path,
        ])
        #expect(await eventually(within: .seconds(5)) { directory.read("member").hasSuffix("\n") })
        let survivor = try #require(Int32(directory.read("member").dropLast()))
        try await Task.sleep(for: .milliseconds(300))
        #expect(isRunning(survivor))
        kill(try #require(Int32(directory.read("client").dropLast())), SIGKILL)
        #expect(await eventually(within: .seconds(8)) { !isRunning(survivor) })
        kill(survivor, SIGKILL)
        waitpid(shell, nil, 0)
    }

    @Test("A program that ends by itself and leaves one that ignores TERM answers at once; the other goes")
    func leftBehind() async throws {
        let directory = try TemporaryDirectory()
        let shell = LocalShell(watch: WatchLimits(limit: 30, grace: 2))
        let start = ContinuousClock.now
        let output = try await shell.run(
            ShellCommand(
                """
                /bin/sh -c "trap '' TERM; echo \\$\\$ >\(directory.path)/member; while :; do sleep 1; done" &
                while [ ! -s \(directory.path)/member ]; do sleep 0.1; done; exit 4
                """, purpose: "a test", isWatched: true), on: "here")
        #expect(output.status == 4)
        #expect(start.duration(to: .now) < .seconds(2))
        let survivor = try #require(Int32(directory.read("member").dropLast()))
        #expect(await eventually(within: .seconds(8)) { !isRunning(survivor) })
        kill(survivor, SIGKILL)
        await shell.close()
    }

    /// Starts the watcher over a program, with the read end of a pipe that `client` holds open.
    private func watch(_ directory: TemporaryDirectory, client: String, limit: Int) throws -> pid_t {
        try startProgram([
            "/bin/sh", "-c",
            """
            cd "$1" && mkfifo pulse && { \(client) >pulse & } && echo $! >client
            exec 3<pulse
            setsid sleep 300 & echo $! >program
            exec setsid /bin/sh -c "$2" gpha-watch "$(cat program)" \(limit) 1
            """, "sh", directory.path, CommandWatcher.script,
        ])
    }

    @Test("Kill -9 of the client ends the program")
    func killedClient() async throws {
        let directory = try TemporaryDirectory()
        let watcher = try watch(directory, client: "exec sleep 302", limit: 30)
        #expect(await eventually(within: .seconds(5)) { directory.read("program").hasSuffix("\n") })
        let program = try #require(Int32(directory.read("program").dropLast()))
        try await Task.sleep(for: .milliseconds(300))
        #expect(isRunning(program))
        kill(try #require(Int32(directory.read("client").dropLast())), SIGKILL)
        #expect(await eventually(within: .seconds(5)) { !isRunning(program) })
        #expect(await eventually(within: .seconds(5)) { !isRunning(watcher) })
        waitpid(watcher, nil, 0)
    }

    @Test("A client that is there but silent ends the program when the limit is over")
    func silentClient() async throws {
        let directory = try TemporaryDirectory()
        let watcher = try watch(directory, client: "exec sleep 303", limit: 1)
        #expect(await eventually(within: .seconds(5)) { directory.read("program").hasSuffix("\n") })
        let program = try #require(Int32(directory.read("program").dropLast()))
        #expect(await eventually(within: .seconds(6)) { !isRunning(program) && !isRunning(watcher) })
        kill(try #require(Int32(directory.read("client").dropLast())), SIGKILL)
        waitpid(watcher, nil, 0)
    }
}
