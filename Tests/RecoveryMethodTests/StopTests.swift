import ClusterModel
import ClusterOperations
import TestSupport
import Testing

/// Stopping what may still run in a failed instance's directory.
@Suite(.serialized) struct StopTests {
    @Test func `a process that is no server of that directory is left alone, whatever postmaster.pid says`()
        async throws
    {
        let pair = try await RecoveryPair()
        try await pair.start(pair.mirror)
        // Numbers of a sleep in the very directory, and of another directory's server.
        let others = try await pair.run(
            """
            cd \(pair.primary.dataDirectory) && { sleep 60 >/dev/null 2>&1 & echo $!; }
            head -n 1 \(pair.mirror.dataDirectory)/postmaster.pid
            """
        ).split(separator: "\n").compactMap { Int($0) }
        #expect(others.count == 2)
        let recovery = try pair.recovery()
        for other in others {
            try await pair.run("echo \(other) > \(pair.primary.dataDirectory)/postmaster.pid")
            #expect(try await recovery.stop(failed: pair.primary) == .otherProcess(other))
            try await pair.run("kill -0 \(other) && [ ! -e \(pair.primary.dataDirectory)/postmaster.pid ]")
        }
        try await pair.run("kill \(others[0])")
    }

    @Test func `a stopped, a running and an orphaned server all end`() async throws {
        let pair = try await RecoveryPair()
        try await pair.start(pair.mirror)
        let recovery = try pair.recovery()
        let pidFile = "\(pair.primary.dataDirectory)/postmaster.pid"
        try await pair.start(pair.primary)
        #expect(try await recovery.stop(failed: pair.primary, timeout: .seconds(20)) == .stopped("fast"))
        let look = try await recovery.look(pair.primary)
        #expect(look.leftovers.wasStarted && look.settings != nil)
        try await pair.start(pair.primary)
        try await pair.run("pid=`head -n 1 \(pidFile)`; kill -STOP $pid `cat /proc/$pid/task/$pid/children`")
        #expect(try await recovery.stop(failed: pair.primary, timeout: .seconds(20)) == .stopped("immediate"))
        try await pair.start(pair.primary)
        // Its children live on for a moment, the file is gone.
        try await pair.run(
            "pid=`head -n 1 \(pidFile)`; kill -STOP `cat /proc/$pid/task/$pid/children`; kill -KILL $pid; rm \(pidFile)"
        )
        #expect(try await recovery.stop(failed: pair.primary, timeout: .seconds(20)) == .stopped("immediate"))
        let left = try await pair.run(
            "ls -l /proc/[0-9]*/cwd 2>/dev/null | grep -c '\(pair.primary.dataDirectory)$' || :")
        #expect(left == "0")
    }
}
