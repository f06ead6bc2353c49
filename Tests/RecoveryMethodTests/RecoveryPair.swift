import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import Logging
import PostgresClient
import RemoteShell
import Synchronization
import TestSupport

/// A primary and its mirror on 127.0.0.1, copied from templates that are made once for a test run.
///
/// The table `public.goods` fills about 24 MB with what does not compress.
final class RecoveryPair: Sendable {
    static let binaryDirectory: String = {
        let versions = (0...30).reversed().map { "/usr/lib/postgresql/\($0)/bin" }
        return versions.first { access($0 + "/postgres", X_OK) == 0 } ?? "/usr/lib/postgresql/15/bin"
    }()
    static let rows = 20_000

    let path: String
    let shell = AccountShell()
    let primary: Segment
    let mirror: Segment

    private static let made = Mutex<String?>(nil)

    /// Both as the templates are: the mirror caught up, both stopped.
    init() async throws {
        let template = try await Self.template()
        path = try Self.directory()
        primary = Self.segment(2, .primary, "\(path)/primary", try Self.port())
        mirror = Self.segment(3, .mirror, "\(path)/mirror", try Self.port())
        try await run(
            """
            cp -a \(template)/primary \(primary.dataDirectory) && cp -a \(template)/mirror \(mirror.dataDirectory)
            sed -i '/^port = /d' "\(primary.dataDirectory)/postgresql.conf" "\(mirror.dataDirectory)/postgresql.conf"
            echo 'port = \(primary.port)' >> \(primary.dataDirectory)/postgresql.conf
            echo 'port = \(mirror.port)' >> \(mirror.dataDirectory)/postgresql.conf
            echo "primary_conninfo = 'host=127.0.0.1 port=\(primary.port) user=postgres application_name=gp_walreceiver'" >> \(mirror.dataDirectory)/postgresql.auto.conf
            """)
    }

    deinit {
        let pattern = path
        // Whatever works in the directory, and nothing else.
        _ = try? runProgram([
            "/bin/sh", "-c",
            """
            for one in /proc/[0-9]*; do
              case `readlink $one/cwd` in "\(pattern)"/*) kill -KILL ${one#/proc/} 2>/dev/null ;; esac
            done; rm -rf "\(pattern)"
            """,
        ])
    }

    static func segment(_ dbid: Int, _ role: SegmentRole, _ directory: String, _ port: Int) -> Segment {
        Segment(
            dbid: DatabaseID(dbid), content: ContentID(0), role: role, preferredRole: role, mode: .notInSync,
            status: .up, hostname: "sdw1", address: "127.0.0.1", port: port, dataDirectory: directory)
    }

    private static func port() throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 21_000..<32_000)
            if !Loopback.accepts(port: port) { return port }
        }
        throw TestFailure("no free port")
    }

    private static func directory() throws -> String {
        let path = try makeTemporaryDirectory(named: "gpha-recovery", in: serverParent)
        if let entry = AccountShell.account.flatMap({ getpwnam($0) }) {
            guard chown(path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
                throw TestFailure("chown \(path)")
            }
        }
        return path
    }

    private static func template() async throws -> String {
        if let path = made.withLock({ $0 }) { return path }
        let path = try directory()
        let port = try port()
        let output = try await AccountShell().run(
            ShellCommand(
                """
                cd \(path) && bin=\(binaryDirectory)
                $bin/initdb -N -U postgres -A trust -k --locale=C -E UTF8 --wal-segsize=1 -D primary >/dev/null || exit 1
                cat >> primary/postgresql.conf <<'END'
                fsync = off
                wal_log_hints = on
                shared_buffers = 8MB
                max_connections = 20
                listen_addresses = '127.0.0.1'
                unix_socket_directories = ''
                wal_retrieve_retry_interval = 200ms
                autovacuum = off
                jit = off
                max_wal_size = 64MB
                dynamic_shared_memory_type = mmap
                port = \(port)
                END
                $bin/pg_ctl start -w -s -D primary -l log || exit 1
                $bin/psql -qX -v ON_ERROR_STOP=1 -h 127.0.0.1 -p \(port) -U postgres postgres <<'END' || exit 1
                CREATE TABLE public.goods (id int PRIMARY KEY, note text);
                INSERT INTO public.goods SELECT i, (SELECT string_agg(md5((i * 100 + j)::text), '') FROM generate_series(1, 32) j)
                FROM generate_series(1, \(rows)) i;
                VACUUM (FREEZE) public.goods;
                CREATE EXTENSION amcheck;
                CHECKPOINT;
                END
                $bin/pg_basebackup -h 127.0.0.1 -p \(port) -U postgres -D mirror -c fast -X stream -C -S internal_wal_replication_slot -R || exit 1
                $bin/pg_ctl stop -w -s -m fast -D primary
                """, purpose: "the templates", timeout: .seconds(120)), on: "here")
        guard output.succeeded else { throw TestFailure("templates: \(output.standardError)") }
        made.withLock { $0 = path }
        atexit { RecoveryPair.made.withLock { path in _ = path.map { try? runProgram(["/bin/rm", "-rf", $0]) } } }
        return path
    }
}

