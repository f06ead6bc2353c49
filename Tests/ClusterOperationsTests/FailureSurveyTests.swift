import BlockingWork
import ClusterModel
import Glibc
import RemoteShell
import Testing

@testable import ClusterOperations

/// The real script, run with `/bin/sh` against directories of every kind, with stand-ins for the server's programs.
@Suite struct FailureSurveyTests {
    /// Prints the control file itself.
    private static let programs = ["pg_controldata": #"cat "$2/global/pg_control""#]

    private static let control = """
        Database system identifier:           7001
        Database cluster state:               in production
        Latest checkpoint location:           0/500028
        Latest checkpoint's REDO location:    0/400028
        Latest checkpoint's REDO WAL file:    000000010000000000000004
        Latest checkpoint's TimeLineID:       1
        wal_log_hints setting:                on
        Bytes per WAL segment:                1048576
        Data page checksum version:           1

        """

    private func survey(_ directories: [String], bin: String) async throws -> [TargetRecoveryFacts] {
        let segments = directories.enumerated().map { Samples.segment(2 + $0, $0, on: "sdw1", directory: $1) }
        let survey = try await FailureSurvey.ask(
            segments: segments, on: "sdw1", HereShell(), binaryDirectory: bin)
        return try segments.map { try #require(survey.copies[$0.dbid]) }
    }

    /// A data directory as a server leaves it.
    private func lay(_ root: TemporaryDirectory, _ name: String) throws -> String {
        let path = try root.directory(name)
        for folder in ["global", "pg_wal", "log", "pg_tblspc"] { try root.directory("\(name)/\(folder)") }
        try root.file("\(name)/PG_VERSION", "15\n")
        try root.file("\(name)/global/pg_control", Self.control)
        return path
    }

    @Test func `a directory is told with all that matters, whatever its name`() async throws {
        for name in ["plain", "it's", "with blank", "$(touch pwned)", "`id`", "größe*?[", "-n", "a\\b", "#x;&|"] {
            try await TemporaryDirectory.with { root in
                let bin = try root.programs(Self.programs)
                let path = try lay(root, name)
                try root.file("\(name)/standby.signal", "")
                try root.file("\(name)/backup_label", "")
                try root.directory("\(name)/pg_replslot")
                try root.directory("\(name)/pg_replslot/internal_wal_replication_slot")
                try root.file("\(name)/gpha.copy", Samples.mark.text + "\n")
                for file in [1, 2, 4, 5, 255, 256] {
                    let digits = "0000000" + String(file, radix: 16, uppercase: true)
                    try root.file("\(name)/pg_wal/0000000100000000\("0" + digits.suffix(7))", "")
                }
                try root.file("\(name)/pg_wal/00000002.history", "1\t0/500100\tno target")
                try root.file("\(name)/pg_wal/00000003.history", "1\t0/500100\tx\n2\t0/600000\ty\n")
                try root.file("\(name)/log/a.log", "LOG: x\nPANIC:  no \u{1B}[31mspace\u{7} ü\nLOG: y\n")
                try root.directory("\(name).gpha-new")
                _ = try await shell("ln -s /gone/away \(ShellQuoting.word(path))/pg_tblspc/16400")
                let facts = try await survey([path], bin: bin)[0]
                #expect(facts.directory == .present && facts.version == "15", "\(name)")
                #expect(facts.hasStandbySignal && facts.hasBackupLabel && facts.hasSlot)
                #expect(facts.mark == Samples.mark && facts.isCopyComplete)
                #expect(facts.control.data?.checkpoint.description == "0/500028")
                #expect(
                    facts.wal == [
                        WALRun(timeline: 1, files: 1...2), WALRun(timeline: 1, files: 4...5),
                        WALRun(timeline: 1, files: 255...256),
                    ])
                #expect(facts.histories.map(\.timeline) == [3, 2])
                #expect(facts.histories.map(\.ancestors.count) == [2, 1])
                #expect(facts.lastFatalLine == "PANIC:  no ?[31mspace? ??")
                #expect(facts.leftBeside == ["\(path).gpha-new"])
                #expect(facts.tablespaces.map(\.directory) == ["/gone/away"])
                #expect(facts.tablespaces.first?.exists == false)
                #expect((facts.tablespaces.first?.room?.freeBytes ?? 0) > 0, "nearest to it is the root")
                #expect(facts.postmaster == nil && !facts.hasStalePidFile && !facts.isMountPoint)
                #expect((facts.room?.freeBytes ?? 0) > 0 && facts.usedBytes != nil && facts.linkTarget == nil)
                #expect(!LocalFiles.exists(root.at("pwned")) && !LocalFiles.exists("pwned"))
            }
        }
    }

    @Test func `WAL ends with its last whole record, also where that fills the newest file`() async throws {
        let found = #"""
            echo 'rmgr: Heap        len (rec/tot):     54/    54, tx:        731, lsn: 0/05000028, prev 0/04000100, desc: INSERT off 1'
            echo 'rmgr: XLOG        len (rec/tot):     24/    24, tx:          0, lsn: 0/05000060, prev 0/05000028, desc: SWITCH '
            """#
        let broken = "echo 'pg_waldump: fatal: error in WAL record at 0/4000100: invalid record length' >&2; exit 1"
        for (program, position) in [
            (#"case $1 in -z) exit 0 ;; esac"# + "\n" + found, "0/5000060"), (broken, "0/4000100"),
        ] {
            try await TemporaryDirectory.with { root in
                var programs = Self.programs
                programs["pg_waldump"] = program
                let bin = try root.programs(programs)
                let path = try lay(root, "p")
                for file in ["000000010000000000000004", "000000010000000000000005"] {
                    try root.file("p/pg_wal/\(file)", "")
                }
                let facts = try await survey([path], bin: bin)[0]
                #expect(facts.lastRecord?.description == position && facts.lastTimeline == 1)
            }
        }
    }

    @Test func `missing, empty, a file, a link and a mount point are told apart`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let real = try lay(root, "real")
            try root.directory("empty")
            try root.file("file", "")
            _ = try await shell("ln -s \(real) \(root.at("link")); ln -s gone \(root.at("dangling"))")
            let facts = try await survey(
                [
                    root.at("deep/er"), root.at("empty"), root.at("file"), root.at("link"), root.at("dangling"),
                    "/dev/pts",
                ],
                bin: bin)
            #expect(
                facts.map(\.directory) == [.missing, .empty, .notADirectory, .present, .notADirectory, .present])
            #expect(facts[0].nearestDirectory == root.path)
            #expect(facts[3].linkTarget == real && facts[0].linkTarget == nil)
            #expect(facts.map(\.isMountPoint) == [false, false, false, false, false, true])
            #expect(facts[0].control == .missing && facts[0].usedBytes == nil && facts[0].room != nil)
        }
    }

    @Test func `a copy that was cut off is told by its mark beside`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let path = try lay(root, "m")
            try root.file(".m.gpha-copy", Samples.mark.text + "\ntablespace /ts\n")
            try root.file("m/global/pg_control", "WARNING: Calculated CRC checksum does not match\n" + Self.control)
            let facts = try await survey([path], bin: bin)[0]
            #expect(facts.mark == Samples.mark && !facts.isCopyComplete)
            #expect(facts.leftBeside.isEmpty)
            #expect(facts.control == .unreadable("Calculated CRC checksum does not match"))
        }
    }

    @Test func `a process counts as the postmaster only where it works in the directory`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let paths = try ["here", "stale", "stray", "empty"].map { try lay(root, $0) }
            try root.file("empty/postmaster.pid", "")
            let script = paths.enumerated().map { index, path in
                let word = ShellQuoting.word(path)
                return index == 1 ? "echo $$ > \(word)/postmaster.pid" : "( cd \(word) && exec sleep 30 ) & echo $!"
            }
            let output = try await shell(
                "exec 2>/dev/null; \(script[1]); { \(script[0]); \(script[2]); } </dev/null >\(root.at("pids"))")
            #expect(output.succeeded)
            let pids = try LocalFiles.read(root.at("pids")).split(separator: "\n").compactMap { Int32($0) }
            defer { for pid in pids { kill(pid, SIGKILL) } }
            try #require(pids.count == 2)
            try root.file("here/postmaster.pid", "\(pids[0])\n\(paths[0])\n")
            var facts = try await survey(paths, bin: bin)
            #expect(facts.map { $0.postmaster?.pid } == [Int(pids[0]), nil, nil, nil])
            // An empty one keeps a server from starting as well.
            #expect(facts.map(\.hasStalePidFile) == [false, true, false, true])
            #expect(facts.map(\.isAtRest) == [false, false, false, false])
            #expect(facts.map(\.strayProcesses) == [[], [], [Int(pids[1])], []])
            #expect(facts[0].postmaster?.isStopped == false)
            kill(pids[0], SIGSTOP)
            usleep(50_000)
            facts = try await survey([paths[0]], bin: bin)
            #expect(facts[0].postmaster?.isStopped == true)
        }
    }

    @Test func `ordinary refusals in the log are no reason for being down`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let path = try lay(root, "p")
            try root.file("p/log/old.log", "FATAL:  could not write\n")
            try root.file(
                "p/log/new.log",
                "FATAL:  database \"x\" does not exist\nFATAL:  the database system is shutting down\n"
                    + "FATAL:  terminating connection due to administrator command\n")
            _ = try await shell("touch -d '-1 hour' \(path)/log/old.log")
            #expect(try await survey([path], bin: bin)[0].lastFatalLine == "FATAL:  could not write")
            try root.file(
                "p/log/new.log", String(repeating: "FATAL:  " + String(repeating: "x", count: 1000), count: 9))
            #expect(try await survey([path], bin: bin)[0].lastFatalLine?.utf8.count == 400)
        }
    }

    @Test func `values cannot forge answers, and an answer that is cut off is none`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let path = try lay(root, "p")
            try root.file("p/PG_VERSION", "15\nrunning\t0\t1\tS\n")
            _ = try await shell("ln -s \"$(printf '/x\\nstandby\\t0\\n')y\" \(path)/pg_tblspc/1")
            let facts = try await survey([path], bin: bin)[0]
            #expect(facts.postmaster == nil && !facts.hasStandbySignal)
            #expect(facts.tablespaces.map(\.directory) == ["/x?standby?0y"])
        }
        let segments = [Samples.segment(2, 0, on: "sdw1"), Samples.segment(3, 1, on: "sdw1")]
        #expect(throws: OperationError.self) {
            try FailureSurvey(output: "directory\t0\tmissing\nasked\t0\ndirectory\t1\tmissing\n", segments: segments)
        }
    }

    @Test
    func `what is asked for all at once is one copy's own answer where it fails, and no copy's words are another's`()
        async throws
    {
        try await TemporaryDirectory.with { root in
            // Fails for several directories, as df does where one of them hangs, and for the second one.
            let bin = try root.programs(Self.programs)
            let timeout = #"""
                #!/bin/sh
                [ "$2" != df ] || { [ $# -eq 4 ] && case $4 in */b) false ;; esac; } || exit 1
                shift; exec "$@"

                """#
            try root.file("bin/timeout", timeout, mode: 0o700)
            let paths = try ["a", "b", "a b"].map { try lay(root, $0) }
            try root.file(
                "a/pg_wal/00000002.history", "x\n\(paths[1])/PG_VERSION:1:9\n\(paths[1])/gpha.copy:1:gpha-copy\n")
            try root.file("a b/log/new.log", "==> /\(paths[0])/log/x.log <==\nFATAL:  of the third\n")
            let segments = paths.enumerated().map { Samples.segment(2 + $0, $0, on: "sdw1", directory: $1) }
            let output = try await shell(
                "PATH=\(ShellQuoting.word(bin)):$PATH\n" + FailureSurvey.script(segments, binaryDirectory: bin))
            let survey = try FailureSurvey(output: output.standardOutput, segments: segments)
            let facts = try segments.map { try #require(survey.copies[$0.dbid]) }
            #expect(facts.map { $0.room != nil } == [true, false, true])
            #expect(facts.map(\.version) == ["15", "15", "15"] && facts.allSatisfy { $0.mark == nil })
            #expect(facts.map(\.lastFatalLine) == [nil, nil, "FATAL:  of the third"])
        }
    }

    @Test func `with no segments only rsync is asked for`() async throws {
        let survey = try await FailureSurvey.ask(segments: [], on: "sdw1", HereShell(), binaryDirectory: "/none")
        #expect(survey.copies.isEmpty && survey.hasRsync)
    }
}
