import BlockingWork
import ClusterOperations
import Glibc
import RemoteShell
import Testing

@Suite struct HostFilesTests {
    private let shell = HereShell()

    @Test func `a file is read whole and replaced whole, keeping its mode`() async throws {
        for name in ["pg_hba.conf", "it's a \"file\"", "$(touch x)"] {
            try await TemporaryDirectory.with { root in
                let path = try root.file(name, "first\n\nlast without newline", mode: 0o640)
                let old = try await HostFiles.read(path, on: "here", shell)
                #expect(old.text == "first\n\nlast without newline")
                try await HostFiles.replace(path, old, with: "new $HOME 'text' \\n %s\n", on: "here", shell)
                #expect(try LocalFiles.read(path) == "new $HOME 'text' \\n %s\n")
                let left = try await ClusterOperationsTests.shell(
                    "ls -A \(ShellQuoting.word(root.path)) | wc -l; stat -c %a \(ShellQuoting.word(path))")
                #expect(left.standardOutput.split(whereSeparator: \.isWhitespace) == ["1", "640"])
            }
        }
    }

    @Test func `a file that somebody changed meanwhile stays as they left it`() async throws {
        try await TemporaryDirectory.with { root in
            let path = try root.file("f", "old\n")
            let old = try await HostFiles.read(path, on: "here", shell)
            try root.file("f", "theirs\n")
            let error = try await #require(throws: OperationError.self) {
                try await HostFiles.replace(path, old, with: "ours\n", on: "here", shell)
            }
            #expect(error.message == "here: unable to write \(path): it changed meanwhile")
            #expect(try LocalFiles.read(path) == "theirs\n")
        }
    }

    @Test func `a missing file is an error in the host's words`() async throws {
        try await TemporaryDirectory.with { root in
            let error = try await #require(throws: OperationError.self) {
                try await HostFiles.read(root.at("gone"), on: "sdw1", shell)
            }
            #expect(error.message.hasPrefix("sdw1: unable to read \(root.at("gone")): "))
            #expect(error.message.contains("No such file"))
        }
    }

    @Test func `appending keeps bytes that are no UTF-8`() async throws {
        try await TemporaryDirectory.with { root in
            let path = root.at("f")
            _ = try await ClusterOperationsTests.shell("printf 'caf\\351 \\000 x\\r\\nend' > \(path)")
            let before = try LocalFiles.bytes(path)
            let old = try await HostFiles.read(path, on: "here", shell)
            try await HostFiles.replace(path, old, with: old.text + "\nmore\n", on: "here", shell)
            #expect(try LocalFiles.bytes(path) == before + Array("\nmore\n".utf8))
        }
    }

    @Test func `a text that cannot be replaced without loss is refused`() async throws {
        try await TemporaryDirectory.with { root in
            let path = root.at("f")
            _ = try await ClusterOperationsTests.shell("printf 'caf\\351\\n' > \(path)")
            let before = try LocalFiles.bytes(path)
            let old = try await HostFiles.read(path, on: "here", shell)
            await #expect(throws: OperationError.self) {
                try await HostFiles.replace(path, old, with: "# first\n" + old.text, on: "here", shell)
            }
            #expect(try LocalFiles.bytes(path) == before)
        }
    }

    @Test func `a file behind a link is changed where it is, and the link stays`() async throws {
        try await TemporaryDirectory.with { root in
            let path = try root.file("real", "old\n")
            _ = try await ClusterOperationsTests.shell("ln -s real \(root.at("link"))")
            let old = try await HostFiles.read(root.at("link"), on: "here", shell)
            try await HostFiles.replace(root.at("link"), old, with: "new\n", on: "here", shell)
            #expect(try LocalFiles.read(path) == "new\n")
            #expect(try await ClusterOperationsTests.shell("readlink \(root.at("link"))").standardOutput == "real\n")
        }
    }
}
