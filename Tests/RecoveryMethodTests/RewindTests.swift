import ClusterModel
import ClusterOperations
import RemoteShell
import TestSupport
import Testing

/// Incremental recovery of real pairs.
@Suite(.serialized) struct RewindTests {
    @Test func `a crashed old primary follows the new one after a rewind, and then the other way round`() async throws {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        let recovery = try pair.recovery()
        #expect(try await recovery.stop(failed: pair.primary) == .notRunning)
        let events = Events()
        let outcome = try await recovery.rewind(
            pair.request(pair.primary, from: pair.mirror), check: {}, onEvent: events.take)
        #expect(outcome == .rewound)
        #expect(events.phases == [.checkpoint, .rewinding, .starting])
        try await pair.verify(pair.primary, from: pair.mirror)
        #expect(try await pair.sql("SELECT count(*) FROM public.goods WHERE note = 'lost'", on: pair.mirror) == "0")
        // Back again: the mirror that was rewound is promoted, the other one parts and is rewound.
        try await pair.start(pair.primary)
        try await pair.catchUp(pair.primary, from: pair.mirror)
        try await pair.run("$bin/pg_ctl promote -w -s -D \(pair.primary.dataDirectory)")
        try await pair.sql("DELETE FROM public.goods WHERE id < 10", on: pair.mirror)
        try await pair.run("$bin/pg_ctl stop -w -s -m immediate -D \(pair.mirror.dataDirectory)")
        let back = try pair.recovery(source: pair.primary)
        try await back.rewind(pair.request(pair.mirror, from: pair.primary), check: {}, onEvent: { _ in })
        try await pair.verify(pair.mirror, from: pair.primary)
        let conf = try await pair.run("cat \(pair.mirror.dataDirectory)/postgresql.auto.conf")
        #expect(conf.split(separator: "\n").count { $0.hasPrefix("primary_conninfo") } == 1)
    }

    @Test func `an old primary that handed everything over is not rewound, and follows`() async throws {
        let pair = try await RecoveryPair()
        try await pair.start(pair.primary)
        try await pair.start(pair.mirror)
        try await pair.catchUp(pair.mirror, from: pair.primary)
        try await pair.run("$bin/pg_ctl stop -w -s -m fast -D \(pair.primary.dataDirectory)")
        try await pair.run("$bin/pg_ctl promote -w -s -D \(pair.mirror.dataDirectory)")
        try await pair.sql("DELETE FROM public.goods WHERE id < 10", on: pair.mirror)
        let outcome = try await pair.recovery().rewind(
            pair.request(pair.primary, from: pair.mirror), check: {}, onEvent: { _ in })
        #expect(outcome == .notRequired)
        try await pair.verify(pair.primary, from: pair.mirror)
    }

    @Test func `a mirror that went past its source's beginning is rewound, where the plan says so`() async throws {
        let pair = try await RecoveryPair()
        let saved = "\(pair.path)/saved"
        try await pair.start(pair.primary)
        try await pair.start(pair.mirror)
        try await pair.catchUp(pair.mirror, from: pair.primary)
        try await pair.run(
            "$bin/pg_ctl stop -w -s -m fast -D \(pair.mirror.dataDirectory) && cp -a \(pair.mirror.dataDirectory) \(saved)"
        )
        try await pair.start(pair.mirror)
        try await pair.sql("UPDATE public.goods SET note = 'lost' WHERE id <= 50", on: pair.primary)
        try await pair.catchUp(pair.mirror, from: pair.primary)
        // The primary is gone; what takes its place is older than what the mirror has.
        try await pair.run(
            """
            $bin/pg_ctl stop -w -s -m fast -D \(pair.mirror.dataDirectory)
            $bin/pg_ctl stop -w -s -m immediate -D \(pair.primary.dataDirectory)
            rm -rf \(pair.primary.dataDirectory) && mv \(saved) \(pair.primary.dataDirectory)
            echo "port = \(pair.primary.port)" >> \(pair.primary.dataDirectory)/postgresql.conf
            """)
        try await pair.start(pair.primary)
        try await pair.run("$bin/pg_ctl promote -w -s -D \(pair.primary.dataDirectory)")
        var request = pair.request(pair.mirror, from: pair.primary)
        request.mustRewind = true
        let outcome = try await pair.recovery(source: pair.primary).rewind(request, check: {}, onEvent: { _ in })
        #expect(outcome == .rewound)
        try await pair.verify(pair.mirror, from: pair.primary)
        #expect(try await pair.sql("SELECT count(*) FROM public.goods WHERE note = 'lost'", on: pair.primary) == "0")
    }

