import BlockingWork
import Glibc
import Synchronization

/// Says to every part of the service that it shall end; set from a signal handler or a test.
public final class FTSStop: Sendable {
    private let flag = Atomic<Bool>(false)

    public init() {}

    /// Asks the service to end between two steps.
    ///
    /// Safe in a signal handler.
    public func request() { flag.store(true, ordering: .relaxed) }

    /// Whether it was asked.
    public var isRequested: Bool { flag.load(ordering: .relaxed) }

    /// Leaves the work at hand when the service shall end.
    ///
    /// - Throws: `CancellationError`.
    func check() throws { if isRequested { throw CancellationError() } }

    /// Looks for `condition` every `pause` on this thread; returns whether it held before the deadline.
    ///
    /// - Throws: what `condition` throws; `CancellationError` when the service shall end.
    func wait(
        until deadline: Deadline, every pause: Duration = .milliseconds(50), for condition: () throws -> Bool
    ) throws -> Bool {
        while true {
            try check()
            if try condition() { return true }
            guard !deadline.isPast else { return false }
            Self.sleep(min(pause, deadline.remaining))
        }
    }

    /// Sleeps on this thread, in pieces that see a request to end.
    ///
    /// - Throws: `CancellationError` when the service shall end.
    func pause(_ duration: Duration) throws {
        _ = try wait(until: .after(duration)) { false }
    }

    private static func sleep(_ duration: Duration) {
        usleep(useconds_t(min(1_000_000, max(1000, duration.inSeconds * 1_000_000))))
    }
}
