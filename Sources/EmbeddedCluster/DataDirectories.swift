import ClusterModel
import Glibc

/// A data directory whose server runs, as its `postmaster.pid` says.
struct RunningServer: Sendable, Equatable {
    let path: String
    let process: pid_t
    /// The first address it listens on; empty where there is none.
    let address: String
    /// Whether it follows another server.
    let isStandby: Bool
    /// Whether it is a Greenplum coordinator, or the standby of one, by its start options.
    let isDispatcher: Bool
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
        guard let file = postmasterFile(path), let process = pid_t(exactly: file.pid), process > 1,
            // A stale file's number may be another's by now: a postmaster works in its data directory.
            PrivateFiles.linkTarget("/proc/\(process)/cwd") == path
        else { return nil }
        return RunningServer(
            path: path, process: process, address: file.listenAddress ?? "",
            isStandby: PrivateFiles.exists("\(path)/standby.signal"),
            isDispatcher: ((try? PrivateFiles.read("\(path)/postmaster.opts")) ?? "").contains("gp_role=dispatch"))
    }

    /// What a server left about itself; nil without a server that has begun to write it.
    static func postmasterFile(_ path: String) -> PostmasterFile? {
        (try? PrivateFiles.read("\(path)/postmaster.pid")).flatMap { PostmasterFile(text: $0) }
    }

    /// Removes the lock files of a killed server that nobody has reaped.
    ///
    /// Where process 1 reaps nothing, as in many containers, such a zombie would make a new server believe that the
    /// old one runs.
    static func removeStaleLocks(of instance: Segment, socketDirectory: String) {
        for path in [
            "\(instance.dataDirectory)/postmaster.pid", "\(socketDirectory)/.s.PGSQL.\(instance.port).lock",
        ] {
            // The socket's lock file begins as postmaster.pid does.
            guard let text = try? PrivateFiles.read(path),
                let process = PostmasterFile(text: text).flatMap({ pid_t(exactly: $0.pid) }),
                PrivateFiles.exists("/proc/\(process)"), ClusterProcesses.isEnded(process)
            else { continue }
            unlink(path)
        }
    }
}
