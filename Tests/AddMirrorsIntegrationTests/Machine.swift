import Glibc
import TestSupport

/// Files of the clusters, read and written as they are.
enum Files {
    static func read(_ path: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TestFailure("cannot read \(path): errno \(errno)") }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = Glibc.read(descriptor, &buffer, buffer.count), count > 0 { text += buffer[..<count] }
        return String(decoding: text, as: UTF8.self)
    }

    /// Gives an existing file other text; its owner and mode stay.
    static func overwrite(_ path: String, _ text: String) throws {
        let descriptor = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
        guard descriptor >= 0 else { throw TestFailure("cannot write \(path): errno \(errno)") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw TestFailure("short write") }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Identity and time of change of a file; zeros when there is none.
    static func stamp(_ path: String) -> [Int] {
        var status = stat()
        guard lstat(path, &status) == 0 else { return [0, 0, 0] }
        return [Int(status.st_ino), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }
}

/// Processes of this machine, as `/proc` shows them.
enum Processes {
    /// Live processes whose command lines hold all the words.
    static func all(with words: [String]) -> [pid_t] {
        numbers().filter { process in
            guard isRunning(process), let line = try? Files.read("/proc/\(process)/cmdline") else { return false }
            // A watcher carries its program's text as one argument.
            guard !line.hasPrefix("/bin/sh"), !line.hasPrefix("sh") else { return false }
            return words.allSatisfy { line.contains($0) }
        }
    }

    /// A process's children, and theirs.
    static func descendants(of parent: pid_t) -> [pid_t] {
        let children = numbers().filter { Self.parent(of: $0) == parent }
        return children + children.flatMap { descendants(of: $0) }
    }

    private static func parent(of process: pid_t) -> pid_t? {
        guard let text = try? Files.read("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        return text[end...].split(separator: " ").dropFirst(2).first.flatMap { pid_t($0) }
    }

    private static func numbers() -> [pid_t] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var found: [pid_t] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let number = pid_t(name) { found.append(number) }
        }
        return found
    }
}
