import ClusterModel
import ClusterOperations
import Glibc
import PostgresClient
import RemoteShell
import TestSupport
import Testing

/// What is found out about failed copies of real servers.
@Suite("Failed copies of real servers", .serialized, .ownThreads, .timeLimit(.minutes(3)))
struct FailedCopyTests {
    private static let engine = Engine(family: .embedded, postgresMajor: serverMajor)

    private static let serverMajor: Int = {
        let text = (try? ServerPrograms.newest()) ?? ""
        return text.split(separator: "/").dropLast().last.flatMap { Int($0) } ?? 0
    }()

    private func segment(_ server: TestServer, _ role: SegmentRole, mode: SegmentMode = .inSync) -> Segment {
        Segment(
            dbid: DatabaseID(role == .primary ? 2 : 102), content: ContentID(0), role: role, preferredRole: role,
            mode: mode, status: .up, hostname: "sdw1", address: "127.0.0.1", port: server.port,
            dataDirectory: server.directory)
    }

    private func facts(_ server: TestServer) async throws -> TargetRecoveryFacts {
        let shell = LocalShell()
        let segment = segment(server, .mirror)
        let survey = try await FailureSurvey.ask(
            segments: [segment], on: "sdw1", shell, binaryDirectory: try ServerPrograms.newest())
        await shell.close()
        return try #require(survey.copies[segment.dbid])
    }

    private func source(_ server: TestServer) throws -> SourceRecoveryFacts {
        var facts = try SourceRecoveryFacts.ask(PostgresConnection.connect(server.parameters))
        facts.hasRsync = true
        return facts
    }

    private func judge(_ target: TestServer, _ from: TestServer) async throws -> RecoveryVerdict {
        let source = try source(from)
        let shell = LocalShell()
        let facts = await FailureSurvey.searchCheckpoint(
            try await facts(target), source: source, on: "sdw1", shell, binaryDirectory: try ServerPrograms.newest())
        await shell.close()
        return RecoveryVerdict.judge(target: facts, source: source, engine: Self.engine)
    }

    /// The primary is killed and its mirror promoted.
    private func failOver(_ cluster: PairCluster) async throws {
        cluster.primaries[0].kill()
        try await cluster.cycles(until: "p n u, m n d")
        try await untilPromoted(cluster.mirrors[0])
    }

