import BlockingWork
import Glibc
import Synchronization

/// Turns SIGINT and SIGTERM into a stop request, and keeps SIGHUP and SIGPIPE from ending the process.
///
/// Handlers and not ignored signals: a program started by the tool gets the default behaviour back at exec.
enum SignalWatch {
    /// The write end of the pipe that the signal handler reports through.
    private static let pipeInput = Atomic<Int32>(-1)
    private static let signalCount = Atomic<Int32>(0)

    /// Makes writing to a closed pipe an error instead of the end, and survives a closed terminal.
    static func shield() {
        handle(SIGPIPE) { _ in }
        // A tool started by nohup has it ignored: so it stays.
        if signalIsDefault(SIGHUP) { handle(SIGHUP) { _ in } }
    }

    /// Watches until the process ends.
    ///
    /// The first signal asks `stop`; where nothing waits for that, or at the second signal, `leave` ends the process.
    /// A signal that the user says was not meant does not count.
    static func start(_ stop: StopRequest, leave: @escaping @Sendable () -> Void) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        let output = ends[0]
        pipeInput.store(ends[1], ordering: .sequentiallyConsistent)
        _ = signalCount.load(ordering: .sequentiallyConsistent)
        let isStarted = Thread.detach {
            while let signal = nextSignal(from: output) {
                let reason: StopRequest.Reason = signal == SIGTERM ? .terminate : .interrupt
                guard stop.isMeant(reason) else {
                    signalCount.store(0, ordering: .sequentiallyConsistent)
                    continue
                }
                let isHandled = stop.hasHandlers
                stop.request(reason)
                if !isHandled { leave() }
                return
            }
        }
        // Without a watcher the signals keep their default: they end the process.
        guard isStarted else { return }
        for signal in [SIGINT, SIGTERM] {
            handle(signal) { signal in SignalWatch.note(signal) }
        }
    }

    /// The signal handler's body: only calls that are safe there.
    private static func note(_ signal: Int32) {
        if signalCount.add(1, ordering: .sequentiallyConsistent).oldValue > 0 { _exit(ExitStatus.refused.rawValue) }
        let saved = errno
        var byte = UInt8(truncatingIfNeeded: signal)
        _ = write(pipeInput.load(ordering: .sequentiallyConsistent), &byte, 1)
        errno = saved
    }

    private static func nextSignal(from descriptor: Int32) -> Int32? {
        while true {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, -1) >= 0 || errno == EINTR else { return nil }
            var byte: UInt8 = 0
            if read(descriptor, &byte, 1) == 1 { return Int32(byte) }
        }
    }

    private static func handle(_ signal: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        action.sa_flags = Int32(SA_RESTART)
        sigaction(signal, &action, nil)
    }

    private static func signalIsDefault(_ signal: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(signal, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 0
    }
}
