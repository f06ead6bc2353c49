import Glibc
import TestSupport
import Testing

@testable import EmbeddedCluster

@Suite struct ClaimTests {
    private static func mode(_ path: String) -> UInt32 {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test("a file or a link in the cluster's place is refused and keeps its mode")
    func refusesAnythingButADirectory() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/file", link = directory.path + "/link", target = directory.path + "/target"
        close(open(file, O_CREAT | O_WRONLY, 0o644))
        chmod(file, 0o644)
        mkdir(target, 0o755)
        chmod(target, 0o755)
        symlink(target, link)
        for path in [file, link] {
            #expect(throws: DemoError.self) { try PrivateFiles.claimDirectory(path) }
        }
        #expect(Self.mode(file) == 0o644)
        #expect(Self.mode(target) == 0o755)
    }

    @Test("an empty directory is taken and closed to others, a filled one is left as it is")
    func takesAnEmptyDirectory() async throws {
        let directory = try TemporaryDirectory()
        let empty = directory.path + "/empty", filled = directory.path + "/filled"
        for path in [empty, filled] { mkdir(path, 0o755) }
        close(open(filled + "/mine", O_CREAT | O_WRONLY, 0o600))
        try PrivateFiles.claimDirectory(empty)
        #expect(Self.mode(empty) == 0o700)
        #expect(throws: DemoError.self) { try PrivateFiles.claimDirectory(filled) }
        #expect(Self.mode(filled) == 0o755)
    }
}
