import BlockingWork
import Glibc

/// Opens a TCP connection ourselves: libssh tries only one address of a name, and waits as long as it likes.
enum SocketConnection {
    enum Outcome {
        case connected(Int32)
        case failed(String)
        case interrupted
    }

    /// Milliseconds after which data that the host does not acknowledge break the connection (tcp(7)).
    ///
    /// As long as a watcher waits for heartbeats. Without it a host that was cut off would hold a long command for
    /// 15 minutes.
    private static let longestSilence: UInt32 = 30_000

    /// Connects to the first address that answers.
    ///
    /// Waking up ends the wait when `isEnding` says so.
    static func open(
        _ host: String, port: Int, until deadline: Deadline, wake: WakePipe, _ isEnding: () -> Bool
    ) -> Outcome {
        let addresses: [SocketAddress]
        switch HostLookup.addresses(of: host, port: port, until: deadline) {
        case .found(let found): addresses = found
        case .failed(let reason): return .failed("cannot resolve \(host): \(reason)")
        case .timeout: return .failed("resolving \(host) took too long")
        }
        var reason = "no address"
        for (index, address) in addresses.enumerated() {
            // A silent address leaves time for those behind it.
            let share = deadline.remaining / (addresses.count - index)
            switch connect(address, until: Deadline.after(share), wake: wake, isEnding) {
            case .failed(let text): reason = text
            case let outcome: return outcome
            }
        }
        return .failed("port \(port): \(reason)")
    }

    private static func connect(
        _ address: SocketAddress, until deadline: Deadline, wake: WakePipe, _ isEnding: () -> Bool
    ) -> Outcome {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.family, type, 0)
        guard descriptor >= 0 else { return .failed(errorText(errno)) }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, size)
        var silence = longestSilence
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &silence, size)
        let status = address.bytes.withUnsafeBytes { bytes -> Int32 in
            guard let base = bytes.bindMemory(to: sockaddr.self).baseAddress else { return -1 }
            return Glibc.connect(descriptor, base, socklen_t(bytes.count))
        }
        let outcome =
            status == 0
            ? .connected(descriptor)
            : errno == EINPROGRESS
                ? settle(descriptor, until: deadline, wake: wake, isEnding) : .failed(errorText(errno))
        if case .connected = outcome { return outcome }
        close(descriptor)
        return outcome
    }

    private static func settle(
        _ descriptor: Int32, until deadline: Deadline, wake: WakePipe, _ isEnding: () -> Bool
    ) -> Outcome {
        var waited = [
            pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let ready = poll(&waited, 2, deadline.remainingMilliseconds)
            if ready < 0 && errno == EINTR { continue }
            if ready <= 0 { return .failed("no answer") }
            if waited[0].revents != 0 { break }
            wake.drain()
            if isEnding() { return .interrupted }
        }
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
        return error == 0 ? .connected(descriptor) : .failed(errorText(error))
    }

    /// The system's text for an error number, lowercase.
    static func errorText(_ number: Int32) -> String {
        var text = [CChar](repeating: 0, count: 256)
        guard strerror_r(number, &text, text.count) == 0 else { return "error \(number)" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).lowercased()
    }
}
