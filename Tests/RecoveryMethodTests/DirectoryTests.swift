import ClusterModel
import RemoteShell
import TestSupport
import Testing

@testable import ClusterOperations

/// The scripts alone, on directories that hold no server.
@Suite struct DirectoryTests {
    static let mark = CopyMark(run: "r1", content: ContentID(0), dbid: DatabaseID(3), systemIdentifier: "77")
    static let bin = "/usr/bin"

    /// A directory with an old copy and a complete new one beside it; `body` gets the target.
    private func withCopies(_ name: String = "seg", _ body: (Segment, TemporaryDirectory) async throws -> Void)
        async throws
    {
        let root = try TemporaryDirectory()
        let target = RecoveryPair.segment(3, .mirror, "\(root.path)/\(name)", 6000)
        let directory = ShellQuoting.word(target.dataDirectory)
        let made = try await sh(
            "mkdir \(directory) \(directory).gpha-new && echo old > \(directory)/PG_VERSION && echo new > \(directory).gpha-new/PG_VERSION && echo \(ShellQuoting.word(Self.mark.text)) > \(directory).gpha-new/gpha.copy"
        )
        #expect(made.succeeded)
        try await body(target, root)
    }

    private func sh(_ script: String) async throws -> CommandOutput {
        let shell = LocalShell()
        return try await shell.run(ShellCommand(script, purpose: "a test's script"), on: "here")
    }

    private func content(_ target: Segment) async throws -> String {
        try await sh("cat \(ShellQuoting.word(target.dataDirectory))/PG_VERSION 2>/dev/null").standardOutput.trimmed
    }

    private func leftovers(_ target: Segment) async throws -> Leftovers {
        try Leftovers(output: try await sh(Leftovers.script(target.dataDirectory)).standardOutput)
    }

    static let steps = DirectorySwap.steps(RecoveryPair.segment(3, .mirror, "/x", 1), mark: mark, binaryDirectory: bin)
        .count

    @Test(arguments: 1...steps, [true, false])
    func `a swap that is killed anywhere is ended forward or backward`(step: Int, forward: Bool) async throws {
        try await withCopies("it's a $(dir)") { target, _ in
            let steps = DirectorySwap.steps(target, mark: Self.mark, binaryDirectory: Self.bin)
            let script = (steps.prefix(step) + ["kill -KILL $$"]).joined(separator: "\n")
            let killed = try await sh("sh -c \(ShellQuoting.word(script))")
            #expect(killed.status == 137)
            let left = try await leftovers(target)
            #expect((left.swap != nil) == (2..<steps.count).contains(step), "a journal tells of it")
            #expect(left.swap?.isEmptyPlace ?? false == (step == 4))
            guard left.swap != nil else {
                #expect(try await content(target) == (step < 2 ? "old" : "new"))
                return
            }
            let settled = try await sh(
                DirectorySwap.settle(target, mark: Self.mark, forward: forward, binaryDirectory: Self.bin))
            #expect(settled.succeeded, "\(settled.standardError)")
            #expect(try await content(target) == (forward ? "new" : "old"))
            let after = try await leftovers(target)
            #expect(after.swap == nil)
            #expect(after.oldCopies.map(\.mark) == (forward ? [Self.mark] : []))
            #expect(forward ? after.complete == Self.mark : after.newCopy == .complete(Self.mark))
        }
    }

    @Test func `nothing is swapped in that is not complete and ours, nor over a running server`() async throws {
        try await withCopies { target, _ in
            let swap = DirectorySwap.steps(target, mark: Self.mark, binaryDirectory: Self.bin).joined(separator: "\n")
            let running = try await sh(
                "cd \(target.dataDirectory) && sleep 30 & echo $! > \(target.dataDirectory)/postmaster.pid; sleep 0.1; ( \(swap) ); status=$?; kill $!; rm \(target.dataDirectory)/postmaster.pid; exit $status"
            )
            #expect(running.status == 3 && running.standardError.contains("a server runs in"))
            _ = try await sh("echo 'gpha-copy 1 r1 0 3 78' > \(target.dataDirectory).gpha-new/gpha.copy")
            let other = try await sh(swap)
            #expect(other.status == 3 && other.standardError.contains("no complete copy of ours"))
            #expect(try await content(target) == "old")
        }
    }

    @Test func `a journal that leads elsewhere is not obeyed`() async throws {
        try await withCopies { target, root in
            let elsewhere = try root.write("", to: "elsewhere")
            let journal = RecoveryPlace(target.dataDirectory).journal
            for old in [elsewhere, target.dataDirectory + ".gpha-old-/../elsewhere", ""] {
                _ = try await sh("printf '%s\\n' '\(Self.mark.text)' 'old \(old)' > '\(journal)'")
                let settled = try await sh(
                    DirectorySwap.settle(target, mark: Self.mark, forward: true, binaryDirectory: Self.bin))
                #expect(settled.status == 3 && settled.standardError.contains("makes no sense"))
            }
            #expect(try await content(target) == "old")
        }
    }

