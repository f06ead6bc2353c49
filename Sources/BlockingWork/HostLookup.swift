import Glibc
import Synchronization

/// One address that a name stands for, as the socket calls take it.
public struct SocketAddress: Sendable {
    public let family: Int32
    public let bytes: [UInt8]

    /// The address in digits, with its scope and without its port; nil when it is of no kind that has digits.
    public var numeric: String? { text(NI_NUMERICHOST) }

    /// The name that the resolver has for the address; blocks.
    fileprivate var name: String? { text(NI_NAMEREQD) }

    private func text(_ flags: Int32) -> String? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let status = bytes.withUnsafeBytes { bytes -> Int32 in
            guard let base = bytes.bindMemory(to: sockaddr.self).baseAddress else { return -1 }
            return getnameinfo(base, socklen_t(bytes.count), &text, socklen_t(text.count), nil, 0, flags)
        }
        guard status == 0 else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// Turns a name into addresses within a deadline.
///
/// The resolver cannot be interrupted: it runs on a thread of its own, which is left behind when time is up.
public enum HostLookup {
    public enum Outcome: Sendable {
        /// In the resolver's order.
        case found([SocketAddress])
        /// Why there is none, in the resolver's words.
        case failed(String)
        /// Time was up.
        case timeout
    }

    private final class Answer<Value: Sendable>: Sendable {
        let value = Mutex<Value?>(nil)
        let wake: WakePipe
        init(wake: WakePipe) { self.wake = wake }
    }

    /// Whether `host` is an address already, which nobody has to be asked about.
    public static func isNumeric(_ host: String) -> Bool {
        if case .found = resolve(host, 1, flags: AI_NUMERICHOST) { return true }
        return false
    }

    /// The addresses of `host`, which may be one itself, with `port` in them.
    ///
    /// It blocks until `deadline` at most: call it on a thread of our own.
    public static func addresses(of host: String, port: Int, until deadline: Deadline) -> Outcome {
        if case .found(let numeric) = resolve(host, port, flags: AI_NUMERICHOST) { return .found(numeric) }
        return ask(until: deadline) {
            resolve(host, port, flags: AI_ADDRCONFIG)
        } failed: {
            .failed($0)
        } ?? .timeout
    }

    /// The name of the host with an address in digits; nil when nobody knows one, or not in time.
    ///
    /// It blocks until `deadline` at most: call it on a thread of our own.
    public static func name(of address: String, until deadline: Deadline) -> String? {
        guard case .found(let list) = resolve(address, 1, flags: AI_NUMERICHOST), let first = list.first else {
            return nil
        }
        return ask(until: deadline) {
            first.name
        } failed: { _ in
            nil
        } ?? nil
    }

    /// Runs what cannot be interrupted on a thread of its own.
    ///
    /// - Returns: nil when time was up.
    private static func ask<Value: Sendable>(
        until deadline: Deadline, _ work: @escaping @Sendable () -> Value, failed: (String) -> Value
    ) -> Value? {
        guard let wake = WakePipe() else { return failed("out of file descriptors") }
        let answer = Answer<Value>(wake: wake)
        let isStarted = Thread.detach {
            let value = work()
            answer.value.withLock { $0 = value }
            answer.wake.wake()
        }
        guard isStarted else { return failed(OutOfThreads.reason) }
        var descriptor = pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0)
        while !deadline.isPast {
            if poll(&descriptor, 1, deadline.remainingMilliseconds) > 0 { break }
        }
        return answer.value.withLock { $0 }
    }

    private static func resolve(_ host: String, _ port: Int, flags: Int32) -> Outcome {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = flags | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else { return .failed(String(cString: gai_strerror(status))) }
        defer { freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next {
            let bytes = UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen))
            found.append(SocketAddress(family: entry.pointee.ai_family, bytes: Array(bytes)))
            next = entry.pointee.ai_next
        }
        return .found(found)
    }
}
