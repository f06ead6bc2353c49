import Glibc

/// A listener on one address and port that never says a word, as another program would have it.
public final class PortHolder: Sendable {
    private let descriptor: Int32

    /// - Throws: `TestFailure` when the port is taken.
    public init(address: String, port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
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
}
