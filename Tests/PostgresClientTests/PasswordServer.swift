import BlockingWork
import Glibc
import Synchronization
import TestSupport

/// Asks whoever comes for a password in clear text, as a PostgreSQL server does, keeps it and hangs up.
final class PasswordServer: Sendable {
    let port: Int
    private let descriptor: Int32
    private let given = Mutex<[String]>([])

    /// The passwords that were sent so far.
    var passwords: [String] { given.withLock { $0 } }

    init() throws {
        (descriptor, port) = try Loopback.listen()
        let descriptor = descriptor
        let isStarted = Thread.detach { [weak self] in
            while case let client = accept(descriptor, nil, nil), client >= 0 {
                if let password = Self.ask(client) { self?.given.withLock { $0.append(password) } }
                close(client)
            }
        }
        guard isStarted else { throw OutOfThreads() }
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Says no to encryption, asks (AuthenticationCleartextPassword) and reads one PasswordMessage.
    private static func ask(_ client: Int32) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(client, &buffer, buffer.count, 0), count >= 8 {
            // The codes of SSLRequest and GSSENCRequest begin with 1234, that of version 3 with 0003.
            guard buffer[4] == 0x04, buffer[5] == 0xd2 else { break }
            send(client, "N", 1, Int32(MSG_NOSIGNAL))
        }
        let request: [UInt8] = [UInt8(ascii: "R"), 0, 0, 0, 8, 0, 0, 0, 3]
        send(client, request, request.count, Int32(MSG_NOSIGNAL))
        let count = recv(client, &buffer, buffer.count, 0)
        guard count > 5, buffer[0] == UInt8(ascii: "p") else { return nil }
        return String(decoding: buffer[5..<count].prefix { $0 != 0 }, as: UTF8.self)
    }
}
