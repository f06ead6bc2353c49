import BlockingWork
import ClusterModel
import RemoteShell
import Testing

@testable import ClusterOperations

/// The script that makes an ordinary mirror of a finished copy.
@Suite struct MirrorStartTests {
    private func build(_ bin: String) -> MirrorBuild {
        MirrorBuild(engine: MirrorBuildTests.engines[0], binaryDirectory: bin, user: "gpadmin")
    }

    @Test func `the start of a running mirror is nothing, that of a failing one shows its log`() async throws {
        try await TemporaryDirectory.with { root in
            let target = try root.directory("my mirror")
            try root.file("my mirror/gpha.copy", Samples.mark.text)
            try root.file(".my mirror.gpha-copy", Samples.mark.text)
            try root.file("my mirror/postmaster.pid", "1\n")
            let mirror = Samples.item(mirrorDirectory: target).mirror
            let bin = try root.programs([
                "pg_ctl":
                    #"case "$*" in *status*) exit ${status:-0};; esac; [ -n "$early" ] || echo "FATAL: bad" > "$6"; echo 'pg_ctl: no'; exit 1"#
            ])
            let early = try await shell(
                "early=1 status=3; export early status\n" + build(bin).start(mirror, timeout: .seconds(60)))
            #expect(early.status == 7)
            #expect(early.standardError.hasPrefix("pg_ctl: no\n"), "no log yet: \(early.standardError)")
            #expect(try await shell(build(bin).start(mirror, timeout: .seconds(60))).succeeded)
            #expect(!LocalFiles.exists(target + "/gpha.copy"))
            #expect(!LocalFiles.exists(root.at(".my mirror.gpha-copy")))
            try root.file("my mirror/gpha.copy", Samples.mark.text)
            let failed = try await shell(
                "status=3; export status\n" + build(bin).start(mirror, timeout: .seconds(60)))
            #expect(failed.status == 7)
            #expect(failed.lastErrorLine == "FATAL: bad")
            #expect(LocalFiles.exists(target + "/gpha.copy"), "what did not start keeps its mark")
            try root.file("my mirror/log/gpdb.log", "old FATAL: gone\nFATAL: real\nLOG: shut down\n")
            _ = try await shell("touch -d '+1 hour' \"$1\"".replacing("\"$1\"", with: "'\(target)/log/gpdb.log'"))
            let collected = try await shell(
                "status=3; export status\n" + build(bin).start(mirror, timeout: .seconds(60)))
            #expect(collected.lastErrorLine == "FATAL: real")
        }
    }

    @Test func `a mirror that starts is no copy of ours any more: both marks are gone`() async throws {
        try await TemporaryDirectory.with { root in
            let target = try root.directory("m")
            try root.file("m/gpha.copy", Samples.mark.text)
            try root.file(".m.gpha-copy", Samples.mark.text)
            let bin = try root.programs(["pg_ctl": #"case "$*" in *status*) exit 3;; esac; exit 0"#])
            let mirror = Samples.item(mirrorDirectory: target).mirror
            #expect(try await shell(build(bin).start(mirror, timeout: .seconds(60))).succeeded)
            #expect(!LocalFiles.exists(target + "/gpha.copy") && !LocalFiles.exists(root.at(".m.gpha-copy")))
        }
    }

    @Test(arguments: ["standby ", "wrecvstreaming", "starting"])
    func `Greenplum's standby runs when its postmaster.pid says so, and pg_ctl does not wait`(state: String)
        async throws
    {
        try await TemporaryDirectory.with { root in
            let target = try root.directory("m")
            let bin = try root.programs([
                "pg_ctl": """
                case "$*" in *status*) exit 3;; *' -w '*) exit 9;; esac
                printf '1\\n/m\\n%s\\n1\\n/tmp\\n*\\n1 2\\n%s\\n' `date +%s` '\(state)' > "$2/postmaster.pid"
                """
            ])
            let build = MirrorBuild(
                engine: Engine(family: .greenplum7, postgresMajor: 12), binaryDirectory: bin, user: "gpadmin")
            var standby = Samples.item(mirrorDirectory: target).mirror
            standby.content = .coordinator
            try root.file("m/postmaster.pid", "1\n/m\n5\n1\n/tmp\n*\n1 2\nready\n")
            let started = try await shell(build.start(standby, timeout: .seconds(2)))
            #expect(started.status == (state == "starting" ? 7 : 0))
        }
    }
}
