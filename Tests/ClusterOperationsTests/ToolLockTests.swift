import BlockingWork
import ClusterModel
import Glibc
import RemoteShell
import Testing

@testable import ClusterOperations

@Suite struct ToolLockTests {
    /// The number of a process that has ended.
    private func deadProcess() async throws -> Int {
        try #require(Int(try await shell("echo $$").standardOutput.trimmed))
    }

    /// Lays out a lock directory by hand.
    private func lay(_ root: TemporaryDirectory, _ tool: String = "gpaddmirrors", pid: String?, owner: String?) throws {
        try root.directory("\(tool).lock")
        if let pid { try root.file("\(tool).lock/PID", pid) }
        if let owner { try root.file("\(tool).lock/OWNER", owner) }
    }

    @Test func `a lock taken is there with its owner, and gone when given back`() async throws {
        try await TemporaryDirectory.with { root in
            let lock = try ToolLock.take("gpaddmirrors", dataDirectory: root.path)
            #expect(try LocalFiles.read(root.at("gpaddmirrors.lock/PID")).trimmed == "\(getpid())")
            #expect(ToolLock.holder(of: "gpaddmirrors", dataDirectory: root.path) == Int(getpid()))
            lock.release()
            #expect(ToolLock.holder(of: "gpaddmirrors", dataDirectory: root.path) == nil)
            #expect(try await shell("ls -A \(root.path)").standardOutput.isEmpty)
        }
    }

    @Test func `a held lock is refused with the original's two lines`() async throws {
        try await TemporaryDirectory.with { root in
            let path = root.at("gpaddmirrors.lock")
            // As the original lays it out: the number of a living process and nothing else.
            try lay(root, pid: "\(getppid())\n", owner: nil)
            let error = try #require(throws: OperationError.self) {
                try ToolLock.take("gpaddmirrors", dataDirectory: root.path)
            }
            #expect(
                error.message
                    == "Lockfile \(path) indicates that an instance of gpaddmirrors is already running with PID \(getppid())"
            )
            #expect(error.hint == "If this is not the case, remove the lockfile directory at \(path)")
        }
    }

    @Test func `this process cannot take a lock twice`() async throws {
        try await TemporaryDirectory.with { root in
            let lock = try ToolLock.take("gpaddmirrors", dataDirectory: root.path)
            #expect(throws: OperationError.self) { try ToolLock.take("gpaddmirrors", dataDirectory: root.path) }
            lock.release()
            try ToolLock.take("gpaddmirrors", dataDirectory: root.path).release()
        }
    }

    @Test func `another tool's lock stands in the way only when it is asked for`() async throws {
        try await TemporaryDirectory.with { root in
            try lay(root, "gprecoverseg", pid: "\(getppid())", owner: nil)
            #expect(throws: OperationError.self) {
                try ToolLock.take("gpaddmirrors", dataDirectory: root.path, alsoFree: ["gprecoverseg", "gpaddmirrors"])
            }
            try ToolLock.take("gpaddmirrors", dataDirectory: root.path).release()
        }
    }

    @Test func `what a dead process left is taken over`() async throws {
        let dead = try await deadProcess()
        for (pid, owner) in [("\(dead)", nil), ("\(dead)", "host \(dead) 1"), (nil, nil), ("", nil), ("x", "y")]
            as [(String?, String?)]
        {
            try await TemporaryDirectory.with { root in
                try lay(root, pid: pid, owner: owner)
                let lock = try ToolLock.take("gpaddmirrors", dataDirectory: root.path)
                #expect(ToolLock.holder(of: "gpaddmirrors", dataDirectory: root.path) == Int(getpid()))
                lock.release()
                #expect(try await shell("ls -A \(root.path)").standardOutput.isEmpty)
            }
        }
    }

    @Test func `a number that was taken again by a younger process does not hold the lock`() async throws {
        try await TemporaryDirectory.with { root in
            let lock = try ToolLock.take("gpaddmirrors", dataDirectory: root.path)
            var owner = try LocalFiles.read(root.at("gpaddmirrors.lock/OWNER")).split(separator: " ").map(String.init)
            lock.release()
            let start = try #require(owner.last.flatMap { Int($0) })
            try lay(root, pid: "\(getpid())", owner: owner.joined(separator: " "))
            #expect(ToolLock.holder(of: "gpaddmirrors", dataDirectory: root.path) == Int(getpid()))
            owner[owner.count - 1] = "\(start - 1)"
            try root.file("gpaddmirrors.lock/OWNER", owner.joined(separator: " "))
            #expect(ToolLock.holder(of: "gpaddmirrors", dataDirectory: root.path) == nil)
        }
    }

    @Test func `a lock that is somebody else's by now is not given back`() async throws {
        try await TemporaryDirectory.with { root in
            let lock = try ToolLock.take("gpaddmirrors", dataDirectory: root.path)
            try root.file("gpaddmirrors.lock/PID", "\(getppid())")
            lock.release()
            #expect(access(root.at("gpaddmirrors.lock/PID"), F_OK) == 0)
        }
    }

    @Test func `of many takers at once, over a stale lock too, just one gets it`() async throws {
        let dead = try await deadProcess()
        for round in 0..<40 {
            try await TemporaryDirectory.with { root in
                if round.isMultiple(of: 2) { try lay(root, pid: "\(dead)", owner: nil) }
                let taken = await withTaskGroup(of: Result<Bool, any Error>.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            Result {
                                do {
                                    _ = try ToolLock.take("gpaddmirrors", dataDirectory: root.path)
                                    return true
                                } catch is OperationError { return false }
                            }
                        }
                    }
                    var results: [Bool?] = []
                    for await result in group { results.append(try? result.get()) }
                    return results
                }
                #expect(taken.count { $0 == true } == 1)
                #expect(taken.count { $0 == false } == 3, "the others are told who holds it")
            }
        }
    }

    @Test func `a data directory that is not there is named`() {
        let error = #expect(throws: LocalFileError.self) {
            try ToolLock.take("gpaddmirrors", dataDirectory: "/no/such")
        }
        #expect(error?.description.contains("/no/such") == true)
    }
}
