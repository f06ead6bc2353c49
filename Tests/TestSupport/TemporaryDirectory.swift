public import Glibc

/// A directory of its own for one test, removed with the value that owns it.
public final class TemporaryDirectory: Sendable {
    public let path: String

    public init() throws {
        path = try makeTemporaryDirectory(named: "gpha-test")
    }

    deinit { _ = try? runProgram(["/bin/rm", "-rf", path]) }

    /// Writes `text` to a file of this directory and returns its path.
    @discardableResult
    public func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
        let file = path + "/" + name
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw TestFailure("cannot write \(file): errno \(errno)") }
        defer { close(descriptor) }
        fchmod(descriptor, mode)
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw TestFailure("short write") }
        return file
    }

    /// The text of a file of this directory; empty when there is none.
    public func read(_ name: String) -> String {
        let descriptor = open(path + "/" + name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = Glibc.read(descriptor, &buffer, buffer.count), count > 0 { text += buffer[..<count] }
        return String(decoding: text, as: UTF8.self)
    }
}

/// What a test's own machinery could not do.
public struct TestFailure: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
