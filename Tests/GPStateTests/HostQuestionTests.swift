import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import TestSupport
import Testing

@testable import GPState

@Suite("The question to a host, asked of a real sh")
struct HostQuestionTests {
    private static let port = 6001

    private func instance(_ directory: String, dbid: Int = 2) -> Segment {
        SampleCluster.segment(dbid, 0, .primary, host: "sdw1", port: Self.port, directory: directory)
    }

    private func ask(_ instances: [Segment]) async throws -> [DatabaseID: InstanceFacts] {
        let question = HostQuestion(instances: instances)
        let run = try await FinishedProgram.run(["/bin/sh", "-c", question.script])
        #expect(run.status == 0)
        #expect(run.error == "")
        return question.read(run.output)
    }

    /// A data directory as a running server has it; `change` takes parts of it away.
    private func dataDirectory(
        in scratch: TemporaryDirectory, named name: String = "data", pid: String = "4711"
    ) throws -> String {
        let path = "\(scratch.path)/\(name)"
        mkdir(path, 0o700)
        try scratch.write("\(pid)\n\(path)\n1700000000\n6001\n\(scratch.path)\n*\n", to: "\(name)/postmaster.pid")
        return path
    }

    private func bindSocket(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
            guard let base = bytes.bindMemory(to: sockaddr.self).baseAddress else { return -1 }
            return bind(descriptor, base, socklen_t(bytes.count))
        }
        guard status == 0, listen(descriptor, 1) == 0 else { throw TestFailure("no socket at \(path): \(errno)") }
        return descriptor
    }

    @Test("a running server's process, lock file and socket are found where postmaster.pid says")
    func running() async throws {
        let scratch = try TemporaryDirectory()
        let directory = try dataDirectory(in: scratch)
        let socket = try bindSocket("\(scratch.path)/.s.PGSQL.6001")
        defer { close(socket) }
        try scratch.write("", to: ".s.PGSQL.6001.lock")
        let facts = try await ask([instance(directory)])
        #expect(facts[DatabaseID(2)] == .fetched(InstanceStatus(pid: 4711, hasPidFile: true, hasLockFile: true)))
    }

    @Test("a process that is awake is told from one that was stopped and one that is gone")
    func processState() async throws {
        let scratch = try TemporaryDirectory()
        func isAwake(_ pid: String, _ name: String) async throws -> Bool? {
            try await ask([instance(try dataDirectory(in: scratch, named: name, pid: pid))])[DatabaseID(2)]?.status?
                .isAwake
        }
        #expect(try await isAwake("\(getpid())", "own") == true)
        #expect(try await isAwake("4194304", "gone") == false)
        #expect(try await isAwake("-\(getpid())", "single-user") == false)
        let sleeper = try startProgram(["/bin/sleep", "30"])
        defer {
            kill(sleeper, SIGKILL)
            waitpid(sleeper, nil, 0)
        }
        kill(sleeper, SIGSTOP)
        // Its state shows as soon as it has taken the signal.
        #expect(
            await eventually(within: .seconds(5)) {
                (try? LocalFiles.read("/proc/\(sleeper)/stat"))?.contains(") T ") == true
            })
        #expect(try await isAwake("\(sleeper)", "stopped") == false)
    }

    @Test("a socket of another port, longer by a digit, is not this instance's")
    func otherPort() async throws {
        let scratch = try TemporaryDirectory()
        let directory = try dataDirectory(in: scratch)
        let socket = try bindSocket("\(scratch.path)/.s.PGSQL.60010")
        defer { close(socket) }
        try scratch.write("", to: ".s.PGSQL.6001.lock")
        let facts = try await ask([instance(directory)])
        let lock = "\(scratch.path)/.s.PGSQL.6001.lock"
        #expect(facts[DatabaseID(2)]?.status?.pidError == "Have lock file \(lock) but no process running on port 6001")
    }

    @Test("each half that is missing has the original's sentence", arguments: [true, false])
    func halves(_ hasSocket: Bool) async throws {
        let scratch = try TemporaryDirectory()
        let directory = try dataDirectory(in: scratch)
        let socket = hasSocket ? try bindSocket("\(scratch.path)/.s.PGSQL.6001") : -1
        defer { close(socket) }
        let lock = "\(scratch.path)/.s.PGSQL.6001.lock"
        let facts = try await ask([instance(directory)])
        #expect(
            facts[DatabaseID(2)]?.status?.pidError
                == (hasSocket
                    ? "No lock file \(lock) but process running on port 6001"
                    : "No socket connection or lock file (\(lock)) found for port 6001"))
        #expect(facts[DatabaseID(2)]?.status?.hasLockFile == false)
    }

    @Test("without postmaster.pid, or with words in it, there is no process", arguments: [nil, "", "none", "12x"])
    func noProcess(_ pid: String?) async throws {
        let scratch = try TemporaryDirectory()
        let directory = try dataDirectory(in: scratch, pid: pid ?? "")
        if pid == nil { unlink(directory + "/postmaster.pid") }
        let facts = try await ask([instance(directory)])
        #expect(facts[DatabaseID(2)]?.status?.pid == 0)
        #expect(facts[DatabaseID(2)]?.status?.hasPidFile == (pid != nil))
    }

    @Test(
        "a directory's name is only a name",
        arguments: ["a b", "it's", "$(touch hit)", "`touch hit`", "a\"b", "a;touch hit", "-n", "a\\b", "*", "ä\tö"])
    func hostileNames(_ name: String) async throws {
        let scratch = try TemporaryDirectory()
        let directory = try dataDirectory(in: scratch, named: name)
        let facts = try await ask([instance(directory), instance(scratch.path + "/none", dbid: 3)])
        #expect(facts[DatabaseID(2)]?.status?.pid == 4711)
        #expect(facts[DatabaseID(3)]?.status?.hasPidFile == false)
        #expect(access("hit", F_OK) != 0 && access(scratch.path + "/hit", F_OK) != 0)
    }

    @Test("an answer that is cut off, or is not one, counts as none", arguments: ["", "pidfile\t2\t4711\n", "asked\n"])
    func cutAnswer(_ output: String) {
        let facts = HostQuestion(instances: [instance("/data")]).read(output)
        #expect(facts == [DatabaseID(2): .failed(.noOutput(address: "sdw1"))])
    }

    @Test("lines about instances that were not asked for change nothing")
    func foreignLines() {
        let facts = HostQuestion(instances: [instance("/data")]).read(
            "Welcome\nasked\t9\npidfile\t2\t7\nlock\t2\nlistening\t2\nsocket\t2\t/s\nasked\t2\n")
        #expect(facts == [DatabaseID(2): .fetched(InstanceStatus(pid: 7, hasPidFile: true, hasLockFile: true))])
    }
}

@Suite("A Greenplum mirror's version")
struct MirrorVersionTests {
    @Test("is the line that begins with its mark, wherever it stands")
    func found() {
        let refusal = """
            connection to server at "sdw1", port 7000 failed: FATAL:  the database system is in recovery mode
            DETAIL:  last replayed record at 0/C0002A0
            - VERSION: PostgreSQL 12.12 (Greenplum Database 7.0.0 build x) on x86_64
            """
        #expect(
            DatabaseQuestion.version(in: refusal) == "PostgreSQL 12.12 (Greenplum Database 7.0.0 build x) on x86_64")
        #expect(DatabaseQuestion.version(in: "  - VERSION: 1  \r\n") == "1")
    }

    @Test("is unknown without that mark", arguments: ["", "VERSION: 1", "x - VERSION: 1", "-VERSION: 1"])
    func missing(_ text: String) { #expect(DatabaseQuestion.version(in: text) == nil) }
}
