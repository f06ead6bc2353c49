import RemoteShell
import Synchronization
import TestSupport
import Testing

@Suite("Scripts on this machine")
struct LocalShellTests {
    @Test("Output, error output and status come back exactly, error output also as it comes", arguments: [false, true])
    func roundTrip(watched: Bool) async throws {
        let pieces = Mutex<[UInt8]>([])
        let output = try await LocalShell().run(
            ShellCommand("printf 'a\\nb'; printf ' c ' >&2; exit 7", purpose: "a test", isWatched: watched) { bytes in
                pieces.withLock { $0 += bytes }
            }, on: "cdw")
        #expect(output == CommandOutput(status: 7, standardOutput: "a\nb", standardError: " c "))
        #expect(pieces.withLock { $0 } == Array(" c ".utf8))
    }

    @Test("Ten megabytes on each stream pass", arguments: [false, true])
    func big(watched: Bool) async throws {
        let script = "head -c 10485760 /dev/zero | tr '\\0' e >&2; head -c 10485760 /dev/zero | tr '\\0' o"
        let output = try await LocalShell().run(
            ShellCommand(script, purpose: "a test", isWatched: watched), on: "cdw")
        #expect(output.standardOutput.utf8.count == 10 << 20)
        #expect(output.standardError.utf8.count == 64 << 10)
    }

    @Test("A command that takes too long fails with its purpose, and ends", arguments: [false, true])
    func timeout(watched: Bool) async throws {
        let directory = try TemporaryDirectory()
        let command = ShellCommand(
            "sh -c 'echo $$ >\(directory.path)/pid; exec sleep 300'; true", purpose: "the long sleep",
            timeout: .seconds(1), isWatched: watched)
        let error = await failure(LocalShell(), command)
        #expect(error?.kind == .timeout)
        #expect(error?.reason == "the long sleep took longer than 1 s")
        let process = try #require(Int32(directory.read("pid").dropLast()))
        #expect(await eventually(within: .seconds(5)) { !isRunning(process) })
    }

    @Test("Cancelling the task, or closing the shell, ends the wait at once")
    func cancellation() async throws {
        let shell = LocalShell()
        let task = Task { await failure(shell, ShellCommand("sleep 300", purpose: "a long sleep")) }
        let other = Task { await failure(shell, ShellCommand("sleep 300", purpose: "a long sleep")) }
        try await Task.sleep(for: .milliseconds(200))
        task.cancel()
        #expect(await task.value?.kind == .cancelled)
        await shell.close()
        #expect(await other.value?.kind == .cancelled)
        #expect(await failure(shell, ShellCommand("true", purpose: "a test"))?.kind == .cancelled)
    }

    @Test("A daemon that keeps the output open holds nothing up")
    func daemon() async throws {
        let start = ContinuousClock.now
        let output = try await LocalShell().run(
            ShellCommand("setsid sleep 300 & echo $!", purpose: "a test"), on: "cdw")
        #expect(start.duration(to: .now) < .seconds(5))
        try runProgram(["/bin/kill", String(output.standardOutput.dropLast())])
    }

    @Test("The coordinator's own names run here, others elsewhere")
    func routing() async throws {
        let shell = RoutingShell(
            localHosts: ["cdw"], local: LocalShell(), remote: SSHShell(settings: SSHSettings(configFile: "/nowhere")))
        #expect(try await shell.run(ShellCommand("true", purpose: "a test"), on: "cdw").succeeded)
        #expect(await failure(shell, ShellCommand("true", purpose: "a test"), on: "sdw1")?.kind == .configuration)
        await shell.close()
    }
}