    private func untilPromoted(_ server: TestServer) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try server.sql("SELECT pg_catalog.pg_is_in_recovery()").value() != "f" {
            guard ContinuousClock.now < deadline else { throw TestFailure("not promoted within 20 s") }
            usleep(50_000)
        }
    }

    @Test("An old primary can be rewound; without its WAL, its control file or its directory it cannot")
    func oldPrimary() async throws {
        let cluster = try PairCluster(inSync: true)
        try cluster.primaries[0].sql("INSERT INTO public.ledger VALUES (1, 'x')")
        try await failOver(cluster)
        let (old, new) = (cluster.primaries[0], cluster.mirrors[0])
        try new.sql("INSERT INTO public.ledger VALUES (2, 'y')")
        let source = try source(new)
        #expect(source.history?.timeline == 2 && source.history?.ancestors.count == 1)
        #expect(source.logsHints && source.segmentSize == 1 << 20 && (source.dataBytes ?? 0) > 1 << 20)
        #expect(source.slot != nil && source.oldestFile != nil)
        let verdict = try await judge(old, new)
        let parting = try #require(source.history?.ancestors.last?.end)
        #expect(verdict.incrementalWay == .rewind(to: parting), "\(verdict)")
        #expect(verdict.differential.isPossible && verdict.full.isPossible && verdict.doubts.isEmpty)
        #expect(verdict.causes.contains { $0.contains("in production") })
        let facts = try await facts(old)
        #expect(facts.lastTimeline == 1 && facts.lastRecord != nil && facts.postmaster == nil)
        try await rewindProves(old, new)
        try await broken(old, new)
    }

    /// The same that the verdict promises, done: the program agrees.
    private func rewindProves(_ old: TestServer, _ new: TestServer) async throws {
        try Account.run("cp -a \(old.directory) \(old.directory).saved")
        // Otherwise pg_rewind may find nothing to do: see `needsSourceCheckpoint`.
        try new.sql("CHECKPOINT")
        #expect(try await !judge(old, new).needsSourceCheckpoint)
        // These servers have no template1, in which pg_rewind would end the recovery.
        try Account.run("\"$bin\"/postgres --single -D \(old.directory) postgres </dev/null >/dev/null 2>&1")
        try Account.run(
            "\"$bin\"/pg_rewind -D \(old.directory) --source-server='host=127.0.0.1 port=\(new.port) user=postgres "
                + "dbname=postgres' > \(old.directory).log 2>&1 || { cat \(old.directory).log >&2; exit 1; }")
        try Account.run("rm -rf \(old.directory) && mv \(old.directory).saved \(old.directory)")
    }

    private func broken(_ old: TestServer, _ new: TestServer) async throws {
        // A byte of the control file, far from its version.
        try Account.run("printf x | dd of=\(old.directory)/global/pg_control bs=1 seek=100 conv=notrunc 2>/dev/null")
        let corrupt = try await judge(old, new)
        #expect(corrupt.incremental.reason?.hasPrefix("its control file cannot be read: ") == true, "\(corrupt)")
        #expect(corrupt.differential.isPossible)
        try Account.run("rm -rf \(old.directory)")
        let gone = try await judge(old, new)
        #expect(gone.incremental == .impossible("its data directory \(old.directory) is missing"))
        #expect(!gone.differential.isPossible && gone.full.isPossible && gone.fullCopyPlace == .beside)
    }

    @Test("WAL that is gone makes incremental impossible, on either side, with the reason")
    func removedWAL() async throws {
        let cluster = try PairCluster(inSync: true)
        try await failOver(cluster)
        let (old, new) = (cluster.primaries[0], cluster.mirrors[0])
        try Account.run("mkdir \(old.directory)/kept && mv \(old.directory)/pg_wal/0000* \(old.directory)/kept")
        let lost = try await judge(old, new)
        #expect(lost.incremental.reason?.contains("is not in pg_wal any more") == true, "\(lost)")
        try Account.run("mv \(old.directory)/kept/* \(old.directory)/pg_wal/")
        #expect(try await judge(old, new).incremental.isPossible)
        // The slot keeps the WAL; without it two checkpoints remove it.
        try new.sql("SELECT pg_catalog.pg_drop_replication_slot('internal_wal_replication_slot')")
        for round in 0..<3 {
            try new.sql("CREATE TABLE public.round\(round) AS SELECT generate_series(1, 100)")
            try new.sql("SELECT pg_catalog.pg_switch_wal()")
            try new.sql("CHECKPOINT")
        }
        let verdict = try await judge(old, new)
        #expect(
            verdict.incremental.reason?.hasPrefix("the source has removed WAL that is needed") == true, "\(verdict)")
    }

    @Test(
        "An old primary that hung and went on has later checkpoints: whether the one before is left decides",
        arguments: [true, false])
    func wentOn(keepsWAL: Bool) async throws {
        let cluster = try PairCluster(inSync: true)
        let (old, new) = (cluster.primaries[0], cluster.mirrors[0])
        if keepsWAL { try old.sql("ALTER SYSTEM SET wal_keep_size = '64MB'") }
        for text in [
            "SELECT pg_catalog.pg_reload_conf()", "CHECKPOINT", "SELECT pg_catalog.pg_switch_wal()",
            "INSERT INTO public.ledger VALUES (1, '')",
        ] { try old.sql(text) }
        old.freeze()
        try await cluster.cycles(until: "p n u, m n d")
        try await untilPromoted(new)
        old.thaw()
        for _ in 0..<3 {
            try old.sql("SELECT pg_catalog.pg_switch_wal()")
            try old.sql("CHECKPOINT")
        }
        old.kill()
        let place = try #require(
            RecoveryVerdict.searchPlace(target: try await facts(old), source: try source(new)))
        #expect(place.timeline == 1)
        let verdict = try await judge(old, new)
        guard keepsWAL else {
            #expect(
                verdict.incremental.reason?.hasPrefix("its pg_wal holds no checkpoint from before \(place.end)")
                    == true,
                "\(verdict)")
            await #expect(throws: TestFailure.self) { try await rewindProves(old, new) }
            return
        }
        #expect(verdict.incrementalWay == .rewind(to: place.end) && verdict.doubts.isEmpty, "\(verdict)")
        try await rewindProves(old, new)
    }

    @Test("A mirror that stopped only restarts; promoted by hand, it is told from its primary")
    func mirror() async throws {
        let cluster = try PairCluster(inSync: false)
        let (primary, mirror) = (cluster.primaries[0], cluster.mirrors[0])
        try mirror.stop()
        try primary.sql("INSERT INTO public.ledger VALUES (1, 'x')")
        let behind = try await judge(mirror, primary)
        guard case .restart = behind.incrementalWay else {
            Issue.record("\(behind)")
            return
        }
        #expect(behind.causes == ["it was shut down in order (\"shut down in recovery\")"])
        try mirror.start()
        let running = try await facts(mirror)
        #expect(running.postmaster.map { Int32($0.pid) } == mirror.postmaster)
        try mirror.sql("SELECT pg_catalog.pg_promote(true, 20)")
        try mirror.sql("INSERT INTO public.ledger VALUES (2, 'y')")
        try mirror.stop()
        let parted = try await judge(mirror, primary)
        guard case .rewind = parted.incrementalWay else {
            Issue.record("\(parted)")
            return
        }
        let fault = DoubleFault(
            primary: DoubleFault.Copy(segment: segment(primary, .primary), facts: try await facts(primary)),
            mirror: DoubleFault.Copy(segment: segment(mirror, .mirror), facts: try await facts(mirror)))
        #expect(fault.choice.dbid == nil && fault.choice.reason.contains("newer timeline 2"), "\(fault.choice)")
    }

    @Test("Of two killed copies in sync, neither has WAL that the other lacks, and the acting primary is named")
    func doubleFault() async throws {
        let cluster = try PairCluster(inSync: true)
        let (primary, mirror) = (cluster.primaries[0], cluster.mirrors[0])
        try primary.sql("INSERT INTO public.ledger SELECT g, 'x' FROM generate_series(1, 1000) g")
        mirror.kill()
        primary.kill()
        let evidence = [try await facts(primary), try await facts(mirror)]
        let fault = DoubleFault(
            primary: DoubleFault.Copy(segment: segment(primary, .primary), facts: evidence[0]),
            mirror: DoubleFault.Copy(segment: segment(mirror, .mirror), facts: evidence[1]))
        #expect(fault.choice.dbid == DatabaseID(2), "\(fault.choice)")
        #expect(fault.copies.map(\.ending) == ["crashed", "crashed"])
        #expect(fault.copies.allSatisfy { $0.timeline == 1 && $0.lastRecord != nil })
        #expect(try #require(fault.primary.lastRecord) >= #require(fault.mirror.lastRecord))
        let command = try #require(
            DoubleFaultSurvey.commands(
                fault, engine: Self.engine, binaryDirectory: try ServerPrograms.newest(), coordinator: "cdw"
            ).first)
        #expect(command.host == "sdw1" && command.text.contains(" -D '\(primary.directory)' "))
        try await onlyMirror(cluster)
    }

    /// Without the primary's directory its mirror is named, and once started it is promoted.
    private func onlyMirror(_ cluster: PairCluster) async throws {
        let (primary, mirror) = (cluster.primaries[0], cluster.mirrors[0])
        try Account.run("rm -rf \(primary.directory)")
        let fault = DoubleFault(
            primary: DoubleFault.Copy(segment: segment(primary, .primary), facts: try await facts(primary)),
            mirror: DoubleFault.Copy(segment: segment(mirror, .mirror), facts: try await facts(mirror)))
        #expect(fault.choice.dbid == DatabaseID(102), "\(fault.choice)")
        try mirror.start()
        try await cluster.cycles(until: "p n u, m n d")
        #expect(try cluster.actingPrimary().port == mirror.port)
        #expect(try mirror.sql("SELECT pg_catalog.count(*) FROM public.ledger").value() == "1000")
    }
}
