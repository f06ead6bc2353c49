import BlockingWork
import ClusterModel
import Glibc

/// The lock directory of a tool, in the coordinator's data directory, as the original lays it out.
///
/// It holds `PID` (the process ID alone, which the original's tools read) and `OWNER` (host, process ID and start
/// time), so that a lock left by a dead process is told from one whose number was taken again.
public struct ToolLock: Sendable {
    private let path: String

    /// Takes the lock of `tool`; refuses while one of the tools in `alsoFree` holds its own.
    ///
    /// - Throws: `OperationError` with the original's two lines when it is held; `LocalFileError`.
    public static func take(_ tool: String, dataDirectory: String, alsoFree: [String] = []) throws -> ToolLock {
        let taking = try openForTaking(dataDirectory)
        defer { close(taking) }
        return try take(tool, dataDirectory, alsoFree)
    }

    /// The same for a tool that may have been started by the holder of its own lock.
    ///
    /// - Parameter parent: the process whose lock covers this run, as its caller says (`GPRECOVERPID`).
    /// - Returns: nil when that process holds the lock: it is not this run's to release.
    public static func take(
        _ tool: String, dataDirectory: String, alsoFree: [String] = [], heldBy parent: Int?
    ) throws -> ToolLock? {
        let taking = try openForTaking(dataDirectory)
        defer { close(taking) }
        if let parent, holder(of: tool, dataDirectory: dataDirectory) == parent { return nil }
        return try take(tool, dataDirectory, alsoFree)
    }

    private static func take(_ tool: String, _ dataDirectory: String, _ alsoFree: [String]) throws -> ToolLock {
        for other in alsoFree where other != tool {
            try refuseIfHeld(path(of: other, dataDirectory), tool: other)
        }
        let lock = ToolLock(path: path(of: tool, dataDirectory))
        for _ in 0..<3 {
            if try lock.create() { return lock }
            try refuseIfHeld(lock.path, tool: tool)
            let stale = "\(lock.path).\(getpid()).stale"
            if rename(lock.path, stale) == 0 { remove(stale) }
        }
        throw OperationError("unable to take lock directory \(lock.path)", hint: "look at \(lock.path)")
    }

    /// Opens the data directory and locks it until it is closed.
    ///
    /// Without it a taker could look at a stale lock, be overtaken, and move away the winner's living one.
    private static func openForTaking(_ dataDirectory: String) throws -> Int32 {
        let descriptor = open(dataDirectory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LocalFileError(path: dataDirectory, number: errno) }
        for _ in 0..<500 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
            usleep(10_000)
        }
        close(descriptor)
        throw OperationError(
            "waited 5 s for another tool that is taking its lock in \(dataDirectory)", hint: "run this again")
    }

    /// The process that holds the lock of `tool`, if it lives.
    public static func holder(of tool: String, dataDirectory: String) -> Int? {
        liveHolder(path(of: tool, dataDirectory))
    }

    /// Gives the lock back, if it is still ours.
    public func release() {
        guard Self.pid(path) == Int(getpid()) else { return }
        Self.remove(path)
    }

    private static func path(of tool: String, _ dataDirectory: String) -> String { "\(dataDirectory)/\(tool).lock" }

    private static func refuseIfHeld(_ path: String, tool: String) throws(OperationError) {
        guard let pid = liveHolder(path) else { return }
        throw OperationError(
            "Lockfile \(path) indicates that an instance of \(tool) is already running with PID \(pid)",
            hint: "If this is not the case, remove the lockfile directory at \(path)")
    }

    /// Makes the directory complete under another name first, so that nobody sees it without its owner.
    private func create() throws -> Bool {
        let fresh = "\(path).\(getpid()).new"
        Self.remove(fresh)
        guard mkdir(fresh, 0o700) == 0 else { throw LocalFileError(path: fresh, number: errno) }
        try LocalFiles.write("\(getpid())", to: fresh + "/PID")
        try LocalFiles.write(Self.owner(getpid()) ?? "", to: fresh + "/OWNER")
        if rename(fresh, path) == 0 { return true }
        let number = errno
        Self.remove(fresh)
        guard number == ENOTEMPTY || number == EEXIST else { throw LocalFileError(path: path, number: number) }
        return false
    }

    private static func pid(_ path: String) -> Int? {
        (try? LocalFiles.read(path + "/PID")).flatMap { Int($0.trimmed) }
    }

    private static func liveHolder(_ path: String) -> Int? {
        guard let pid = pid(path), pid > 0, let now = owner(pid_t(truncatingIfNeeded: pid)) else { return nil }
        guard let recorded = try? LocalFiles.read(path + "/OWNER"), !recorded.isEmpty else { return pid }
        return recorded == now ? pid : nil
    }

    /// Host, process ID and start time (field 22 of `/proc/<pid>/stat`, proc(5)); nil when there is no such process.
    private static func owner(_ pid: pid_t) -> String? {
        guard let stat = try? LocalFiles.read("/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else {
            return nil
        }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 19 else { return nil }
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, 255)
        let host = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return "\(String(decoding: host, as: UTF8.self)) \(pid) \(fields[19])"
    }

    private static func remove(_ path: String) {
        for file in ["PID", "OWNER"] { unlink("\(path)/\(file)") }
        rmdir(path)
    }
}
