import BlockingWork
import ClusterModel
import Glibc
import TestSupport
import Testing

@testable import GPRecoverSeg

/// The file from which `gpstate -e` shows segments in recovery, in the original's grammar.
@Suite struct ProgressFileTests {
    @Test func `it has the newest line of each segment, and is gone when nobody is in recovery`() throws {
        let directory = try makeTemporaryDirectory(named: "gpha-progress")
        defer { rmdir(directory) }
        let path = directory + "/recovery_progress.file"
        let file = RecoveryProgressFile(directory: directory)
        file.note(DatabaseID(5), .full, done: 52784 * 1024, total: 278_453 * 1024)
        #expect(try LocalFiles.read(path) == "full:5:52784/278453 kB (18%)\n")
        // Two within half a second: the second waits for the next one.
        file.note(DatabaseID(3), .differential, done: 0, total: 0)
        usleep(600_000)
        file.note(DatabaseID(5), .full, done: 278_453 * 1024, total: 278_453 * 1024)
        #expect(
            try LocalFiles.read(path) == "differential:3:0/0 kB (0%)\nfull:5:278453/278453 kB (100%)\n")
        file.forget(DatabaseID(3))
        #expect(try LocalFiles.read(path) == "full:5:278453/278453 kB (100%)\n")
        file.forget(DatabaseID(5))
        #expect(!LocalFiles.exists(path))
        file.note(DatabaseID(5), .incremental, done: 1, total: 2)
        file.remove()
        #expect(!LocalFiles.exists(path))
    }
}
