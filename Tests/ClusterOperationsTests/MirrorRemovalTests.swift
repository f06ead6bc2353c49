import BlockingWork
import ClusterModel
import RemoteShell
import Testing

@testable import ClusterOperations

/// What is removed before a copy is made again, and above all what is not.
@Suite struct MirrorRemovalTests {
    private let build = MirrorBuild(engine: MirrorBuildTests.engines[0], binaryDirectory: "/bin", user: "gpadmin")

    private func removal(_ directory: String, mark: CopyMark = Samples.mark) -> String {
        build.removal(Samples.item(mirrorDirectory: directory).mirror, mark: mark)
    }

    /// Makes the shell find `body` under a program's name.
    private func replacing(_ program: String, _ body: String, in root: TemporaryDirectory) throws -> String {
        let path = try root.directory("path")
        try root.file("path/\(program)", "#!/bin/sh\n\(body)\n", mode: 0o700)
        return "PATH=\(ShellQuoting.word(path)):$PATH; export PATH\n"
    }

    @Test(arguments: MirrorBuildTests.hostile, [true, false])
    func `a copy of the run goes with its mark, beside it or in it`(name: String, isComplete: Bool) async throws {
        try await TemporaryDirectory.with { root in
            let target = try root.directory(name)
            try root.directory("\(name)/base")
            try root.file("\(name)/base/.data", "x")
            try root.file("bystander", "x")
            let mark = isComplete ? CopyMark.insidePath(target) : CopyMark.besidePath(target)
            try LocalFiles.write(Samples.mark.text + (isComplete ? " 000000010000000000000007\n" : "\n"), to: mark)
            let output = try await shell(removal(target))
            #expect(output.succeeded && output.standardError.isEmpty, "\(output.standardError)")
            #expect(try await shell("ls -A \(ShellQuoting.word(root.path))").standardOutput == "bystander\n")
            #expect(try await shell(removal(target)).status == 3, "nothing of ours is left")
        }
    }

    static let others: [CopyMark] = [
        ("run2", 0, 10, "7001"), ("run1", 1, 10, "7001"), ("run1", 0, 11, "7001"),
        ("run1", 0, 10, "7002"), ("run1", 0, 10, "70011"), ("run10", 0, 10, "7001"),
    ].map {
        CopyMark(run: $0.0, content: ContentID($0.1), dbid: DatabaseID($0.2), systemIdentifier: $0.3)
    }

    @Test(arguments: others, [true, false])
    func `a copy of another run, content, dbid or system stays`(other: CopyMark, isComplete: Bool) async throws {
        try await TemporaryDirectory.with { root in
            let target = try root.directory("m")
            try root.file("m/data", "x")
            let mark = isComplete ? CopyMark.insidePath(target) : CopyMark.besidePath(target)
            try LocalFiles.write(other.text + "\n", to: mark)
            let output = try await shell(removal(target))
            #expect(output.status == 3)
            #expect(output.lastErrorLine == "no mark of run run1 in or beside \(target)")
            #expect(LocalFiles.exists(target + "/data"))
            #expect(LocalFiles.exists(mark))
        }
    }

    @Test func `a directory without a mark stays`() async throws {
        try await TemporaryDirectory.with { root in
            try root.file("data", "x")
            #expect(try await shell(removal(root.path)).status == 3)
            #expect(LocalFiles.exists(root.at("data")))
        }
    }

    @Test func `a run's name is no shell text`() async throws {
        try await TemporaryDirectory.with { root in
            var mark = Samples.mark
            mark.run = "$(touch${IFS}\(root.path)/pwned)"
            let output = try await shell(removal(root.at("m"), mark: mark))
            #expect(output.lastErrorLine == "no mark of run \(mark.run) in or beside \(root.at("m"))")
            #expect(!LocalFiles.exists(root.at("pwned")))
        }
    }

    @Test(arguments: ["m/gpha.copy", ".m.gpha-copy"])
    func `where a server was once started nothing is removed`(mark: String) async throws {
        try await TemporaryDirectory.with { root in
            let target = try root.directory("m")
            try root.file("m/postmaster.opts", "")
            try root.file(mark, Samples.mark.text + "\n")
            let output = try await shell(removal(target))
            #expect(output.status == 3)
            #expect(output.lastErrorLine == "a server was started in \(target)")
            #expect(LocalFiles.exists(root.at("m/postmaster.opts")) && LocalFiles.exists(root.at(mark)))
        }
    }

