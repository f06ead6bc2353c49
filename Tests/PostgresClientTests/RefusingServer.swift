import BlockingWork
import Glibc
import TestSupport

/// Refuses every session with one error report, as a PostgreSQL server does.
final class RefusingServer: Sendable {
    let port: Int
    private let descriptor: Int32

    /// - Parameter fields: the report's field types and texts (PostgreSQL documentation, 55.8).
    init(_ fields: [(Character, String)]) throws {
        (descriptor, port) = try Loopback.listen()
        var body: [UInt8] = []
        for (type, text) in fields { body += Array("\(type)\(text)".utf8) + [0] }
        body.append(0)
        let length = UInt32(body.count + 4).bigEndian
        let report = [UInt8(ascii: "E")] + withUnsafeBytes(of: length) { Array($0) } + body
        let descriptor = descriptor
        let isStarted = Thread.detach {
            while case let client = accept(descriptor, nil, nil), client >= 0 {
                Self.refuse(client, report)
                close(client)
            }
        }
        guard isStarted else { throw OutOfThreads() }
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Says no to encryption and answers the start-up packet with the report.
    private static func refuse(_ client: Int32, _ report: [UInt8]) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(client, &buffer, buffer.count, 0), count >= 8 {
            // The codes of SSLRequest and GSSENCRequest begin with 1234, that of version 3 with 0003.
            guard buffer[4] == 0x04, buffer[5] == 0xd2 else { break }
            send(client, "N", 1, Int32(MSG_NOSIGNAL))
        }
        send(client, report, report.count, Int32(MSG_NOSIGNAL))
    }
}
