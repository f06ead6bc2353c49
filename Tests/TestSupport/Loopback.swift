import Glibc

/// TCP on 127.0.0.1, for listeners that tests play themselves.
public enum Loopback {
    /// A listening socket on a free port.
    public static func listen(backlog: Int32 = 64) throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = Self.address(port: 0)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
            guard let base = bytes.bindMemory(to: sockaddr.self).baseAddress else { return -1 }
            guard bind(descriptor, base, size) == 0, Glibc.listen(descriptor, backlog) == 0 else { return -1 }
            var length = size
            return getsockname(descriptor, base, &length)
        }
        guard descriptor >= 0, status == 0 else { throw TestFailure("cannot listen: errno \(errno)") }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// A port that nobody listens on.
    public static func freePort() throws -> Int {
        let (descriptor, port) = try listen()
        close(descriptor)
        return port
    }

    /// Whether something accepts connections on the port.
    public static func accepts(port: Int) -> Bool {
        let descriptor = connect(port: port)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }

    /// A connection to the port, or −1.
    public static func connect(port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = Self.address(port: port)
        let status = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
            guard let base = bytes.bindMemory(to: sockaddr.self).baseAddress else { return -1 }
            return Glibc.connect(descriptor, base, socklen_t(bytes.count))
        }
        guard status != 0 else { return descriptor }
        close(descriptor)
        return -1
    }

    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
