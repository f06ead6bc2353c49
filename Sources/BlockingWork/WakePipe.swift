import Glibc

/// Ends a `poll(2)` from another thread.
public final class WakePipe: Sendable {
    /// The descriptor to poll; it stays open as long as this value.
    public let readEnd: Int32
    private let writeEnd: Int32

    /// Nil when the process has no descriptor left.
    public init?() {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        Glibc.close(readEnd)
        Glibc.close(writeEnd)
    }

    /// Makes the read end readable; a full pipe is readable already.
    public func wake() {
        var byte: UInt8 = 0
        send(writeEnd, &byte, 1, Int32(MSG_NOSIGNAL))
    }

    /// Empties the pipe.
    public func drain() {
        var bytes = [UInt8](repeating: 0, count: 256)
        while read(readEnd, &bytes, bytes.count) > 0 {}
    }
}
