import BlockingWork
import Glibc
import TestSupport
import Testing

@Suite struct LocalFilesTests {
    @Test func `writing replaces the file and leaves nothing beside it`() throws {
        let root = try TemporaryDirectory()
        let path = try root.write("one", to: "f")
        try LocalFiles.write("two", to: path)
        #expect(try LocalFiles.read(path) == "two")
        #expect(!LocalFiles.exists("\(path).\(getpid()).tmp"))
    }

    @Test func `an error names the file that was asked for and the system's reason`() throws {
        let path = try TemporaryDirectory().path + "/no/such/file"
        let error = try #require(throws: LocalFileError.self) { try LocalFiles.write("x", to: path) }
        #expect(error.description == "[Errno 2] No such file or directory: '\(path)'")
        #expect(throws: LocalFileError(path: path, number: ENOENT)) { try LocalFiles.read(path) }
    }

    @Test func `a file above the limit is refused`() throws {
        let root = try TemporaryDirectory()
        let path = try root.write(String(repeating: "x", count: 11), to: "f")
        #expect(throws: LocalFileError(path: path, number: EFBIG)) { try LocalFiles.bytes(path, limit: 10) }
        #expect(try LocalFiles.bytes(path, limit: 11).count == 11)
    }
}
