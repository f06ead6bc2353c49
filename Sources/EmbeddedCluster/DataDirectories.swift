import ClusterModel
import Glibc

/// A data directory whose server runs, as its `postmaster.pid` says.
struct RunningServer: Sendable, Equatable {
    let path: String
    let process: pid_t
    /// The first address it listens on.
    let address: String
    /// Whether it follows another server.
    let isStandby: Bool
}

/// Finds the data directories below a cluster's directory, however they came there.
enum DataDirectories {
    /// All of them, sorted.
    static func all(of state: ClusterState) -> [String] {
        var found: [String] = []
        var open = [(path: state.layout.directory, depth: 0)]
        while let (path, depth) = open.popLast() {
            if PrivateFiles.exists("\(path)/PG_VERSION") {
                found.append(path)
            } else if depth < 5 {
                for name in PrivateFiles.names(in: path) {
                    let child = "\(path)/\(name)"
                    var status = stat()
                    guard lstat(child, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { continue }
                    open.append((child, depth + 1))
                }
            }
        }
        return found.sorted()
    }

    /// Those with a live server.
    static func running(of state: ClusterState) -> [RunningServer] { all(of: state).compactMap(server) }

    /// The server of one data directory; nil when none runs.
    static func server(_ path: String) -> RunningServer? {
        guard let text = try? PrivateFiles.read("\(path)/postmaster.pid") else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 6, let process = pid_t(lines[0]), process > 1,
            // A stale file's number may be another's by now: a postmaster works in its data directory.
            PrivateFiles.linkTarget("/proc/\(process)/cwd") == path
        else { return nil }
        return RunningServer(
            path: path, process: process, address: String(lines[5]),
            isStandby: PrivateFiles.exists("\(path)/standby.signal"))
    }

    /// Removes the lock files of a killed server that nobody has reaped.
    ///
    /// Where process 1 reaps nothing, as in many containers, such a zombie would make a new server believe that the
    /// old one runs.
    static func removeStaleLocks(of instance: Segment, socketDirectory: String) {
        for path in [
            "\(instance.dataDirectory)/postmaster.pid", "\(socketDirectory)/.s.PGSQL.\(instance.port).lock",
        ] {
            guard let text = try? PrivateFiles.read(path),
                let process = text.split(separator: "\n").first.flatMap({ pid_t($0) }),
                PrivateFiles.exists("/proc/\(process)"), ClusterProcesses.isEnded(process)
            else { continue }
            unlink(path)
        }
    }
}
