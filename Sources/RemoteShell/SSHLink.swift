import BlockingWork
import Synchronization

/// One host's connection as the callers see it: a letter box, and a thread behind it that owns the session.
final class SSHLink: Sendable {
    private struct Inbox {
        var jobs: [CommandJob] = []
        /// No more commands: the connection is not trusted any more, or the run ends.
        var isRetired = false
        var isClosing = false
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    let host: String
    let wake: WakePipe
    private let inbox = Mutex(Inbox())

    init?(host: String) {
        guard let wake = WakePipe() else { return nil }
        self.host = host
        self.wake = wake
    }

    /// Hands over a command.
    ///
    /// - Returns: false when this link takes none any more; a new one is needed.
    func submit(_ job: CommandJob) -> Bool {
        let isTaken = inbox.withLock { inbox in
            guard !inbox.isRetired else { return false }
            inbox.jobs.append(job)
            return true
        }
        if isTaken { wake.wake() }
        return isTaken
    }

    /// The commands that came since the last call.
    func takeJobs() -> [CommandJob] {
        inbox.withLock { inbox in
            defer { inbox.jobs = [] }
            return inbox.jobs
        }
    }

    /// Whether the run is being ended.
    var isClosing: Bool { inbox.withLock { $0.isClosing } }

    /// Whether the link takes no more commands.
    var isRetired: Bool { inbox.withLock { $0.isRetired } }

    /// Whether the thread is done.
    var hasEnded: Bool { inbox.withLock { $0.hasEnded } }

    /// Takes no more commands; those that run go on.
    func retire() { inbox.withLock { $0.isRetired = true } }

    /// Asks the thread to end everything.
    func close() {
        inbox.withLock {
            $0.isRetired = true
            $0.isClosing = true
        }
        wake.wake()
    }

    /// The thread is done: what still waits fails with `error`.
    func end(_ error: ShellError) {
        let (jobs, waiters) = inbox.withLock { inbox in
            inbox.isRetired = true
            inbox.hasEnded = true
            defer { (inbox.jobs, inbox.waiters) = ([], []) }
            return (inbox.jobs, inbox.waiters)
        }
        for job in jobs { job.finish(.failure(error)) }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until the thread is done.
    func ended() async {
        await withCheckedContinuation { continuation in
            let hasEnded = inbox.withLock { inbox in
                if !inbox.hasEnded { inbox.waiters.append(continuation) }
                return inbox.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }
}
