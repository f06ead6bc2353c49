import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc

/// `gpftsd.pid` in the coordinator's data directory: one line, the process ID of the running service.
///
/// It tells people and scripts whom to signal. What makes a process the service is the advisory lock, so a file left
/// by a killed process hinders nobody.
struct PidFile {
    static let name = "gpftsd.pid"
    private let path: String

    init(dataDirectory: String) { path = dataDirectory + "/" + Self.name }

    /// Writes this process's ID.
    func write() throws { try LocalFiles.write("\(getpid())\n", to: path) }

    /// Removes the file, if it is this process's.
    func remove() {
        guard let text = try? LocalFiles.read(path), Int32(text.trimmed) == getpid() else { return }
        unlink(path)
    }
}
