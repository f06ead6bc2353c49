import Glibc

/// A POSIX thread that runs one closure and ends.
public enum Thread {
    /// Blocks the calling thread; only for threads of our own.
    public static func sleep(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        var pause = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var left = timespec()
        while nanosleep(&pause, &left) != 0 && errno == EINTR { pause = left }
    }

    private final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a detached thread with a stack of 1 MiB.
    ///
    /// - Returns: false when the system has no thread to give; `body` is not run then. Running it on the caller's
    ///   thread could stop everything else for as long as it takes, so the caller decides.
    public static func detach(_ body: @escaping @Sendable () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 1 << 20)
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        let status = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        if status != 0 { box.release() }
        return status == 0
    }
}

/// The system has no thread to give.
public struct OutOfThreads: Error, Sendable, CustomStringConvertible {
    /// What to say of it, lowercase.
    public static let reason = "out of threads"

    public init() {}

    public var description: String { Self.reason }
}
