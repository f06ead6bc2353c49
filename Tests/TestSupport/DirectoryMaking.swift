import Glibc

/// Makes a new, empty directory and returns its path; whoever asked for it removes it.
///
/// - Parameters:
///   - prefix: how its name begins, so that what a killed test left is known by its maker.
///   - parent: where it lies.
/// - Throws: `TestFailure` with the number of the error.
public func makeTemporaryDirectory(named prefix: String, in parent: String = "/tmp") throws -> String {
    // The six letters that mkdtemp(3) asks for and replaces.
    var template = Array("\(parent)/\(prefix)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TestFailure("mkdtemp in \(parent): errno \(errno)") }
    return String(decoding: template.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Where servers of a test keep their files: in memory where there are 2 GiB to spare, else in `/tmp`.
public let serverParent: String = {
    var facts = statvfs()
    let hasRoom = statvfs("/dev/shm", &facts) == 0 && facts.f_bavail * facts.f_frsize > 2 << 30
    return hasRoom && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
}()
