import BlockingWork
import Glibc

/// Finds and ends the processes of a cluster, whatever became of their pid files.
struct ClusterProcesses: Sendable {
    let state: ClusterState

    /// What one process shows of itself under `/proc`.
    private struct Candidate {
        let process: pid_t
        let user: uid_t
        var root: String { "/proc/\(process)" }
        var program: String {
            String(PrivateFiles.linkTarget("\(root)/exe")?.split(separator: "/").last ?? "")
        }
        /// The directory it works in and what its output and its other files are.
        var places: [String] {
            (["\(root)/cwd"] + PrivateFiles.names(in: "\(root)/fd").map { "\(root)/fd/\($0)" })
                .compactMap(PrivateFiles.linkTarget)
        }
        var words: [Substring] {
            ((try? PrivateFiles.read("\(root)/cmdline")) ?? "").split(separator: "\0")
        }
        var variables: [Substring] {
            ((try? PrivateFiles.read("\(root)/environ")) ?? "").split(separator: "\0")
        }
        var network: ino_t? {
            var status = stat()
            return stat("\(root)/ns/net", &status) == 0 ? status.st_ino : nil
        }
    }

    /// Whether a process is gone or a zombie, which holds nothing any more and cannot be killed.
    static func isEnded(_ process: pid_t) -> Bool {
        guard let text = try? PrivateFiles.read("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else {
            return true
        }
        return text[end...].dropFirst(2).first == "Z"
    }

    /// The programs that a cluster is made of; a user's shell or pager in its directory is left alone.
    private static let programs: Set<String> = [
        "postgres", "pg_ctl", "pg_basebackup", "pg_rewind", "initdb", "sshd", "sshd-session", "gpftsd",
    ]

    /// All live processes of the cluster.
    func all() -> [pid_t] {
        let account = Account.isRoot ? Account.find(state.account) : nil
        let owned = account.map { $0.home == "\(state.layout.directory)/home" } ?? false
        let networks = Set(HostNetwork(state: state).inodes.values)
        return candidates().filter { candidate in
            if owned, candidate.user == account?.user { return true }
            if let network = candidate.network, networks.contains(network) { return true }
            if candidate.variables.contains("GPDEMO_CLUSTER=\(state.id)") { return true }
            return touches(candidate, state.layout.directory)
        }.map(\.process)
    }

    /// The live processes of one host.
    func ofHost(_ host: DemoHost) -> [pid_t] {
        let network = HostNetwork(state: state).inodes[HostNetwork(state: state).namespace(of: host.name)]
        let directories = DataDirectories.running(of: state).filter { $0.address == host.address }.map(\.path)
        let own = state.layout.hostDirectory(host.name)
        return candidates().filter { candidate in
            if let network { return candidate.network == network }
            let variables = candidate.variables
            if variables.contains("GPDEMO_CLUSTER=\(state.id)") && variables.contains("GPDEMO_HOST=\(host.name)") {
                return true
            }
            guard Self.programs.contains(candidate.program) else { return false }
            let places = candidate.places
            return directories.contains { places.contains($0) }
                || (candidate.program.hasPrefix("sshd") && touches(candidate, own))
        }.map(\.process)
    }

    /// Kills with SIGKILL until `find` finds none.
    ///
    /// - Throws: `DemoError` that names what still lives after ten seconds.
    static func kill(_ find: () -> [pid_t]) throws(DemoError) {
        let deadline = Deadline.after(.seconds(10))
        while true {
            let left = find()
            if left.isEmpty { return }
            guard !deadline.isPast else {
                throw DemoError("these processes do not end: \(left.map(String.init).joined(separator: " "))")
            }
            for process in left { Glibc.kill(process, SIGKILL) }
            usleep(20_000)
        }
    }

    private func touches(_ candidate: Candidate, _ directory: String) -> Bool {
        guard Self.programs.contains(candidate.program) else { return false }
        return candidate.words.contains { $0.hasPrefix(directory + "/") }
            || candidate.places.contains { $0 == directory || $0.hasPrefix(directory + "/") }
    }

    /// Every live process that this one may end, apart from itself and those it came from.
    private func candidates() -> [Candidate] {
        let spared = Self.ancestry()
        return PrivateFiles.names(in: "/proc").compactMap { name in
            guard let process = pid_t(name), !spared.contains(process) else { return nil }
            var status = stat()
            guard stat("/proc/\(name)", &status) == 0 else { return nil }
            let candidate = Candidate(process: process, user: status.st_uid)
            guard Account.isRoot || candidate.user == geteuid(), !Self.isEnded(process) else { return nil }
            return candidate
        }
    }

    private static func ancestry() -> Set<pid_t> {
        var found: Set<pid_t> = [1, getpid()]
        var current = getpid()
        while current > 1, let text = try? PrivateFiles.read("/proc/\(current)/stat"),
            let end = text.lastIndex(of: ")"),
            let parent = text[end...].split(separator: " ").dropFirst(2).first.flatMap({ pid_t($0) }),
            parent > 1, found.insert(parent).inserted
        {
            current = parent
        }
        return found
    }
}
