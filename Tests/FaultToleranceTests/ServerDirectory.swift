import Glibc
import Synchronization
import TestSupport

/// A directory for servers, in memory where there is room, removed with the value that owns it.
final class ServerDirectory: Sendable {
    let path: String

    init() throws {
        path = try makeTemporaryDirectory(named: "gpha-servers", in: serverParent)
        try Account.own(path)
    }

    deinit { _ = try? runProgram(["/bin/rm", "-rf", path]) }
}

/// Ports for servers that stop and start again: none that the kernel gives to outgoing connections meanwhile.
enum ServerPort {
    private static let given = Mutex<Set<Int>>([])

    /// The kernel's own range begins here (`ip_local_port_range`).
    private static let end: Int = {
        let text = try? TestServer.text("/proc/sys/net/ipv4/ip_local_port_range")
        return min(32768, text?.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) } ?? 32768)
    }()

    /// A port on which nobody listens, given to nobody else of this process.
    static func free() throws -> Int {
        for _ in 0..<200 {
            let port = Int.random(in: max(1024, end - 12_000)..<end)
            guard given.withLock({ $0.insert(port).inserted }), !Loopback.accepts(port: port) else { continue }
            return port
        }
        throw TestFailure("no free port below \(end)")
    }
}