    @Test func `another run's mark beside the directory stays while ours in it goes`() async throws {
        try await TemporaryDirectory.with { root in
            let target = try root.directory("m")
            try root.file("m/gpha.copy", Samples.mark.text + "\n")
            let theirs = try root.file(".m.gpha-copy", Self.others[0].text + "\ntablespace \(root.at("space"))\n")
            try root.directory("space")
            try root.file("space/data", "x")
            #expect(try await shell(removal(target)).succeeded)
            #expect(!LocalFiles.exists(target))
            #expect(LocalFiles.exists(theirs))
            #expect(LocalFiles.exists(root.at("space/data")), "their tablespaces are theirs")
        }
    }

    @Test(arguments: MirrorBuildTests.hostile)
    func `tablespaces that the mark names are emptied, of an incomplete and of a complete copy`(
        name: String
    ) async throws {
        for isComplete in [false, true] {
            try await TemporaryDirectory.with { root in
                let target = try root.directory("m")
                let space = try root.directory(name)
                try root.file("\(name)/.data", "x")
                try root.directory("bystander")
                try root.file("bystander/data", "x")
                let mark = isComplete ? CopyMark.insidePath(target) : CopyMark.besidePath(target)
                try LocalFiles.write(
                    "\(Samples.mark.text)\ntablespace \(root.at("gone"))\ntablespace \(space)\n", to: mark)
                #expect(try await shell(removal(target)).succeeded)
                #expect(!LocalFiles.exists(target) && !LocalFiles.exists(mark))
                #expect(LocalFiles.exists(space), "the directory itself may be a mount point")
                #expect(!LocalFiles.exists(space + "/.data"))
                #expect(LocalFiles.exists(root.at("bystander/data")))
            }
        }
    }

    @Test func `a mount point is emptied and stays`() async throws {
        try await TemporaryDirectory.with { root in
            let path = try replacing("rmdir", "echo busy >&2; exit 1", in: root)
            let target = try root.directory("m")
            try root.file("m/data", "x")
            try root.file(".m.gpha-copy", Samples.mark.text + "\n")
            #expect(try await shell(path + removal(target)).succeeded)
            #expect(LocalFiles.exists(target) && !LocalFiles.exists(target + "/data"))
            #expect(!LocalFiles.exists(root.at(".m.gpha-copy")))
        }
    }

    @Test func `a link to a directory is followed, and stays`() async throws {
        try await TemporaryDirectory.with { root in
            try root.directory("real")
            try root.file("real/data", "x")
            _ = try await shell("ln -s real \(root.at("m"))")
            try root.file(".m.gpha-copy", Samples.mark.text + "\n")
            let output = try await shell(removal(root.at("m")))
            #expect(output.succeeded, "\(output.standardError)")
            #expect(!LocalFiles.exists(root.at("real/data")))
            #expect(try await shell("readlink \(root.at("m"))").standardOutput == "real\n")
        }
    }

    /// A copy that lost half of its files must never be taken for a complete one.
    @Test func `a removal that is cut off leaves a copy that counts as incomplete, and is taken up again`() async throws
    {
        try await TemporaryDirectory.with { root in
            let path = try replacing("find", "exit 1", in: root)
            let target = try root.directory("m")
            try root.file("m/data", "x")
            let text = "\(Samples.mark.text) 000000010000000000000007\ntablespace \(root.at("space"))\n"
            try root.file("m/gpha.copy", text)
            #expect(try await shell(path + removal(target)).status == 4)
            #expect(!LocalFiles.exists(target + "/gpha.copy"))
            #expect(try LocalFiles.read(CopyMark.besidePath(target)) == text)
            #expect(try await shell(removal(target)).succeeded)
            #expect(!LocalFiles.exists(target) && !LocalFiles.exists(CopyMark.besidePath(target)))
        }
    }

    @Test func `a tablespace that cannot be emptied keeps the mark that names it`() async throws {
        try await TemporaryDirectory.with { root in
            let path = try replacing("find", #"case "$1" in *space*) exit 1;; esac; exec /usr/bin/find "$@""#, in: root)
            let target = try root.directory("m")
            let space = try root.directory("space")
            try root.file(".m.gpha-copy", "\(Samples.mark.text)\ntablespace \(space)\n")
            #expect(try await shell(path + removal(target)).status == 4)
            #expect(LocalFiles.exists(root.at(".m.gpha-copy")))
        }
    }
}
