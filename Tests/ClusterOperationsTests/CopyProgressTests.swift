import ClusterOperations
import Testing

@Suite struct CopyProgressTests {
    @Test(arguments: [
        ("52784/278453 kB (18%), 0/1 tablespace (...r4/demoDataDir3/base/13720/16384)", 52_784, 278_453),
        ("   1/2 kB (50%), 0/1 tablespace", 1, 2), ("0/0 kB (100%), 1/1 tablespace", 0, 0),
    ])
    func `a progress line tells bytes done and in all`(line: String, done: Int, total: Int) throws {
        let progress = try #require(CopyProgress(line: line))
        #expect(progress.doneBytes == done * 1024)
        #expect(progress.totalBytes == total * 1024)
    }

    @Test(arguments: [
        "", "pg_basebackup: base backup completed", "1/2 MB (50%)", "1 kB", "1/2/3 kB", "x/2 kB", "/ kB", "1/ kB",
        "9223372036854775807/1 kB (0%)", "1/9223372036854775807 kB (0%)", "-1/5 kB (0%)",
    ])
    func `any other line, an absurd number too, is none`(line: String) {
        #expect(CopyProgress(line: line) == nil)
    }
}
