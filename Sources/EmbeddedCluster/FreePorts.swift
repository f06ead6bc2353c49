import Glibc

/// Finds addresses and ports that nobody listens on.
enum FreePorts {
    /// Whether a listener could be bound to this address and port now.
    static func isFree(_ port: Int, on address: String) -> Bool {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { return false }
        defer { close(listener) }
        var reuse: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = in_port_t(port).bigEndian
        guard inet_pton(AF_INET, address, &name.sin_addr) == 1 else { return false }
        let bound = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return bound == 0 && listen(listener, 1) == 0
    }

    /// The first busy endpoint of a layout, as `address:port`; nil when all are free.
    static func busyEndpoint(of layout: DemoLayout) -> String? {
        for host in layout.hosts {
            for port in layout.ports where !isFree(port, on: host.address) { return "\(host.address):\(port)" }
        }
        return nil
    }

    /// Whether something accepts connections there.
    static func answers(_ port: Int, on address: String) -> Bool { !isFree(port, on: address) }
}