    @Test func `the story of a rewind goes when its server runs, and has the server's words when it does not`()
        async throws
    {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        let recovery = try pair.recovery()
        let story = "\(pair.path)/.\(pair.primary.dataDirectory.split(separator: "/").last ?? "").gpha-rewind-run1.log"
        var request = pair.request(pair.primary, from: pair.mirror)
        request.settings.append(InstanceSetting("port_", "1"))
        let failure = await #expect(throws: OperationError.self) {
            try await recovery.rewind(request, check: {}, onEvent: { _ in })
        }
        #expect(failure?.message.contains("configuration file") == true, "\(failure?.message ?? "")")
        #expect(await recovery.keepFailedStart(pair.primary, after: .rewind, "it did not start") == story)
        let text = try await pair.run("cat \(story)")
        for part in [
            "pg_controldata before\n", "Database cluster state:               in production", "pg_rewind: Done!",
            "it did not start\npg_controldata after\n", "unrecognized configuration parameter \"port_\"",
        ] { #expect(text.contains(part), "\(part) is not in \(text)") }
        let again = try pair.recovery()
        try await pair.run("sed -i /port_/d \(pair.primary.dataDirectory)/postgresql.conf")
        try await again.start(pair.primary, after: .rewind)
        #expect(try await pair.run("ls -a \(pair.path)").contains("gpha-rewind") == false)
        try await pair.verify(pair.primary, from: pair.mirror)
    }

    @Test func `a mirror that only stopped is started, without pg_rewind`() async throws {
        let pair = try await RecoveryPair()
        try await pair.start(pair.primary)
        let recovery = try pair.recovery(source: pair.primary)
        let outcome = try await recovery.rewind(
            pair.request(pair.mirror, from: pair.primary), check: {}, onEvent: { _ in })
        #expect(outcome == .notNeeded)
        try await pair.verify(pair.mirror, from: pair.primary)
    }

    @Test func `a rewind that cannot begin leaves the copy as it was, and tells why in a file`() async throws {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        // The old primary's own WAL is what tells its changed blocks.
        try await pair.run(
            "$bin/postgres --single -D \(pair.primary.dataDirectory) postgres </dev/null >/dev/null 2>&1; rm -f \(pair.primary.dataDirectory)/pg_wal/0*"
        )
        let recovery = try pair.recovery()
        let failure = await #expect(throws: RecoveryError.self) {
            try await recovery.rewind(
                pair.request(pair.primary, from: pair.mirror), check: {}, onEvent: { _ in })
        }
        #expect(failure?.leavesTargetUntouched == true)
        let evidence = try #require(failure?.evidence)
        let story = try await pair.run("cat \(evidence)")
        #expect(story.contains("Database cluster state") && story.contains("pg_rewind: "))
        #expect(try await recovery.reconcile(pair.primary).isEmpty)
    }

    @Test func `a rewind that was cut off while it wrote is known as such, and repaired by content`() async throws {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        // Stands in for a pg_rewind that dies half way: it has spoiled a table and the configuration.
        let bin = "\(pair.path)/bin"
        try await pair.run(
            """
            mkdir \(bin) && ln -s $bin/* \(bin)/ && rm \(bin)/pg_rewind
            cat > \(bin)/pg_rewind <<'END'
            #!/bin/sh
            echo 'pg_rewind: need to copy 5 MB (total source directory size is 50 MB)' >&2
            for file in \(pair.primary.dataDirectory)/base/5/1*; do dd if=/dev/urandom of="$file" bs=8192 count=1 conv=notrunc 2>/dev/null; done
            kill -KILL $$
            END
            chmod 700 \(bin)/pg_rewind
            """)
        let recovery = try pair.recovery(bin: bin)
        let request = pair.request(pair.primary, from: pair.mirror)
        let failure = await #expect(throws: RecoveryError.self) {
            try await recovery.rewind(request, check: {}, onEvent: { _ in })
        }
        #expect(failure?.leavesTargetUntouched == false)
        let left = try await recovery.reconcile(pair.primary)
        #expect(left.unfinished?.method == .rewind && left.unfinished?.isTouched == true)
        let again = try pair.recovery(run: "run2")
        let refused = await #expect(throws: RecoveryError.self) {
            try await again.rewind(request, check: {}, onEvent: { _ in })
        }
        #expect(refused?.message.contains("was cut off while it wrote") == true)
        let (wire, _) = try await again.differential(request, check: {}, onEvent: { _ in })
        #expect(wire.total > 0)
        try await pair.verify(pair.primary, from: pair.mirror)
    }
}
