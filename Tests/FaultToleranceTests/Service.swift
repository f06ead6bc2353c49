import BlockingWork
import ClusterOperations
import FaultTolerance
import Glibc
import TestSupport

/// The program gpftsd as a process.
enum Service {
    /// The program beside this test's own.
    private static var program: String {
        get throws {
            var buffer = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/self/exe", &buffer, buffer.count)
            let path = String(decoding: buffer[..<max(0, count)].map(UInt8.init(bitPattern:)), as: UTF8.self)
            let beside = path.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/gpftsd"
            if LocalFiles.exists(beside) { return beside }
            let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
            return root + "/.build/debug/gpftsd"
        }
    }

    static func command(
        _ cluster: PairCluster, _ logs: TemporaryDirectory, _ options: [String] = [], killAt step: FTSStep? = nil
    ) throws -> [String] {
        let kill = step.map { ["GPHA_KILL_AT=\($0.rawValue)"] } ?? []
        return ["/usr/bin/env", "PGUSER=postgres"] + kill
            + [try program, "-d", cluster.coordinator.directory, "-l", logs.path] + options
    }

    /// Its wait status; one that does not end within half a minute is killed, and the status says so.
    static func finish(_ process: pid_t) -> Int32 {
        var status: Int32 = 0
        for _ in 0..<600 {
            if waitpid(process, &status, WNOHANG) == process { return status }
            usleep(50_000)
        }
        kill(process, SIGKILL)
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return status
    }
}
