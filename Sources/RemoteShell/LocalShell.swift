import BlockingWork
import Subprocess
import Synchronization
import SystemPackage

/// Runs scripts on this machine, under the rules that hold for remote ones.
///
/// Each script runs in a session of its own: a Ctrl-C at the terminal reaches this process alone. A time-out ends the
/// script's process group; a watched script also ends when this process is killed.
public final class LocalShell: Shell {
    private struct State {
        var running: [ObjectIdentifier: (job: CommandJob, wake: WakePipe)] = [:]
        var isClosed = false
    }

    private let limits: WatchLimits
    private let onCommand: (@Sendable (CommandTrace) -> Void)?
    private let state = Mutex(State())

    /// - Parameter onCommand: called after each command, for debug logs.
    public init(watch: WatchLimits = WatchLimits(), onCommand: (@Sendable (CommandTrace) -> Void)? = nil) {
        limits = watch
        self.onCommand = onCommand
    }

    /// Runs `command` here; `host` is the name for messages.
    public func run(_ command: ShellCommand, on host: String) async throws(ShellError) -> CommandOutput {
        try await CommandTrace.of(command, on: host, onCommand) { () throws(ShellError) in
            try command.check(host)
            return try await perform(CommandJob(command, host: host)).get()
        }
    }

    public func close() async {
        let running = state.withLock { state in
            state.isClosed = true
            return Array(state.running.values)
        }
        for entry in running {
            entry.job.failCancelled()
            entry.wake.wake()
        }
    }

    private func perform(_ job: CommandJob) async throws(ShellError) -> Result<CommandOutput, ShellError> {
        guard let wake = WakePipe(), let pipes = LocalPipes() else {
            throw ShellError(.broken, host: job.host, reason: "out of file descriptors")
        }
        let isOpen = state.withLock { state in
            if !state.isClosed { state.running[ObjectIdentifier(job)] = (job, wake) }
            return !state.isClosed
        }
        defer { state.withLock { _ = $0.running.removeValue(forKey: ObjectIdentifier(job)) } }
        if !isOpen { job.failCancelled() }
        let limits = limits
        // Before the shell: what is not read must not be started.
        let isStarted = Thread.detach { LocalCommandLoop(job, pipes: pipes, wake: wake, limits: limits).run() }
        guard isStarted else {
            pipes.closeAll()
            throw ShellError(.broken, host: job.host, reason: OutOfThreads.reason)
        }
        Task { await Self.spawn(job, pipes, wake) }
        return await job.result { wake.wake() }
    }

    /// Starts the shell, and ends its process group when the job fails; the caller does not wait for that.
    private static func spawn(_ job: CommandJob, _ pipes: LocalPipes, _ wake: WakePipe) async {
        var options = PlatformOptions()
        options.createSession = true
        do {
            _ = try await Subprocess.run(
                .path("/bin/sh"), platformOptions: options,
                input: .fileDescriptor(.init(rawValue: pipes.input.theirs), closeAfterSpawningProcess: true),
                output: .fileDescriptor(.init(rawValue: pipes.output.theirs), closeAfterSpawningProcess: true),
                error: .fileDescriptor(.init(rawValue: pipes.error.theirs), closeAfterSpawningProcess: true)
            ) { execution in
                guard case .failure = await job.result(onCancel: {}) else { return }
                await execution.teardown(using: [
                    .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .seconds(5))
                ])
            }
        } catch {
            job.fail(.broken, "cannot run /bin/sh: \(error)")
            wake.wake()
        }
    }
}
