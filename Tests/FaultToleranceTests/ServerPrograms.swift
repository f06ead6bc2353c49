import Glibc
import TestSupport

/// Where the tests' servers come from.
enum ServerPrograms {
    /// The directory of the newest server's programs: the same that `Account` uses.
    static func newest() throws -> String {
        guard let directory = opendir("/usr/lib/postgresql") else { throw TestFailure("no /usr/lib/postgresql") }
        defer { closedir(directory) }
        var versions: [Int] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let version = Int(name) { versions.append(version) }
        }
        guard let newest = versions.max() else { throw TestFailure("no server in /usr/lib/postgresql") }
        return "/usr/lib/postgresql/\(newest)/bin"
    }
}
