import BlockingWork
import CLibSSH
import Glibc

/// The work of the one thread that owns a session: every command of one host, each on a channel of its own.
final class SSHSessionLoop {
    private let link: SSHLink
    private let settings: SSHSettings
    private let session: OpaquePointer
    private let event: OpaquePointer
    private var waiting: [CommandJob] = []
    private var running: [SSHCommandChannel] = []
    /// Closed here, not yet there: they still count for the server.
    private var closing: [(channel: SSHCommandChannel, until: Deadline)] = []
    private var mostChannels: Int
    private var lastHeard = ContinuousClock.now
    /// What libssh has read from the socket so far.
    private let counter: UnsafeMutablePointer<ssh_counter_struct>

    /// Takes over `session`, which it frees; nil when libssh has no memory.
    init?(_ session: OpaquePointer, link: SSHLink, settings: SSHSettings) {
        guard let event = ssh_event_new() else { return nil }
        ssh_event_add_session(event, session)
        self.session = session
        self.event = event
        self.link = link
        self.settings = settings
        mostChannels = max(1, settings.channelsPerHost)
        counter = .allocate(capacity: 1)
        counter.initialize(to: ssh_counter_struct())
        ssh_set_counters(session, counter, nil)
    }

    deinit { counter.deallocate() }

    /// Serves the link until it is closed or the connection is lost.
    func run() {
        while !link.isClosing {
            waiting += link.takeJobs().filter { !$0.isFinished }
            stepUntilQuiet()
            guard ssh_is_connected(session) == 1 else { break }
            if link.isRetired && running.isEmpty && waiting.isEmpty && closing.isEmpty { break }
            wait()
            pump()
        }
        finish()
    }

    /// A step may read from the socket, and news for a channel that was asked before would lie there unseen.
    private func stepUntilQuiet() {
        var heard: UInt64
        repeat {
            heard = counter.pointee.in_bytes
            startCommands()
            stepAll()
            retireClosed()
        } while counter.pointee.in_bytes != heard || (!waiting.isEmpty && running.count + closing.count < mostChannels)
    }

    private func startCommands() {
        waiting.removeAll { $0.isFinished }
        while !waiting.isEmpty && running.count + closing.count < mostChannels {
            let job = waiting.removeFirst()
            guard let channel = SSHCommandChannel(job, session: session, limits: settings.watch) else {
                job.fail(.broken, "out of memory")
                continue
            }
            running.append(channel)
        }
    }

    private func stepAll() {
        var still: [SSHCommandChannel] = []
        for channel in running {
            // Before its caller hears of it: the caller's next command shall find a new connection.
            if channel.deadline.isPast && lastHeard < channel.started { link.retire() }
            switch channel.step() {
            case .waiting: still.append(channel)
            case .refused: lowerLimit(after: channel)
            case .settled:
                channel.close()
                closing.append((channel, .after(.seconds(2))))
            }
        }
        running = still
    }

    /// The server has a smaller `MaxSessions`: the command waits for one of the others.
    private func lowerLimit(after channel: SSHCommandChannel) {
        let others = running.count + closing.count - 1
        channel.dispose()
        guard others > 0 else {
            channel.job.fail(.broken, "the host refuses a channel: \(SSHConnector.errorText(of: session))")
            return
        }
        mostChannels = max(1, min(mostChannels - 1, others))
        waiting.insert(channel.job, at: 0)
    }

    private func retireClosed() {
        closing.removeAll { entry in
            guard entry.channel.remoteHasClosed || entry.until.isPast else { return false }
            entry.channel.dispose()
            return true
        }
    }

    private func wait() {
        let writes = ssh_get_poll_flags(session) & SSH_WRITE_PENDING != 0
        var waited = [
            pollfd(fd: ssh_get_fd(session), events: Int16(POLLIN) | Int16(writes ? POLLOUT : 0), revents: 0),
            pollfd(fd: link.wake.readEnd, events: Int16(POLLIN), revents: 0),
        ]
        // A minute, for nothing but robustness, where nothing is due.
        let until = (running.map(\.nextMoment) + closing.map(\.until))
            .reduce(Deadline.after(.seconds(60))) { $0.sooner($1) }
        poll(&waited, 2, until.remainingMilliseconds)
        if waited[1].revents != 0 { link.wake.drain() }
        if waited[0].revents & Int16(POLLIN) != 0 { lastHeard = .now }
    }

    /// Lets libssh read and write what there is; data go straight to the channels.
    private func pump() {
        for _ in 0..<64 {
            guard ssh_event_dopoll(event, 0) == SSH_OK else { return }
        }
    }

    private func finish() {
        let isClosing = link.isClosing
        let error =
            isClosing
            ? ShellError(.cancelled, host: link.host, reason: "the run is being ended")
            : ShellError(
                .broken, host: link.host,
                reason: "the connection was lost: \(SSHConnector.errorText(of: session))")
        for job in running.map(\.job) + waiting { job.finish(.failure(error)) }
        if isClosing && ssh_is_connected(session) == 1 {
            for channel in running {
                _ = channel.step()
                channel.close()
            }
            flush()
        }
        for channel in running + closing.map(\.channel) { channel.dispose() }
        ssh_event_remove_session(event, session)
        ssh_event_free(event)
        ssh_disconnect(session)
        ssh_free(session)
        link.end(error)
    }

    /// Sends what is on its way, within a second.
    private func flush() {
        let deadline = Deadline.after(.seconds(1))
        while ssh_get_poll_flags(session) & SSH_WRITE_PENDING != 0 && !deadline.isPast {
            var waited = pollfd(fd: ssh_get_fd(session), events: Int16(POLLOUT), revents: 0)
            guard poll(&waited, 1, deadline.remainingMilliseconds) > 0,
                ssh_event_dopoll(event, 0) == SSH_OK
            else { return }
        }
    }
}
