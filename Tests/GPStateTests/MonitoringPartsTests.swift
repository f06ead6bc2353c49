import BlockingWork
import ClusterModel
import Glibc
import RemoteShell
import TestSupport
import Testing

@testable import GPState

@Suite("Parts of a monitor's run")
struct MonitoringPartsTests {
    @Test("work that hangs is left behind at the deadline; work that is done is waited for no longer")
    func cutoff() async {
        let start = ContinuousClock.now
        let hung = await Cutoff.value(by: .after(.milliseconds(200))) {
            await BlockingThreads(width: 1).run { Thread.sleep(.seconds(3)) }
            return 1
        }
        #expect(hung == nil && start.duration(to: .now) < .seconds(2))
        let soon = ContinuousClock.now
        #expect(await Cutoff.value(by: .after(.seconds(30))) { 2 } == 2)
        #expect(soon.duration(to: .now) < .seconds(10))
    }

    @Test("a catalog is remembered as it was, by the data directory, for its owner's eyes")
    func remembered() throws {
        let scratch = try TemporaryDirectory()
        let memory = RememberedCatalog(logDirectory: scratch.path, dataDirectory: "/data/gpseg-1")
        #expect(memory.read() == nil)
        let configuration = try #require(
            try MonitoredCluster.healthy { $0[1].dataDirectory = "/data/with blank 'and' é" }.configuration)
        try memory.write(configuration)
        let found = try #require(memory.read())
        #expect(found.configuration == configuration && (0..<60).contains(found.age))
        var status = stat()
        stat(memory.path, &status)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(RememberedCatalog(logDirectory: scratch.path, dataDirectory: "/data/other").read() == nil)
        let text = try LocalFiles.read(memory.path)
        // Nothing that was cut off or touched is believed.
        for broken in ["", "gpstate catalog 2\t1\n", text.replacing("cdw", with: "-oProxyCommand=x"), text + "1\t2\n"] {
            try LocalFiles.write(broken, to: memory.path)
            #expect(memory.read() == nil, "\(broken)")
        }
    }

    private func ask(_ directories: [String]) async throws -> HostAnswer? {
        let instances = directories.enumerated().map { index, directory in
            SampleCluster.segment(index + 2, index, .primary, host: "sdw1", port: 7000 + index, directory: directory)
        }
        let question = SpaceQuestion(instances: instances)
        let command = ShellCommand(question.script, purpose: "the space", timeout: .seconds(20))
        let run = try await LocalShell().run(command, on: "sdw1")
        #expect(run.status == 0 && run.standardError == "", "\(run.standardError)")
        return question.read(run.standardOutput)
    }

    @Test("space is told for data and WAL of every directory that is there, whatever its name, by a real sh")
    func space() async throws {
        let scratch = try TemporaryDirectory()
        let name = "\(scratch.path)/a 'b' $(touch hit) é"
        mkdir(name, 0o700)
        mkdir(name + "/pg_wal", 0o700)
        let answer = try #require(try await ask([name, scratch.path + "/none", scratch.path]))
        let spaces = try #require(answer.spaces[DatabaseID(2)])
        #expect(Set(spaces.map(\.purpose)) == [.data, .wal])
        var facts = statvfs()
        statvfs(name, &facts)
        let size = Int(facts.f_blocks) * Int(facts.f_frsize)
        for space in spaces {
            #expect(abs(space.sizeBytes - size) < 1 << 20)
            #expect(space.usedPercent.map { (0...100).contains($0) } == true)
            #expect(space.mountPoint.hasPrefix("/"))
        }
        #expect(answer.spaces[DatabaseID(3)] == nil)
        #expect(answer.spaces[DatabaseID(4)]?.map(\.purpose) == [.data])
        #expect(access(scratch.path + "/hit", F_OK) != 0 && access("hit", F_OK) != 0)
    }

    @Test("an answer that is cut off is none")
    func cutAnswer() {
        let question = SpaceQuestion(instances: [])
        #expect(question.read("data\t2\t100\t50\t40\t/data\n") == nil)
        let whole = question.read("noise\ndata\t2\t100\t50\t40\t/da ta\nwal\t2\tx\t50\t40\t/\nasked\n")
        #expect(
            whole?.spaces == [
                DatabaseID(2): [
                    FileSystemSpace(
                        purpose: .data, mountPoint: "/da ta", sizeBytes: 102_400, usedBytes: 51200,
                        availableBytes: 40960)
                ]
            ])
    }

    @Test("a file is written at one stroke with its mode, or stays as it was")
    func atomicFile() throws {
        let scratch = try TemporaryDirectory()
        let path = scratch.path + "/gpha.prom"
        let mask = umask(0o077)
        defer { umask(mask) }
        try LocalFiles.write("one\n", to: path, mode: 0o644)
        var status = stat()
        stat(path, &status)
        #expect(status.st_mode & 0o777 == 0o644)
        // A link where the temporary file is to be leads nowhere.
        try scratch.write("precious", to: "target")
        symlink(scratch.path + "/target", "\(path).\(getpid()).tmp")
        try LocalFiles.write("two\n", to: path, mode: 0o644)
        #expect(scratch.read("gpha.prom") == "two\n" && scratch.read("target") == "precious")
        mkdir(scratch.path + "/directory", 0o700)
        #expect(throws: LocalFileError.self) { try LocalFiles.write("x", to: scratch.path + "/directory") }
        #expect(throws: LocalFileError.self) { try LocalFiles.write("x", to: scratch.path + "/no/such") }
        var left: [String] = []
        if let directory = opendir(scratch.path) {
            while let entry = readdir(directory) {
                left.append(
                    withUnsafeBytes(of: entry.pointee.d_name) {
                        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                    })
            }
            closedir(directory)
        }
        #expect(left.filter { $0.hasSuffix(".tmp") } == [])
    }
}
