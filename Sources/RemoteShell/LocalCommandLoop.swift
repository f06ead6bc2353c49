import BlockingWork
import Glibc

/// Feeds and reads one local program, on a thread of its own, until its frame is complete.
final class LocalCommandLoop {
    private let job: CommandJob
    private let pipes: LocalPipes
    private let wake: WakePipe
    private let limits: WatchLimits
    private let deadline: Deadline
    /// Whether the deadline is that of the whole call, the shorter one.
    private let isOverall: Bool
    private var nextBeat: Deadline
    private var input: ArraySlice<UInt8>
    private var inputIsOpen = true
    private var openStreams = 2
    private var collector: CommandCollector
    private var buffer = [UInt8](repeating: 0, count: 65536)

    init(_ job: CommandJob, pipes: LocalPipes, wake: WakePipe, limits: WatchLimits) {
        let frame = CommandFrame()
        self.job = job
        self.pipes = pipes
        self.wake = wake
        self.limits = limits
        let overall = job.command.overallTimeout ?? job.command.timeout
        isOverall = overall < job.command.timeout
        deadline = .after(min(job.command.timeout, overall))
        nextBeat = .after(limits.interval)
        input = ArraySlice(frame.input(for: job.command, limits: limits).utf8)
        collector = CommandCollector(frame: frame, onStandardError: job.command.onStandardError)
    }

    /// Settles the job and closes our ends: a watcher sees its input end then.
    func run() {
        while !job.isFinished {
            if deadline.isPast {
                if isOverall { job.failOverallTimeout() } else { job.failTimeout() }
            } else if collector.isTooLong {
                job.fail(
                    .broken, "\(job.command.purpose) printed more than \(CommandCollector.longestOutput) bytes")
            } else if collector.isComplete || openStreams == 0 {
                settle()
            } else {
                turn()
            }
        }
        pipes.closeOurs()
    }

    private func settle() {
        guard let output = collector.result else {
            job.fail(.broken, "\(job.command.purpose): \(collector.missing)")
            return
        }
        job.finish(.success(output))
    }

    private func turn() {
        beat()
        var waited = [
            pollfd(fd: pipes.output.ours, events: Int16(POLLIN), revents: 0),
            pollfd(fd: pipes.error.ours, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: inputIsOpen && !input.isEmpty ? pipes.input.ours : -1, events: Int16(POLLOUT), revents: 0),
        ]
        if outputHasEnded { waited[0].fd = -1 }
        if errorHasEnded { waited[1].fd = -1 }
        let until = job.command.isWatched && inputIsOpen ? deadline.sooner(nextBeat) : deadline
        guard poll(&waited, 4, until.remainingMilliseconds) > 0 else { return }
        if waited[2].revents != 0 { wake.drain() }
        if waited[0].revents != 0 { outputHasEnded = take(pipes.output.ours, isError: false) }
        if waited[1].revents != 0 { errorHasEnded = take(pipes.error.ours, isError: true) }
        if waited[3].revents != 0 { feed() }
    }

    private var outputHasEnded = false
    private var errorHasEnded = false

    private func beat() {
        guard job.command.isWatched, nextBeat.isPast else { return }
        nextBeat = .after(limits.interval)
        if input.isEmpty { input.append(UInt8(ascii: "\n")) }
    }

    private func feed() {
        let piece = input.prefix(65536)
        let written = piece.withUnsafeBytes {
            send(pipes.input.ours, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
        if written > 0 {
            input.removeFirst(written)
        } else if errno != EAGAIN && errno != EINTR {
            inputIsOpen = false
        }
    }

    /// - Returns: whether the stream has ended.
    private func take(_ descriptor: Int32, isError: Bool) -> Bool {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 && (errno == EINTR || errno == EAGAIN) { return false }
        guard count > 0 else {
            openStreams -= 1
            return true
        }
        buffer.withUnsafeBytes { collector.take(UnsafeRawBufferPointer(rebasing: $0[..<count]), isError: isError) }
        return false
    }
}
