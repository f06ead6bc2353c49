import Glibc

/// Files of this machine, read whole; Foundation-free.
public enum LocalFiles {
    /// The text of a file, at most `limit` bytes, undecodable bytes replaced.
    ///
    /// - Throws: `LocalFileError` with the system's reason.
    public static func read(_ path: String, limit: Int = 16 << 20) throws(LocalFileError) -> String {
        String(decoding: try bytes(path, limit: limit), as: UTF8.self)
    }

    /// The bytes of a file, at most `limit`.
    ///
    /// - Throws: `LocalFileError` with the system's reason, also when the file is longer.
    public static func bytes(_ path: String, limit: Int = 16 << 20) throws(LocalFileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LocalFileError(path: path, number: errno) }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw LocalFileError(path: path, number: errno) }
            guard count > 0 else { return content }
            content += piece[..<count]
            guard content.count <= limit else { throw LocalFileError(path: path, number: EFBIG) }
        }
    }

    /// Writes a file through a temporary one beside it, `fsync` and `rename`, so that a reader sees the old or the new
    /// text, also after a crash.
    ///
    /// - Parameter mode: the file's permissions, whatever the umask.
    /// - Throws: `LocalFileError`; what was there stays.
    public static func write(_ text: String, to path: String, mode: UInt32 = 0o600) throws(LocalFileError) {
        let temporary = "\(path).\(getpid()).tmp"
        // A file of this name is what a process of this number left; a link there leads nowhere.
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw LocalFileError(path: path, number: errno) }
        var isWritten = fchmod(descriptor, mode) == 0 && write(Array(text.utf8), to: descriptor)
        isWritten = isWritten && fsync(descriptor) == 0
        var number = errno
        close(descriptor)
        if isWritten {
            if rename(temporary, path) == 0 { return }
            number = errno
        }
        unlink(temporary)
        throw LocalFileError(path: path, number: number)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Whether something exists at the path.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

/// A file that could not be read or written.
public struct LocalFileError: Error, Sendable, Equatable, CustomStringConvertible {
    public let path: String
    /// The system's error number.
    public let number: Int32

    public init(path: String, number: Int32) {
        self.path = path
        self.number = number
    }

    /// The original's form, which is Python's: `[Errno 2] No such file or directory: '<path>'`.
    public var description: String { "[Errno \(number)] \(String(cString: strerror(number))): '\(path)'" }
}
