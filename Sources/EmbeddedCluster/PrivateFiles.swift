import BlockingWork
import Glibc

/// Writes files and directories that only their owner can use.
struct PrivateFiles: Sendable {
    /// Who shall own what is made; nil: whoever runs this.
    let owner: (user: uid_t, group: gid_t)?

    /// Makes a directory, mode 0700; an existing one is left as it is.
    func makeDirectory(_ path: String) throws(DemoError) {
        guard mkdir(path, 0o700) == 0 else {
            guard errno == EEXIST else { throw Self.failure(path) }
            return
        }
        if let owner, lchown(path, owner.user, owner.group) != 0 { throw Self.failure(path) }
    }

    /// Makes a directory and the missing ones above it, down from `base`, which exists.
    func makeDirectories(_ path: String, below base: String) throws(DemoError) {
        var current = base
        for part in path.dropFirst(base.count).split(separator: "/") {
            current += "/\(part)"
            try makeDirectory(current)
        }
    }

    /// Writes a whole file, new or in place of the old one, never through a symbolic link.
    func write(_ text: String, to path: String, mode: mode_t = 0o600) throws(DemoError) {
        let draft = "\(path).new"
        unlink(draft)
        try writeDraft(text, to: draft, mode: mode)
        guard rename(draft, path) == 0 else { throw Self.failure(path) }
    }

    /// Writes a whole file unless there is one by that name; it appears complete or not at all.
    ///
    /// - Parameter draft: a name in the same directory that nobody else uses.
    /// - Returns: false when there is a file already, which stays as it is.
    func writeNew(_ text: String, to path: String, draft: String, mode: mode_t = 0o600) throws(DemoError) -> Bool {
        defer { unlink(draft) }
        try writeDraft(text, to: draft, mode: mode)
        guard link(draft, path) == 0 else {
            guard errno == EEXIST else { throw Self.failure(path) }
            return false
        }
        return true
    }

    private func writeDraft(_ text: String, to draft: String, mode: mode_t) throws(DemoError) {
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard file >= 0 else { throw Self.failure(draft) }
        defer { close(file) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Self.failure(draft) }
            bytes = bytes.dropFirst(count)
        }
        if let owner, fchown(file, owner.user, owner.group) != 0 { throw Self.failure(draft) }
        guard fchmod(file, mode) == 0 else { throw Self.failure(draft) }
    }

    /// Adds text to the end of an existing file.
    func append(_ text: String, to path: String) throws(DemoError) {
        let old = try Self.read(path)
        try write(old + text, to: path)
    }

    /// A whole file as text, whatever its size.
    static func read(_ path: String) throws(DemoError) -> String {
        do { return try LocalFiles.read(path, limit: .max) } catch { throw failure(path, error.number) }
    }

    /// Makes a directory of mode 0700, or takes an empty one that is there.
    ///
    /// Anything but a directory is refused untouched, a symbolic link to one too: its mode is changed through the
    /// descriptor that proved it to be a directory.
    ///
    /// - Throws: `DemoError`.
    static func claimDirectory(_ path: String) throws(DemoError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw DemoError("cannot make \(path): \(String(cString: strerror(errno)))")
        }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw DemoError("cannot make \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        guard names(in: path).isEmpty else { throw DemoError("\(path) is not empty") }
        guard fchmod(descriptor, 0o700) == 0 else {
            throw DemoError("\(path): \(String(cString: strerror(errno)))")
        }
    }

    /// The names in a directory, sorted, without `.` and `..`; none when it cannot be read.
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func exists(_ path: String) -> Bool { LocalFiles.exists(path) }

    /// What a symbolic link says, nil when it is none or cannot be read.
    static func linkTarget(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.bindMemory(to: CChar.self).baseAddress.map { readlink(path, $0, bytes.count) } ?? -1
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    /// Removes a directory and everything in it, following no symbolic link.
    static func removeTree(_ path: String) throws(DemoError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw failure(path) }
            return
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            guard unlink(path) == 0 || errno == ENOENT else { throw failure(path) }
            return
        }
        for name in names(in: path) { try removeTree("\(path)/\(name)") }
        guard rmdir(path) == 0 || errno == ENOENT else { throw failure(path) }
    }

    private static func failure(_ path: String, _ number: Int32 = errno) -> DemoError {
        DemoError("\(path): \(String(cString: strerror(number)))")
    }
}
