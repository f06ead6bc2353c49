import BlockingWork
import Glibc
import Synchronization

/// One address that a name stands for, as the socket calls take it.
struct SocketAddress: Sendable {
    let family: Int32
    let bytes: [UInt8]
}

/// Turns a name into addresses within a deadline.
///
/// The resolver cannot be interrupted: it runs on a thread of its own, which is left behind when time is up.
enum HostLookup {
    enum Outcome: Sendable {
        case found([SocketAddress])
        case failed(String)
        case timeout
    }

    private final class Answer: Sendable {
        let outcome = Mutex<Outcome?>(nil)
        let wake: WakePipe
        init(wake: WakePipe) { self.wake = wake }
    }

    static func addresses(of host: String, port: Int, until deadline: Deadline) -> Outcome {
        if case .found(let numeric) = resolve(host, port, flags: AI_NUMERICHOST) { return .found(numeric) }
        guard let wake = WakePipe() else { return .failed("out of file descriptors") }
        let answer = Answer(wake: wake)
        Thread.detach {
            let outcome = resolve(host, port, flags: AI_ADDRCONFIG)
            answer.outcome.withLock { $0 = outcome }
            answer.wake.wake()
        }
        var descriptor = pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0)
        while !deadline.isPast {
            if poll(&descriptor, 1, deadline.remainingMilliseconds) > 0 { break }
        }
        return answer.outcome.withLock { $0 } ?? .timeout
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
