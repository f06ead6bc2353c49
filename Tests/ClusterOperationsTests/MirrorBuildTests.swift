import BlockingWork
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
        mkdir -p "$2/pg_wal/archive_status" && cat "$0.conf" > "$2/postgresql.conf" && printf 'a = 1\n' > "$2/postgresql.auto.conf"
        for file in 0000000200000000000000A1 000000020000000000000009 00000003.history; do : > "$2/pg_wal/$file"; done
        """#

    private func build(_ engine: Engine = engines[0], bin: String = "/usr/lib/pg bin", user: String = "gpadmin")
        -> MirrorBuild
    {
        MirrorBuild(engine: engine, binaryDirectory: bin, user: user)
    }

    /// What a run does: the place is made ready, then the copy is made.
    private func copy(_ build: MirrorBuild, _ item: MirrorPlan.Item) async throws -> CommandOutput {
        let prepared = try await shell(build.prepare(item, mark: Samples.mark))
        #expect(prepared.succeeded, "\(prepared.standardError)")
        return try await shell(build.copy(item, mark: Samples.mark))
    }

    @Test(arguments: engines, hostile)
    func `every script is good shell text, whatever the directory is called`(engine: Engine, name: String) async throws
    {
        let build = build(engine, bin: "/bin \(name)", user: name)
        let item = Samples.item(
            mirrorDirectory: "/m/\(name)", settings: [InstanceSetting("unix_socket_directories", "/run/\(name)")])
        let scripts = [
            build.prepare(item, mark: Samples.mark), build.copy(item, mark: Samples.mark, maxRate: "10M"),
            build.configure(item), build.removal(item.mirror, mark: Samples.mark),
            build.start(item.mirror, timeout: .seconds(60)), build.replicationProof(item.source),
            build.patientReplicationProof(item.source),
        ]
        for script in scripts {
            let check = try await shell("sh -n <<'END-OF-SCRIPT'\n\(script)\nEND-OF-SCRIPT")
            #expect(check.succeeded && check.standardError.isEmpty, "\(check.standardError)")
        }
    }

    @Test func `ways are proved side by side, and each has an answer of its own`() async throws {
        let begun = ContinuousClock.now
        let output = try await shell(
            ReplicationAdmission.proofs([
                "sleep 0.5; exit 0", "sleep 0.5; echo first; printf 'FATAL:\tno entry\n' >&2; exit 1", "exit 7",
            ]))
        #expect(begun.duration(to: .now) < .milliseconds(950))
        let answers = ReplicationAdmission.answers("a banner\n" + output.standardOutput)
        #expect(answers[0] == .some(nil))
        #expect(answers[1] == "FATAL:\tno entry")
        #expect(answers[2] == "")
        #expect(answers[3] == nil)
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
            let output = try await copy(build(bin: bin, user: name), item)
            #expect(output.succeeded, "\(output.standardError)")

            let arguments = try LocalFiles.read(root.at("bin/pg_basebackup.arguments")).split(separator: "\n").map(
                String.init)
            #expect(Array(arguments.prefix(3)) == ["-D", target, "-d"])
            let user = name.unicodeScalars.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
            let patience = "connect_timeout='20' keepalives_idle='60' keepalives_interval='15' keepalives_count='4'"
            #expect(arguments[3].utf8.elementsEqual("host='127.0.0.2' port='6000' user='\(user)' \(patience)".utf8))
            #expect(
                Array(arguments.dropFirst(4).prefix(9)) == [
                    "-c", "fast", "--wal-method", "stream", "--create-slot", "--slot",
                    "internal_wal_replication_slot", "--write-recovery-conf", "--progress",
                ])

            let settings = ServerSettings(text: try LocalFiles.read(target + "/postgresql.conf"))
            #expect(settings.assignments.map(\.name) == ["port", "shared_buffers", "port", "unix_socket_directories"])
            #expect(settings["port"] == "7000")
            #expect(settings["unix_socket_directories"].map { Array($0.utf8) } == Array("/run/\(name)".utf8))
            let automatic = ServerSettings(text: try LocalFiles.read(target + "/postgresql.auto.conf"))
            #expect(automatic["a"] == "1")
            #expect(automatic["synchronous_standby_names"] == "")
            #expect(automatic["primary_conninfo"]?.hasSuffix("application_name='gp_walreceiver'") == true)
            var mark = Samples.mark
            mark.lastFile = "0000000200000000000000A1"
            #expect(CopyMark(text: try LocalFiles.read(CopyMark.insidePath(target))) == mark)
            #expect(!LocalFiles.exists(CopyMark.besidePath(target)))
        }
    }

    @Test func `a copy of a source whose settings are all of an earlier copy goes on`() async throws {
        for text in ["", "port = 6500 # gpha: this instance\n"] {
            try await TemporaryDirectory.with { root in
                let bin = try root.programs(["pg_basebackup": Self.basebackup])
                try root.file("bin/pg_basebackup.conf", text)
                let item = Samples.item(mirrorDirectory: root.at("m"), settings: [InstanceSetting("port", "7000")])
                let output = try await copy(build(bin: bin), item)
                #expect(output.succeeded, "\(output.standardError)")
                let settings = ServerSettings(text: try LocalFiles.read(root.at("m/postgresql.conf")))
                #expect(settings.assignments.map(\.value) == ["7000"])
            }
        }
    }

    @Test func `a directory that holds something is not copied into`() async throws {
        try await TemporaryDirectory.with { root in
            let target = try root.directory("m")
            try root.file("m/.theirs", "x")
            let output = try await shell(build().prepare(Samples.item(mirrorDirectory: target), mark: Samples.mark))
            #expect(output.status == 3)
            #expect(output.lastErrorLine == "Segment directory '\(target)' exists but is not empty!")
            #expect(!LocalFiles.exists(CopyMark.besidePath(target)))
        }
    }

    @Test(arguments: hostile)
    func `a place is marked with the run and the tablespaces to be filled, whatever they are called`(
        name: String
    ) async throws {
        try await TemporaryDirectory.with { root in
            var item = Samples.item(mirrorDirectory: root.at("deep/\(name)/gp0"))
            item.tablespaces = ["/space/\(name)", "/space 2"]
            #expect(try await shell(build().prepare(item, mark: Samples.mark)).succeeded)
            let mark = try LocalFiles.read(CopyMark.besidePath(item.mirror.dataDirectory))
            #expect(
                mark.utf8.elementsEqual(
                    "\(Samples.mark.text)\ntablespace /space/\(name)\ntablespace /space 2\n".utf8))
            #expect(!LocalFiles.exists(item.mirror.dataDirectory))
            #expect(try await shell(build().prepare(item, mark: Samples.mark)).succeeded, "twice does no harm")
        }
    }

    @Test func `a tablespace directory that holds something is never marked as ours`() async throws {
        try await TemporaryDirectory.with { root in
            let filled = try root.directory("space 10")
            try root.file("space 10/theirs", "x")
            var item = Samples.item(mirrorDirectory: root.at("m"))
            item.tablespaces = [try root.directory("empty"), filled]
            let output = try await shell(build(Self.engines[1]).prepare(item, mark: Samples.mark))
            #expect(output.status == 3)
            #expect(output.lastErrorLine == "Tablespace directory '\(filled)' exists but is not empty!")
            #expect(!LocalFiles.exists(CopyMark.besidePath(item.mirror.dataDirectory)))
        }
    }

    @Test func `a failed copy is told by its error, not by what was cleaned up after it`() {
        func output(_ text: String) -> CommandOutput {
            CommandOutput(status: 5, standardOutput: "", standardError: text)
        }
        let error = #"pg_basebackup: error: directory "/ts/5" exists but is not empty"#
        #expect(InstanceCopy.reason(output("\(error)\npg_basebackup: removing data directory \"/m\"\n")) == error)
        let full = "pg_basebackup: error: could not write to file \"pg_wal/1\": No space left on device"
        let ended = "pg_basebackup: error: background process terminated unexpectedly"
        #expect(InstanceCopy.reason(output("\(full)\n\(ended)\n")) == full)
        #expect(InstanceCopy.reason(output("\(ended)\n")) == ended)
        #expect(InstanceCopy.reason(output("one\ntwo\n\n")) == "two")
    }

    @Test func `Greenplum keeps tablespaces by dbid and wants all mirrors' rows at once, the embedded engine neither`()
    {
        let directories = Self.engines.map { $0.tablespaceDirectory("/ts", of: DatabaseID(5)) }
        #expect(directories == ["/ts", "/ts/5"])
        #expect(Self.engines.map(\.addsMirrorRowsTogether) == [false, true])
    }

    @Test func `a copy that failed leaves its mark beside the directory, and no other`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(["pg_basebackup": "echo 'could not connect' >&2; exit 1"])
            let target = root.at("deep/m")
            let output = try await copy(build(bin: bin), Samples.item(mirrorDirectory: target))
            #expect(output.status == 5)
            #expect(output.lastErrorLine == "could not connect")
            #expect(CopyMark(text: try LocalFiles.read(CopyMark.besidePath(target))) == Samples.mark)
            #expect(!LocalFiles.exists(CopyMark.insidePath(target)))
        }
    }

    @Test func `the copy into a directory open to others closes it, and its mark names the last WAL file`() async throws
    {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(["pg_basebackup": Self.basebackup])
            try root.file("bin/pg_basebackup.conf", "port = 6000\n")
            let target = try root.directory("m", mode: 0o755)
            _ = try await shell("chmod 755 \(target)")
            var item = Samples.item(mirrorDirectory: target)
            item.tablespaces = ["/space one"]
            #expect(try await copy(build(bin: bin), item).succeeded)
            #expect(try await shell("stat -c %a \(target)").standardOutput == "700\n")
            // The history file, the status directory and the lower file are not it.
            #expect(
                try LocalFiles.read(target + "/gpha.copy")
                    == "\(Samples.mark.text) 0000000200000000000000A1\ntablespace /space one\n")
            #expect(!LocalFiles.exists(CopyMark.besidePath(target)))
        }
    }

    @Test func `lines with bytes that are no UTF-8 stay as they are`() async throws {
        try await TemporaryDirectory.with { root in
            let target = try root.directory("m")
            _ = try await shell(
                "printf '# caf\\351\\nx = 1 # gpha: this instance\\ny = \\047\\344\\047\\n' > \(target)/postgresql.conf"
            )
            try root.file("m/postgresql.auto.conf", "")
            let item = Samples.item(mirrorDirectory: target, settings: [InstanceSetting("port", "7000")])
            #expect(try await shell(build().configure(item)).succeeded)
            let latin: [UInt8] = Array("# caf".utf8) + [0xe9] + Array("\ny = '".utf8) + [0xe4] + Array("'\n".utf8)
            #expect(
                try LocalFiles.bytes(target + "/postgresql.conf")
                    == latin + Array("port = 7000 # gpha: this instance\n".utf8))
        }
    }

    @Test func `settings given twice replace each other: an adopted copy gets this run's port`() async throws {
        try await TemporaryDirectory.with { root in
            let target = try root.directory("m")
            try root.file("m/postgresql.conf", "port = 6000\n")
            try root.file("m/postgresql.auto.conf", "")
            for port in ["7000", "7100"] {
                let item = Samples.item(
                    mirrorDirectory: target, settings: [InstanceSetting("port", port), InstanceSetting("note", "")])
                #expect(try await shell(build().configure(item)).succeeded)
            }
            let settings = ServerSettings(text: try LocalFiles.read(target + "/postgresql.conf"))
            #expect(settings.assignments.map(\.value) == ["6000", "7100", ""])
        }
    }

    @Test func `a copy without a configuration file is not marked complete`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(["pg_basebackup": Self.basebackup + "\nrm \"$2/postgresql.conf\""])
            try root.file("bin/pg_basebackup.conf", "")
            let target = root.at("m")
            #expect(try await copy(build(bin: bin), Samples.item(mirrorDirectory: target)).status == 6)
            #expect(!LocalFiles.exists(CopyMark.insidePath(target)))
            #expect(LocalFiles.exists(CopyMark.besidePath(target)))
        }
    }

    @Test(arguments: [-1, 0])
    func `a standby's copy leaves the coordinator's log, locks and service out, a mirror's takes all`(
        content: Int
    ) async throws {
        let files = ["log/gpdb.log", "gpaddmirrors.lock/PID", "gpinitstandby.lock.9/PID", "gpftsd.pid", "pg_hba.conf"]
        let making = files.map { "file=\"$2/\($0)\"; mkdir -p \"${file%/*}\"; echo x > \"$file\"" }
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(["pg_basebackup": Self.basebackup + "\n" + making.joined(separator: "\n")])
            try root.file("bin/pg_basebackup.conf", "port = 6000\n")
            var item = Samples.item(mirrorDirectory: root.at("m"))
            item.source = Samples.segment(1, content, on: "cdw")
            let output = try await copy(build(bin: bin), item)
            #expect(output.succeeded, "\(output.standardError)")
            let left = files.filter { LocalFiles.exists(root.at("m/\($0)")) }
            #expect(left == (content == -1 ? ["pg_hba.conf"] : files))
        }
    }

    @Test func `Greenplum's copies carry the mirror's dbid and no settings of the embedded engine`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(["pg_basebackup": Self.basebackup])
            try root.file("bin/pg_basebackup.conf", "port = 6000\n")
            let item = Samples.item(mirrorDirectory: root.at("m"))
            #expect(try await copy(build(Self.engines[1], bin: bin), item).succeeded)
            let arguments = try LocalFiles.read(root.at("bin/pg_basebackup.arguments"))
            #expect(arguments.contains("--target-gp-dbid\n10\n"))
            #expect(try LocalFiles.read(root.at("m/postgresql.auto.conf")) == "a = 1\n")
        }
    }
}
