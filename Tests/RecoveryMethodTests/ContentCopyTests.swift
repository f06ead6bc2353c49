import ClusterModel
import ClusterOperations
import Glibc
import RemoteShell
import Synchronization
import TestSupport
import Testing

/// Copies by content: into an old copy, and into an unfinished one.
@Suite(.serialized) struct ContentCopyTests {
    @Test func `a differential recovery moves little, under load, and what comes out is sound`() async throws {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        try await pair.sql("UPDATE public.goods SET note = note WHERE id % 1000 = 7", on: pair.mirror)
        // A running server's own, on both sides: no server starts with such a slot.
        let strangers = ["pg_replslot/broken", "pg_internal.init.1", "base/1/pg_internal.init.1", "pg_notify/strange"]
        for side in [pair.primary, pair.mirror] {
            let paths = strangers.map { "'\(side.dataDirectory)/\($0)'" }
            _ = try await pair.run(
                "mkdir \(paths[0]); for f in \(paths[0])/state \(paths[1...].joined(separator: " ")); do echo x > $f; done"
            )
        }
        let recovery = try pair.recovery()
        let events = Events()
        let isDone = Mutex(false)
        async let writer: Void = {
            var step = 0
            while !isDone.withLock({ $0 }) {
                step += 1
                try await pair.sql(
                    "UPDATE public.goods SET note = 'load \(step)' WHERE id = \(5000 + step); INSERT INTO public.goods VALUES (\(500_000 + step), 'load')",
                    on: pair.mirror)
            }
        }()
        let wire: WireBytes
        do {
            defer { isDone.withLock { $0 = true } }
            wire = try await recovery.differential(
                pair.request(pair.primary, from: pair.mirror), check: {}, onEvent: events.take
            ).wire
        }
        try await writer
        let size = Int(try await pair.run("du -sb --exclude=pg_wal \(pair.mirror.dataDirectory) | cut -f 1")) ?? 0
        #expect(size > 30 << 20)
        #expect(wire.total < size / 5, "\(wire.total) of \(size)")
        #expect(events.phases == [.clearing, .copying, .starting])
        let progress = events.all.compactMap {
            if case .progress(let done, let total) = $0 { (done, total) } else { nil }
        }
        #expect(progress.contains { $0.0 > size / 2 } && progress.allSatisfy { $0.0 <= $0.1 })
        #expect(progress.last.map { $0.0 == $0.1 } == true)
        for name in strangers {
            #expect(try await pair.run("ls -d '\(pair.primary.dataDirectory)/\(name)' 2>&1 || :").contains("No such"))
            _ = try await pair.run("rm -r '\(pair.mirror.dataDirectory)/\(name)'")
        }
        try await pair.verify(pair.primary, from: pair.mirror)
    }

