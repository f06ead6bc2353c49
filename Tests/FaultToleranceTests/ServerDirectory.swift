import Glibc
import TestSupport

/// A directory for servers that live for seconds, removed with the value that owns it.
///
/// In memory where there is room: copying three data directories per test is most of the time on a disk.
final class ServerDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("\(Self.parent)/gpha-fts-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestFailure("mkdtemp: errno \(errno)") }
        path = String(decoding: template.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        try Account.own(path)
    }

    deinit { _ = try? runProgram(["/bin/rm", "-rf", path]) }

    private static let parent: String = {
        var room = statvfs()
        let free = statvfs("/dev/shm", &room) == 0 ? room.f_bavail * UInt(room.f_frsize) : 0
        return free > 2 << 30 && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    }()
}
