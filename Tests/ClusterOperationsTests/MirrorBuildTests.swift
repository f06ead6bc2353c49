import ClusterModel
import RemoteShell
import Testing

@testable import ClusterOperations

/// The scripts that build a mirror, checked by the shell itself and run with stand-ins for the server's programs.
@Suite struct MirrorBuildTests {
    static let hostile = [
        "plain", "with blank", "it's", "\"q\"", "$(touch pwned)", "`id`", "a\\b", "x;y&z|", "größe", "*?[",
        "'; rm -rf x; '",
        "'\u{301}",
    ]
    static let engines = [Engine(family: .embedded, postgresMajor: 15), Engine(family: .greenplum7, postgresMajor: 12)]

    /// A copy that leaves its arguments, one a line, and what a data directory needs.
    private static let basebackup = #"""
        for argument; do printf '%s\n' "$argument"; done > "$0.arguments"
        while [ "$1" != -D ]; do shift; done
        mkdir -p "$2" && cat "$0.conf" > "$2/postgresql.conf" && printf 'a = 1\n' > "$2/postgresql.auto.conf"
        """#

    private func build(_ engine: Engine = engines[0], bin: String = "/usr/lib/pg bin", user: String = "gpadmin")
        -> MirrorBuild
    {
        MirrorBuild(engine: engine, binaryDirectory: bin, user: user)
    }

    @Test(arguments: engines, hostile)
    func `every script is good shell text, whatever the directory is called`(engine: Engine, name: String) async throws
    {
        let build = build(engine, bin: "/bin \(name)", user: name)
        let item = Samples.item(
            mirrorDirectory: "/m/\(name)", settings: [InstanceSetting("unix_socket_directories", "/run/\(name)")])
        let scripts = [
            build.copy(item, mark: Samples.mark, maxRate: "10M"), build.removal(item.mirror),
            build.start(item.mirror, timeout: .seconds(60)), build.replicationProof(item.source),
        ]
        for script in scripts {
            let check = try await shell("sh -n <<'END-OF-SCRIPT'\n\(script)\nEND-OF-SCRIPT")
            #expect(check.succeeded && check.standardError.isEmpty, "\(check.standardError)")
        }
    }

    @Test(arguments: hostile)
    func `a copy gets its arguments, its settings and its mark, word by word`(name: String) async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(["pg_basebackup": Self.basebackup])
            let tag = "# gpha: this instance"
            try root.file("bin/pg_basebackup.conf", "port = 6000\nport = 6500 \(tag)\nshared_buffers = 1MB")
            let parent = try root.directory(name)
            let target = "\(parent)/gp0"
            let item = Samples.item(
                mirrorDirectory: target,
                settings: [InstanceSetting("port", "7000"), InstanceSetting("unix_socket_directories", "/run/\(name)")])
            let output = try await shell(build(bin: bin, user: name).copy(item, mark: Samples.mark))
            #expect(output.succeeded, "\(output.standardError)")

            let arguments = try LocalFiles.read(root.at("bin/pg_basebackup.arguments")).split(separator: "\n").map(
                String.init)
            #expect(Array(arguments.prefix(3)) == ["-D", target, "-d"])
            let user = name.unicodeScalars.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
            #expect(arguments[3].utf8.elementsEqual("host='127.0.0.2' port='6000' user='\(user)'".utf8))
            #expect(arguments.contains("internal_wal_replication_slot"))

            let settings = ServerSettings(text: try LocalFiles.read(target + "/postgresql.conf"))
            #expect(settings.assignments.map(\.name) == ["port", "shared_buffers", "port", "unix_socket_directories"])
            #expect(settings["port"] == "7000")
            #expect(settings["unix_socket_directories"].map { Array($0.utf8) } == Array("/run/\(name)".utf8))
            let automatic = ServerSettings(text: try LocalFiles.read(target + "/postgresql.auto.conf"))
            #expect(automatic["a"] == "1")
            #expect(automatic["synchronous_standby_names"] == "")
            #expect(automatic["primary_conninfo"]?.hasSuffix("application_name='gp_walreceiver'") == true)
            #expect(CopyMark(text: try LocalFiles.read(CopyMark.insidePath(target))) == Samples.mark)
            #expect(!LocalFiles.exists(CopyMark.besidePath(target)))
        }
    }

    @Test func `a copy of a source whose settings are all of an earlier copy goes on`() async throws {
        for text in ["", "port = 6500 # gpha: this instance\n"] {
            try await TemporaryDirectory.with { root in
                let bin = try root.programs(["pg_basebackup": Self.basebackup])
                try root.file("bin/pg_basebackup.conf", text)
                let item = Samples.item(mirrorDirectory: root.at("m"), settings: [InstanceSetting("port", "7000")])
                let output = try await shell(build(bin: bin).copy(item, mark: Samples.mark))
                #expect(output.succeeded, "\(output.standardError)")
                let settings = ServerSettings(text: try LocalFiles.read(root.at("m/postgresql.conf")))
                #expect(settings.assignments.map(\.value) == ["7000"])
            }
        }
    }

    @Test func `a directory that holds something is not copied into`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(["pg_basebackup": Self.basebackup])
            let target = try root.directory("m")
            try root.file("m/theirs", "x")
            let output = try await shell(
                build(bin: bin).copy(Samples.item(mirrorDirectory: target), mark: Samples.mark))
            #expect(output.status == 3)
            #expect(output.lastErrorLine == "Segment directory '\(target)' exists but is not empty!")
            #expect(!LocalFiles.exists(CopyMark.besidePath(target)))
            #expect(!LocalFiles.exists(root.at("bin/pg_basebackup.arguments")))
        }
    }

    @Test func `a copy that failed leaves its mark beside the directory, and no other`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(["pg_basebackup": "echo 'could not connect' >&2; exit 1"])
            let target = root.at("deep/m")
            let output = try await shell(
                build(bin: bin).copy(Samples.item(mirrorDirectory: target), mark: Samples.mark))
            #expect(output.status == 5)
            #expect(output.lastErrorLine == "could not connect")
            #expect(CopyMark(text: try LocalFiles.read(CopyMark.besidePath(target))) == Samples.mark)
            #expect(!LocalFiles.exists(CopyMark.insidePath(target)))
        }
    }

    @Test(arguments: hostile)
    func `only a directory with a mark of ours is removed`(name: String) async throws {
        try await TemporaryDirectory.with { root in
            let build = build(bin: try root.programs(["pg_ctl": ":"]))
            let target = try root.directory(name)
            try root.file("\(name)/data", "x")
            try root.file("bystander", "x")
            let mirror = Samples.item(mirrorDirectory: target).mirror
            let refused = try await shell(build.removal(mirror))
            #expect(refused.status == 3)
            #expect(LocalFiles.exists(target + "/data"))

            try LocalFiles.write(Samples.mark.text + "\n", to: CopyMark.besidePath(target))
            #expect(try await shell(build.removal(mirror)).succeeded)
            #expect(!LocalFiles.exists(target))
            #expect(!LocalFiles.exists(CopyMark.besidePath(target)))
            #expect(LocalFiles.exists(root.at("bystander")))
            #expect(try await shell(build.removal(mirror)).status == 3, "nothing of ours is left")
        }
    }

    @Test func `a server in an incomplete copy is stopped before its directory goes`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(["pg_ctl": #"printf '%s\n' "$@" > "$0.arguments"; exit 1"#])
            let target = try root.directory("m")
            try root.file("m/gpha.copy", Samples.mark.text)
            try root.file("m/postmaster.pid", "1\n")
            let mirror = Samples.item(mirrorDirectory: target).mirror
            #expect(try await shell(build(bin: bin).removal(mirror)).status == 4)
            #expect(LocalFiles.exists(target + "/gpha.copy"), "a server that does not stop keeps its directory")
            #expect(try LocalFiles.read(bin + "/pg_ctl.arguments").hasPrefix("-D\n\(target)\n-m\nimmediate"))
        }
    }

    @Test func `the start of a running mirror is nothing, that of a failing one shows its log`() async throws {
        try await TemporaryDirectory.with { root in
            let target = try root.directory("my mirror")
            try root.file("my mirror/gpha.copy", Samples.mark.text)
            let mirror = Samples.item(mirrorDirectory: target).mirror
            let bin = try root.programs([
                "pg_ctl": #"case "$*" in *status*) exit ${status:-0};; esac; echo "FATAL: bad" > "$4"; exit 1"#
            ])
            #expect(try await shell(build(bin: bin).start(mirror, timeout: .seconds(60))).succeeded)
            #expect(!LocalFiles.exists(target + "/gpha.copy"))
            let failed = try await shell(
                "status=3; export status\n" + build(bin: bin).start(mirror, timeout: .seconds(60)))
            #expect(failed.status == 7)
            #expect(failed.lastErrorLine == "FATAL: bad")
            try root.file("my mirror/log/gpdb.log", "old FATAL: gone\nFATAL: real\nLOG: shut down\n")
            let touched = try await shell("touch -d '+1 hour' '\(target)/log/gpdb.log'")
            #expect(touched.succeeded)
            let collected = try await shell(
                "status=3; export status\n" + build(bin: bin).start(mirror, timeout: .seconds(60)))
            #expect(collected.lastErrorLine == "FATAL: real")
        }
    }

    @Test func `Greenplum's copies carry the mirror's dbid and no settings of the embedded engine`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(["pg_basebackup": Self.basebackup])
            try root.file("bin/pg_basebackup.conf", "port = 6000\n")
            let item = Samples.item(mirrorDirectory: root.at("m"))
            #expect(try await shell(build(Self.engines[1], bin: bin).copy(item, mark: Samples.mark)).succeeded)
            let arguments = try LocalFiles.read(root.at("bin/pg_basebackup.arguments"))
            #expect(arguments.contains("--target-gp-dbid\n10\n"))
            #expect(try LocalFiles.read(root.at("m/postgresql.auto.conf")) == "a = 1\n")
        }
    }
}

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
