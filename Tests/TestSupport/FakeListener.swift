import Glibc
import Synchronization

/// A listener that behaves badly in a chosen way, on a thread of its own.
public final class FakeListener: Sendable {
    /// What it does with a connection.
    public enum Behaviour: Sendable {
        /// Accepts and says nothing.
        case hang
        /// Closes the first connections, then passes on to another port.
        case drop(first: Int, then: Int)
        /// Sends this many bytes of text lines and never a greeting.
        case flood(bytes: Int)
        /// Says who it is, as an SSH server does, and nothing more.
        case greet
    }

    public let port: Int
    private let descriptor: Int32
    private let behaviour: Behaviour
    private let count = Mutex(0)

    /// How many connections came.
    public var connections: Int { count.withLock { $0 } }

    public init(_ behaviour: Behaviour) throws {
        (descriptor, port) = try Loopback.listen()
        self.behaviour = behaviour
        let descriptor = descriptor
        spawnThread { [weak self] in
            while case let client = accept(descriptor, nil, nil), client >= 0 { self?.serve(client) }
        }
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private func serve(_ client: Int32) {
        let number = count.withLock { count in
            count += 1
            return count
        }
        switch behaviour {
        case .hang: return
        case .greet:
            let greeting = Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)
            send(client, greeting, greeting.count, Int32(MSG_NOSIGNAL))
        case .drop(let first, _) where number <= first: close(client)
        case .drop(_, let port):
            let server = Loopback.connect(port: port)
            spawnThread { Self.copy(from: client, to: server) }
            spawnThread { Self.copy(from: server, to: client) }
        case .flood(let bytes):
            spawnThread {
                let line = Array((String(repeating: "x", count: 99) + "\n").utf8)
                for _ in 0..<(bytes / 100) {
                    guard send(client, line, line.count, Int32(MSG_NOSIGNAL)) > 0 else { break }
                }
            }
        }
    }

    private static func copy(from source: Int32, to target: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = recv(source, &buffer, buffer.count, 0), count > 0 {
            guard send(target, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(target, Int32(SHUT_WR))
    }
}
