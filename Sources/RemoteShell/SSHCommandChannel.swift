import BlockingWork
import CLibSSH

/// One command on one channel, moved on by the thread that owns the session; it never blocks.
final class SSHCommandChannel {
    /// What a step came to.
    enum Step {
        /// It waits for the host.
        case waiting
        /// The host allows no more channels; the command has not begun.
        case refused
        /// The caller has its result, or none; the channel can be closed.
        case settled
    }

    private enum Phase { case opening, requesting, running }

    let job: CommandJob
    let started = ContinuousClock.now
    let deadline: Deadline
    private let session: OpaquePointer
    private let handle: OpaquePointer
    private let callbacks: UnsafeMutablePointer<ssh_channel_callbacks_struct>
    private let limits: WatchLimits
    private var phase = Phase.opening
    private var input: ArraySlice<UInt8>
    private var hasSentEnd = false
    private var nextBeat: Deadline
    private var collector: CommandCollector
    private var remoteHasEnded = false
    /// Whether the host has closed its side, so that the channel is free again there.
    private(set) var remoteHasClosed = false

    /// Nil when libssh has no memory.
    init?(_ job: CommandJob, session: OpaquePointer, limits: WatchLimits) {
        guard let handle = ssh_channel_new(session) else { return nil }
        let frame = CommandFrame()
        self.job = job
        self.session = session
        self.handle = handle
        self.limits = limits
        deadline = .after(job.command.timeout)
        input = ArraySlice(frame.input(for: job.command, limits: limits).utf8)
        collector = CommandCollector(frame: frame, onStandardError: job.command.onStandardError)
        nextBeat = .after(limits.interval)
        callbacks = .allocate(capacity: 1)
        callbacks.initialize(to: ssh_channel_callbacks_struct())
        clibssh_prepare_channel_callbacks(callbacks)
        listen()
    }

    deinit { callbacks.deallocate() }

    /// libssh keeps the pointer to us until `dispose`, which the owner calls before it lets go.
    private func listen() {
        callbacks.pointee.userdata = Unmanaged.passUnretained(self).toOpaque()
        callbacks.pointee.channel_data_function = { _, _, bytes, count, isError, context in
            guard let context else { return Int32(bitPattern: count) }
            let channel = Unmanaged<SSHCommandChannel>.fromOpaque(context).takeUnretainedValue()
            channel.collector.take(UnsafeRawBufferPointer(start: bytes, count: Int(count)), isError: isError != 0)
            return Int32(bitPattern: count)
        }
        callbacks.pointee.channel_eof_function = { _, _, context in
            guard let context else { return }
            Unmanaged<SSHCommandChannel>.fromOpaque(context).takeUnretainedValue().remoteHasEnded = true
        }
        callbacks.pointee.channel_close_function = { _, _, context in
            guard let context else { return }
            let channel = Unmanaged<SSHCommandChannel>.fromOpaque(context).takeUnretainedValue()
            channel.remoteHasEnded = true
            channel.remoteHasClosed = true
        }
        ssh_set_channel_callbacks(handle, callbacks)
    }

    /// Goes as far as it can without waiting.
    func step() -> Step {
        if job.isFinished { return abandon() }
        if deadline.isPast {
            job.failTimeout()
            return abandon()
        }
        switch phase {
        case .opening: return open()
        case .requesting: return request()
        case .running: return move()
        }
    }

    private func open() -> Step {
        let status = ssh_channel_open_session(handle)
        if status == SSH_AGAIN { return .waiting }
        guard status == SSH_OK else {
            if ssh_is_connected(session) == 1 { return .refused }
            return lost()
        }
        phase = .requesting
        return request()
    }

    private func request() -> Step {
        job.markSent()
        let status = ssh_channel_request_exec(handle, CommandFrame.remoteCommand)
        if status == SSH_AGAIN { return .waiting }
        guard status == SSH_OK else {
            guard ssh_is_connected(session) == 1 else { return lost() }
            job.fail(.broken, "the host refuses to run commands")
            return .settled
        }
        phase = .running
        return move()
    }

    private func move() -> Step {
        if collector.isTooLong {
            job.fail(.broken, "\(job.command.purpose) printed more than \(CommandCollector.longestOutput) bytes")
            return abandon()
        }
        if collector.isComplete || remoteHasEnded {
            guard let output = collector.result else {
                job.fail(.broken, "\(job.command.purpose): \(collector.missing)")
                return .settled
            }
            job.finish(.success(output))
            return .settled
        }
        feed()
        return .waiting
    }

    /// Sends the script, then heartbeats, or the end of input where nobody listens for them.
    private func feed() {
        if job.command.isWatched && nextBeat.isPast {
            nextBeat = .after(limits.interval)
            if input.isEmpty { input.append(UInt8(ascii: "\n")) }
        }
        while !input.isEmpty && ssh_channel_window_size(handle) > 0 {
            let piece = input.prefix(32768)
            let written = piece.withUnsafeBytes { ssh_channel_write(handle, $0.baseAddress, UInt32($0.count)) }
            guard written > 0 else { return }
            input.removeFirst(Int(written))
        }
        if input.isEmpty && !job.command.isWatched && !hasSentEnd {
            hasSentEnd = true
            ssh_channel_send_eof(handle)
        }
    }

    /// A command that nobody waits for any more: a watcher sees its input end, and its program goes.
    ///
    /// An unwatched one is asked to go: sshd passes TERM on, except to root's sessions and forced commands.
    private func abandon() -> Step {
        if phase == .running && !remoteHasEnded { ssh_channel_request_send_signal(handle, "TERM") }
        return .settled
    }

    private func lost() -> Step {
        job.fail(.broken, "the connection was lost: \(SSHConnector.errorText(of: session))")
        return .settled
    }

    /// When it has to be looked at again, whatever comes from the host.
    var nextMoment: Deadline {
        job.command.isWatched && phase == .running ? deadline.sooner(nextBeat) : deadline
    }

    /// Tells the host that this side is done; libssh may still call back until `dispose`.
    func close() { ssh_channel_close(handle) }

    /// Gives the channel back; nothing may be called afterwards.
    func dispose() {
        ssh_remove_channel_callbacks(handle, callbacks)
        ssh_channel_free(handle)
    }
}
