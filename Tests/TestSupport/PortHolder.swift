import Glibc

/// A listener on one address and port that never says a word, as another program would have it.
public final class PortHolder: Sendable {
    private let descriptor: Int32

    /// - Parameter namespace: the network namespace of the listener, by its name; nil is this process's own.
    /// - Throws: `TestFailure` when the port is taken.
    public init(address: String, port: Int, namespace: String? = nil) throws {
        descriptor = try Self.inside(namespace) {
            socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, address, &place.sin_addr)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let descriptor = descriptor
        let isBound = withUnsafeBytes(of: &place) { bytes in
            guard let base = bytes.bindMemory(to: sockaddr.self).baseAddress else { return false }
            return bind(descriptor, base, socklen_t(bytes.count)) == 0 && listen(descriptor, 4) == 0
        }
        guard isBound else { throw TestFailure("cannot listen on \(address):\(port): errno \(errno)") }
    }

    deinit { close(descriptor) }

    /// Makes a socket while this thread is in another namespace: a socket stays where it was made.
    private static func inside(_ namespace: String?, _ make: () -> Int32) throws -> Int32 {
        guard let namespace else { return make() }
        // The C library's; its header is not in Swift's module.
        typealias Enter = @convention(c) (Int32, Int32) -> Int32
        guard let symbol = dlsym(nil, "setns") else { throw TestFailure("no setns") }
        let enter = unsafeBitCast(symbol, to: Enter.self)
        let (own, other) = (open("/proc/thread-self/ns/net", O_RDONLY), open("/run/netns/\(namespace)", O_RDONLY))
        defer { for descriptor in [own, other] { close(descriptor) } }
        guard own >= 0, other >= 0, enter(other, 0) == 0 else { throw TestFailure("no way into \(namespace)") }
        let made = make()
        guard enter(own, 0) == 0 else { fatalError("no way back from \(namespace)") }
        return made
    }
}