extension RecoveryPair {
    /// Runs a script as the servers' account; `$bin` is where their programs are.
    @discardableResult
    func run(_ script: String, timeout: Duration = .seconds(60)) async throws -> String {
        let output = try await shell.run(
            ShellCommand("bin=\(Self.binaryDirectory)\n" + script, purpose: "a test's script", timeout: timeout),
            on: "sdw1")
        guard output.succeeded else {
            throw TestFailure(
                "status \(output.status): \(output.standardError)\n\(output.standardOutput)\nof \(script)")
        }
        return output.standardOutput.trimmed
    }

    func start(_ segment: Segment) async throws {
        try await run(
            "$bin/pg_ctl start -w -s -t 30 -D \(segment.dataDirectory) -l \(segment.dataDirectory).log || { cat \(segment.dataDirectory).log >&2; exit 1; }"
        )
    }

    @discardableResult
    func sql(_ text: String, on segment: Segment) async throws -> String {
        try await run(
            "$bin/psql -XAtq -v ON_ERROR_STOP=1 -h 127.0.0.1 -p \(segment.port) -U postgres postgres -c \(ShellQuoting.word(text))"
        )
    }

    /// Makes the mirror the acting primary; the old primary is killed with rows that nobody else has.
    func failOver() async throws {
        try await start(primary)
        try await start(mirror)
        try await sql("INSERT INTO public.goods SELECT i, 'both' FROM generate_series(100001, 100100) i", on: primary)
        try await catchUp(mirror, from: primary)
        try await run("$bin/pg_ctl promote -w -s -D \(mirror.dataDirectory)")
        try await sql("UPDATE public.goods SET note = 'lost' WHERE id <= 50", on: primary)
        try await sql("UPDATE public.goods SET note = 'kept' WHERE id > 19900", on: mirror)
        try await run("$bin/pg_ctl stop -w -s -m immediate -D \(primary.dataDirectory)")
    }

    /// Waits until `mirror` has applied all that `primary` has written.
    func catchUp(_ mirror: Segment, from primary: Segment) async throws {
        // A record of its own: the end of the WAL may lie behind a page's header that nobody replays.
        let lsn = try await sql("SELECT pg_create_restore_point('here')", on: primary)
        let deadline = Deadline.after(.seconds(20))
        while (try? await sql("SELECT pg_last_wal_replay_lsn() >= '\(lsn)'", on: mirror)) != "t" {
            guard !deadline.isPast else {
                let log = try await run(
                    "tail -n 20 \(mirror.dataDirectory).log \(mirror.dataDirectory)/log/* 2>&1 || :")
                throw TestFailure("\(mirror.label) does not catch up: \(log)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// The recovery of one instance from the other.
    func recovery(
        run: String = "run1", bin: String? = nil, source: Segment? = nil, shell: AccountShell? = nil,
        user: String = "postgres"
    ) throws -> SegmentRecovery {
        let access = ClusterAccess(
            location: try CoordinatorLocation(dataDirectory: (source ?? mirror).dataDirectory),
            environment: ["PGUSER": "postgres"], shell: shell ?? self.shell)
        let build = MirrorBuild(
            engine: Engine(family: .embedded, postgresMajor: 15), binaryDirectory: bin ?? Self.binaryDirectory,
            user: user)
        return SegmentRecovery(access: access, build: build, runID: run, logger: Logger(label: "test"))
    }

    func request(_ target: Segment, from source: Segment, maxRate: String? = nil) -> RecoveryRequest {
        RecoveryRequest(
            source: source, target: target, settings: [InstanceSetting("port", "\(target.port)")], maxRate: maxRate)
    }

    /// What is asked of every recovered mirror: it streams from its source, has the same rows, and sound pages.
    func verify(_ target: Segment, from source: Segment) async throws {
        var faults: [String] = []
        try await sql("INSERT INTO public.goods SELECT max(id) + 1, 'after' FROM public.goods", on: source)
        try await catchUp(target, from: source)
        let sum = "SELECT count(*) || ' ' || sum(hashtext(id || note)::bigint) FROM public.goods"
        let (theirs, ours) = (try await sql(sum, on: source), try await sql(sum, on: target))
        if theirs != ours { faults.append("rows: \(ours) instead of \(theirs)") }
        // It is started with its files on the disk.
        let way = try await sql("SHOW recovery_init_sync_method", on: target)
        if way != "syncfs" { faults.append("its files are brought to the disk by \(way)") }
        let sender = "SELECT application_name || ' ' || state FROM pg_stat_replication"
        let senders = try await sql(sender, on: source)
        if senders != "gp_walreceiver streaming" { faults.append("senders: \(senders)") }
        try await run("$bin/pg_amcheck -h 127.0.0.1 -p \(target.port) -U postgres postgres --heapallindexed")
        let left = try await run("find \(path) -mindepth 1 -name '*gpha*' ! -name '*.log' ! -path '*gpha-old-*'")
        if !left.isEmpty { faults.append("left over: \(left)") }
        try await run(
            "$bin/pg_ctl stop -w -s -m fast -D \(target.dataDirectory) && $bin/pg_checksums -c -D \(target.dataDirectory)"
        )
        guard faults.isEmpty else { throw TestFailure(faults.joined(separator: "; ")) }
    }
}

/// Takes events from any thread.
final class Events: Sendable {
    private let list = Mutex<[RecoveryEvent]>([])
    var all: [RecoveryEvent] { list.withLock { $0 } }
    var phases: [RecoveryPhase] {
        all.compactMap { if case .phase(let phase) = $0 { phase } else { nil } }
    }
    @Sendable func take(_ event: RecoveryEvent) { list.withLock { $0.append(event) } }
}