    @Test func `a whole copy that does not start gives the server's reason, one that may not is left`() async throws {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        var request = pair.request(pair.primary, from: pair.mirror)
        request.settings = [InstanceSetting("port", "\(pair.mirror.port)")]
        let events = Events()
        let failure = await #expect(throws: StartFailure.self) {
            try await pair.recovery().differential(request, check: {}, onEvent: events.take)
        }
        let reason = failure?.description ?? ""
        #expect(reason.contains("could not create any TCP/IP sockets"), "\(reason)")
        #expect(events.phases == [.clearing, .copying, .starting])
        #expect(try await pair.sql("SELECT count(*) FROM pg_replication_slots", on: pair.mirror) == "1")
        let recovery = try pair.recovery(run: "run2")
        #expect(try await recovery.reconcile(pair.primary).unfinished == nil)
        let (_, isStarted) = try await recovery.differential(
            pair.request(pair.primary, from: pair.mirror), having: ["host all nobody 127.0.0.9/32 trust"], check: {},
            onEvent: { _ in })
        #expect(!isStarted)
        #expect(try pids("postgres", pair.primary.dataDirectory).isEmpty)
        try await recovery.start(pair.primary)
        try await pair.verify(pair.primary, from: pair.mirror)
    }

    @Test func `nobody else gets at a copy before its server runs, and the server keeps nobody away`() async throws {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        let bin = "\(pair.path)/bin"
        let directory = pair.primary.dataDirectory
        try await pair.run(
            """
            mkdir \(bin) && ln -s $bin/* \(bin)/ && rm \(bin)/pg_ctl
            cat > \(bin)/pg_ctl <<'END'
            #!/bin/sh
            flock -n \(directory) true; echo "$?" > \(pair.path)/free
            exec \(RecoveryPair.binaryDirectory)/pg_ctl "$@"
            END
            chmod 700 \(bin)/pg_ctl
            """)
        let (_, isStarted) = try await pair.recovery(bin: bin).differential(
            pair.request(pair.primary, from: pair.mirror), check: {}, onEvent: { _ in })
        #expect(isStarted)
        #expect(try await pair.run("cat \(pair.path)/free; flock -n \(directory) true; echo $?") == "1\n0")
        let failure = await #expect(throws: RecoveryError.self) {
            try await pair.recovery(run: "run2").differential(
                pair.request(pair.primary, from: pair.mirror), check: {}, onEvent: { _ in })
        }
        #expect(failure?.message == "a server runs in \(directory)")
        #expect(failure?.leavesTargetUntouched == true)
    }

    @Test func `a full copy that was cut off late is gone on with, and few bytes move again`() async throws {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        let request = pair.request(pair.primary, from: pair.mirror, maxRate: "16M")
        let first = try pair.recovery()
        let running = Mutex<Task<Void, any Error>?>(nil)
        let task = Task {
            _ = try await first.full(request, place: .beside, check: {}) { event in
                guard case .progress(let done, let total) = event, done * 10 > total * 7 else { return }
                running.withLock { $0?.cancel() }
            }
        }
        running.withLock { $0 = task }
        await #expect(throws: (any Error).self) { try await task.value }
        #expect(await eventually(within: .seconds(10)) { (try? pids("pg_basebackup", pair.path).isEmpty) == true })
        let second = try pair.recovery(run: "run2")
        let left = try await second.reconcile(pair.primary)
        let mark = try #require(left.resumable)
        #expect(mark.run == "run1" && left.newCopy == .incomplete(mark) && left.unfinished == nil)
        #expect(try await second.resumePossible(source: pair.mirror, target: pair.primary) == nil)
        let events = Events()
        let size = Int(try await pair.run("du -sb --exclude=pg_wal \(pair.mirror.dataDirectory) | cut -f 1")) ?? 0
        let wire = try await second.resumeFull(
            pair.request(pair.primary, from: pair.mirror), check: {}, onEvent: events.take)
        #expect(wire.total * 10 <= size * 3, "\(wire.total) of \(size)")
        #expect(events.phases == [.clearing, .copying, .swapping, .starting])
        try await pair.verify(pair.primary, from: pair.mirror)
    }

    @Test func `a copy by content that fails has no control file, is marked, and is taken up again`() async throws {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        let bin = "\(pair.path)/bin"
        // rsync is found in PATH; a backup session that breaks off once WAL streams stands in for a source that goes away.
        try await pair.run(
            """
            mkdir \(bin) && ln -s $bin/* \(bin)/ && rm \(bin)/psql
            cat > \(bin)/psql <<'END'
            #!/bin/sh
            case "$*" in *ON_ERROR_STOP*)
              sed '/inner/,$d' | \(RecoveryPair.binaryDirectory)/psql "$@"
              until [ -n "`ls '\(pair.primary.dataDirectory)/pg_wal' | grep partial`" ]; do sleep 0.05; done
              echo 'psql: error: server closed the connection' >&2; exit 2 ;;
            esac
            exec \(RecoveryPair.binaryDirectory)/psql "$@"
            END
            chmod 700 \(bin)/psql
            """)
        let request = pair.request(pair.primary, from: pair.mirror)
        let failure = await #expect(throws: RecoveryError.self) {
            try await pair.recovery(bin: bin).differential(request, check: {}, onEvent: { _ in })
        }
        #expect(failure?.message == "psql: error: server closed the connection")
        #expect(failure?.leavesTargetUntouched == false)
        let evidence = try #require(failure?.evidence)
        #expect(try await pair.run("cat \(evidence)").contains("Database cluster state"))
        let started = try await pair.run(
            "$bin/pg_ctl start -w -t 5 -s -D \(pair.primary.dataDirectory) -l \(pair.path)/try >/dev/null 2>&1; echo $?"
        )
        #expect(started == "1", "an unfinished copy cannot be started by hand either")
        #expect(try await pair.sql("SELECT count(*) FROM pg_replication_slots", on: pair.mirror) == "0")
        #expect(try pids("pg_receivewal", pair.path).isEmpty)
        let again = try pair.recovery(run: "run2")
        #expect(try await again.reconcile(pair.primary).unfinished?.method == .differential)
        #expect(try await again.reconcile(pair.primary).resumable == nil, "it is no full copy")
        try await again.differential(request, check: {}, onEvent: { _ in })
        try await pair.verify(pair.primary, from: pair.mirror)
    }

    @Test func `a copy by content that is cut off leaves no process, and the next run goes on at once`() async throws {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        try await pair.sql("UPDATE public.goods SET note = reverse(note) WHERE id % 2 = 0", on: pair.mirror)
        let recovery = try pair.recovery()
        let task = Task {
            try await recovery.differential(
                pair.request(pair.primary, from: pair.mirror, maxRate: "300"), check: {}, onEvent: { _ in })
        }
        #expect(
            await eventually(within: .seconds(20)) {
                // Not the shell that has the whole script as its argument.
                (try? ProcessTable.all().contains {
                    $0.command.hasPrefix("rsync\0") && $0.command.contains("--bwlimit=300")
                        && $0.command.contains(pair.path)
                }) == true
            }
        )
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
        let request = pair.request(pair.primary, from: pair.mirror)
        let second = try pair.recovery(run: "run2")
        #expect(try await second.reconcile(pair.primary).unfinished?.mark.run == "run1")
        try await second.differential(request, check: {}, onEvent: { _ in })
        #expect(try pids("pg_receivewal", pair.path).isEmpty && pids("rsync", pair.path).isEmpty)
        try await pair.verify(pair.primary, from: pair.mirror)
    }

    @Test func `a copy whose WAL stops streaming ends at once and says why`() async throws {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        try await pair.sql("UPDATE public.goods SET note = reverse(note) WHERE id % 2 = 0", on: pair.mirror)
        let recovery = try pair.recovery()
        async let failure = #expect(throws: RecoveryError.self) {
            try await recovery.differential(
                pair.request(pair.primary, from: pair.mirror, maxRate: "300"), check: {}, onEvent: { _ in })
        }
        let receivers = {
            try ProcessTable.all().filter {
                $0.command.contains("pg_receivewal\0") && $0.command.contains(pair.primary.dataDirectory)
            }.map(\.id)
        }
        #expect(await eventually(within: .seconds(20)) { (try? receivers().isEmpty) == false })
        #expect(await eventually(within: .seconds(20)) { (try? pids("rsync", pair.path).isEmpty) == false })
        for receiver in try receivers() { kill(pid_t(receiver), SIGKILL) }
        let error = await failure
        #expect(error?.message.hasPrefix("pg_receivewal ended early") == true, "\(error?.message ?? "it went on")")
        #expect(await eventually(within: .seconds(10)) { (try? pids("rsync", pair.path).isEmpty) == true })
        #expect(try await pair.recovery(run: "run2").reconcile(pair.primary).unfinished?.mark.run == "run1")
    }

    @Test func `a copy by content waits for who still streams from the old slot`() async throws {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        let slot = "internal_wal_replication_slot"
        try await pair.sql("SELECT pg_create_physical_replication_slot('\(slot)', true)", on: pair.mirror)
        _ = try await pair.run(
            """
            mkdir '\(pair.path)/received' && { timeout 4 $bin/pg_receivewal -n -D '\(pair.path)/received' -S \(slot) \
              -h \(pair.mirror.address) -p \(pair.mirror.port) >/dev/null 2>&1 </dev/null & }
            """)
        let isHeld = "SELECT active FROM pg_replication_slots WHERE slot_name = '\(slot)'"
        while try await pair.sql(isHeld, on: pair.mirror) != "t" { try await Task.sleep(for: .milliseconds(20)) }
        try await pair.sql("UPDATE public.goods SET note = reverse(note) WHERE id % 2 = 0", on: pair.mirror)
        let events = Events()
        try await pair.recovery().differential(
            pair.request(pair.primary, from: pair.mirror, maxRate: "8M"), check: {}, onEvent: events.take)
        try await pair.verify(pair.primary, from: pair.mirror)
        // It took longer than a second: how far it was is told meanwhile, and at its end.
        let progress = events.all.compactMap {
            if case .progress(let done, let total) = $0 { (done, total) } else { nil }
        }
        #expect(progress.contains { $0.0 < $0.1 })
        #expect(progress.last.map { $0.0 == $0.1 && $0.0 > 30 << 20 } == true, "\(progress)")
    }

    @Test func `without rsync at hand or a way to the source the reason is named`() async throws {
        let pair = try await RecoveryPair()
        try await pair.start(pair.primary)
        let recovery = try pair.recovery(source: pair.primary)
        var far = pair.primary
        far.hostname = "nowhere.invalid"
        let reason = try await recovery.resumePossible(source: far, target: pair.mirror)
        #expect(reason?.hasPrefix("sdw1 cannot fetch from nowhere.invalid: ssh: ") == true, "\(reason ?? "possible")")
    }
}

/// The processes with both words in their command line.
func pids(_ words: String...) throws -> [Int] {
    var found: [Int] = []
    for process in try ProcessTable.all() {
        if words.allSatisfy({ process.command.contains($0) }) { found.append(process.id) }
    }
    return found
}