    @Test
    func `emptying takes the tablespaces and a linked pg_wal along, marks first, and spares what is no data directory`()
        async throws
    {
        try await withCopies { target, root in
            let request = RecoveryRequest(
                source: RecoveryPair.segment(2, .primary, "/s", 1), target: target, settings: [])
            let build = MirrorBuild(
                engine: Engine(family: .embedded, postgresMajor: 15), binaryDirectory: Self.bin, user: "u")
            let made = try await sh(
                """
                cd \(root.path) && mkdir -p space/PG_15_1 wal spared seg/pg_tblspc seg/inside && touch space/PG_15_1/a space/mine wal/b spared/c seg/inside/d
                ln -s \(root.path)/space seg/pg_tblspc/16384 && ln -s \(root.path)/seg/inside seg/pg_tblspc/16385 && ln -s \(root.path)/wal seg/pg_wal
                """)
            #expect(made.succeeded)
            let facts = try FullPlace.Facts(output: try await sh(FullPlace.script(target.dataDirectory)).standardOutput)
            #expect(facts.tablespaces == ["\(root.path)/space"] && facts.walDirectory == "\(root.path)/wal")
            #expect(!facts.isMountPoint && !facts.isSymbolicLink && facts.holdsSomething && facts.freeBytes != nil)
            let emptied = try await sh(FullRecoveryScript.emptying(request, Self.mark, build))
            #expect(emptied.succeeded, "\(emptied.standardError)")
            #expect(
                try await sh("cd \(root.path) && find space wal seg spared").standardOutput
                    == "space\nspace/mine\nwal\nseg\nspared\nspared/c\n")
            #expect(try await leftovers(target).unfinished == .init(mark: Self.mark, method: .full, isTouched: true))
            _ = try await sh("touch \(target.dataDirectory)/PG_VERSION")
            let again = try FullPlace.Facts(output: try await sh(FullPlace.script(target.dataDirectory)).standardOutput)
            #expect(again.isUnfinishedCopy)
            _ = try await sh("rm \(target.dataDirectory)/PG_VERSION")
            _ = try await sh("rm -f \(root.path)/.seg.gpha-copy; echo precious > \(target.dataDirectory)/file")
            let refused = try await sh(FullRecoveryScript.emptying(request, Self.mark, build))
            #expect(refused.status == 3 && refused.standardError.contains("is no data directory"))
        }
    }

    @Test func `a copy that is moved takes the tablespaces of its old place over, and the old copy cannot be started`()
        async throws
    {
        try await withCopies { old, root in
            let build = MirrorBuild(
                engine: Engine(family: .greenplum7, postgresMajor: 12), binaryDirectory: Self.bin, user: "u")
            let made = try await sh(
                """
                cd \(root.path) && mkdir -p space/3/GPDB_7_1/x space/2/GPDB_7_1 other/3/GPDB_7_1 seg/pg_tblspc seg/global
                touch space/3/mine seg/global/pg_control && ln -s \(root.path)/space/3 seg/pg_tblspc/16384
                """)
            #expect(made.succeeded)
            let strangers = FullRecoveryScript.takingTablespaces(["\(root.path)/other/3"], from: old, build)
            #expect(try await sh(strangers).succeeded)
            #expect(try await sh("ls \(root.path)/seg/global \(root.path)/other/3").standardOutput.contains("GPDB_7_1"))
            #expect(try await sh("ls \(root.path)/seg/global").standardOutput == "pg_control\n")
            let taken = try await sh(FullRecoveryScript.takingTablespaces(["\(root.path)/space/3"], from: old, build))
            #expect(taken.succeeded, "\(taken.standardError)")
            #expect(
                try await sh("cd \(root.path) && find space seg/global | sort").standardOutput
                    == "seg/global\nspace\nspace/2\nspace/2/GPDB_7_1\nspace/3\nspace/3/mine\n")
        }
    }

    @Test(arguments: [
        "plain", "with blank", "it's", "\"q\"", "$(touch pwned)", "`id`", "a\\b", "x;y&z|", "größe", "*?[",
    ])
    func `every script is good shell text, whatever the directory is called`(name: String) async throws {
        let target = RecoveryPair.segment(3, .mirror, "/m/\(name)", 6000)
        let source = RecoveryPair.segment(2, .primary, "/p/\(name)", 6001)
        let request = RecoveryRequest(
            source: source, target: target, settings: [InstanceSetting("unix_socket_directories", "/run/\(name)")],
            maxRate: "10M")
        for engine in [Engine(family: .embedded, postgresMajor: 15), Engine(family: .greenplum7, postgresMajor: 12)] {
            let build = MirrorBuild(engine: engine, binaryDirectory: "/bin \(name)", user: name)
            let copy = ContentCopy(
                request: request, directory: target.dataDirectory + ".gpha-new", mark: Self.mark, build: build,
                tablespaces: [("16384", "/t/\(name)")], logDirectory: "log \(name)", isWayProved: false)
            let scripts = [
                Rewind.script(request, mark: Self.mark, evidence: "/m/e", build: build), copy.copy(.resume),
                copy.fetching, InstanceStop.script(target.dataDirectory, timeout: .seconds(120)),
                DirectorySwap.steps(target, mark: Self.mark, binaryDirectory: Self.bin).joined(separator: "\n"),
                DirectorySwap.settle(target, mark: Self.mark, forward: true, binaryDirectory: Self.bin),
                DirectorySwap.discard(target, mark: Self.mark, binaryDirectory: Self.bin),
                FullRecoveryScript.emptying(request, Self.mark, build), FullPlace.script(target.dataDirectory),
                FullRecoveryScript.takingTablespaces(["/t/\(name)"], from: target, build),
                Leftovers.script(target.dataDirectory),
            ]
            // Each in brackets of its own: an open quote or bracket does not pass for the next one's.
            let text = scripts.map { "(\n\($0)\n)" }.joined(separator: "\n")
            let check = try await sh("sh -n <<'END-OF-SCRIPT'\n\(text)\nEND-OF-SCRIPT")
            #expect(check.succeeded && check.standardError.isEmpty, "\(check.standardError)")
        }
    }
}
