import Glibc
import Testing

/// A real listening socket on an address of this machine, on a free port; closed when it goes away.
final class Listener: Sendable {
    let port: Int
    private let descriptor: Int32

    init(_ address: String) throws {
        let isIPv6 = address.contains(":")
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        self.descriptor = descriptor
        port = isIPv6 ? try Self.bindIPv6(descriptor, address) : try Self.bindIPv4(descriptor, address)
        try #require(listen(descriptor, 1) == 0)
    }

    deinit { close(descriptor) }

    private static func bindIPv4(_ descriptor: Int32, _ text: String) throws -> Int {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        try #require(inet_pton(AF_INET, text, &address.sin_addr) == 1)
        return Int(UInt16(bigEndian: try bindAndAsk(descriptor, &address).sin_port))
    }

    private static func bindIPv6(_ descriptor: Int32, _ text: String) throws -> Int {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        try #require(inet_pton(AF_INET6, text, &address.sin6_addr) == 1)
        return Int(UInt16(bigEndian: try bindAndAsk(descriptor, &address).sin6_port))
    }

    private static func bindAndAsk<Address>(_ descriptor: Int32, _ address: inout Address) throws -> Address {
        var size = socklen_t(MemoryLayout<Address>.size)
        let failed = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) != 0 || getsockname(descriptor, $0, &size) != 0
            }
        }
        try #require(!failed, "bind: \(String(cString: strerror(errno)))")
        return address
    }
}
