import ClusterModel
import Logging
import RemoteShell
import TestSupport
import Testing

@testable import ClusterOperations

/// Full copies beside the old directory and in its place.
@Suite(.serialized) struct FullTests {
    @Test func `an unfinished copy of another mirror is not emptied for a full one in place`() async throws {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        let name = pair.primary.dataDirectory.split(separator: "/").last ?? ""
        try await pair.run("echo 'gpha-copy 1 other 77 99 1234' > \(pair.path)/.\(name).gpha-copy")
        let failure = await #expect(throws: OperationError.self) {
            try await pair.recovery().full(
                pair.request(pair.primary, from: pair.mirror), place: .inPlace(.mountPoint), check: {},
                onEvent: { _ in })
        }
        #expect(failure?.message == "\(pair.primary.dataDirectory) is another mirror's unfinished copy")
        try await pair.run(
            "ls \(pair.primary.dataDirectory)/global/pg_control \(pair.primary.dataDirectory)/base/5/PG_VERSION")
    }

    @Test func `a full copy takes the old one's place when it is complete, and the old one goes when told`()
        async throws
    {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        let recovery = try pair.recovery()
        let request = pair.request(pair.primary, from: pair.mirror)
        let facts = try await recovery.look(pair.primary).place
        #expect(facts.holdsSomething && FullPlace.choose(facts, bytes: 1 << 20) == .beside)
        let events = Events()
        try await recovery.full(request, place: .beside, check: {}, onEvent: events.take)
        #expect(events.phases == [.copying, .swapping, .starting])
        let left = try await recovery.reconcile(pair.primary)
        let old = pair.primary.dataDirectory + ".gpha-old-run1"
        #expect(left.oldCopies.map(\.directory) == [old] && left.oldCopies.first?.mark?.run == "run1")
        #expect(left.newCopy == nil && left.swap == nil && left.unfinished == nil && left.complete == nil)
        // Not ours: a name alone is no reason to remove anything.
        try await pair.run("mkdir \(pair.primary.dataDirectory).gpha-old-mine")
        try await recovery.discardOld(request)
        try await pair.run("[ ! -e \(old) ] && rmdir \(pair.primary.dataDirectory).gpha-old-mine")
        try await pair.verify(pair.primary, from: pair.mirror)
    }

    @Test func `a complete copy that waits is taken when the source has its WAL, else made anew`() async throws {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        struct Stop: Error {}
        let request = pair.request(pair.primary, from: pair.mirror)
        let counter = Events()
        await #expect(throws: Stop.self) {
            try await pair.recovery().full(
                request, place: .beside,
                check: { if counter.phases.contains(.copying) { throw Stop() } }, onEvent: counter.take)
        }
        let second = try pair.recovery(run: "run2")
        guard case .complete = try await second.reconcile(pair.primary).newCopy else {
            Issue.record("no complete copy waits")
            return
        }
        var waiting = request
        waiting.starts = false
        let events = Events()
        try await second.full(waiting, place: .beside, check: {}, onEvent: events.take)
        #expect(events.phases == [.swapping], "nothing is copied twice")
        #expect(try await second.reconcile(pair.primary).complete?.run == "run1")
        let again = Events()
        try await second.full(waiting, place: .beside, check: {}, onEvent: again.take)
        #expect(again.phases == [], "it only has to be started")
        try await pair.run("touch \(pair.primary.dataDirectory)/postmaster.opts")
        // In place, from a directory that is not to be started any more.
        try await second.discardOld(request)
        let third = Events()
        try await pair.recovery(run: "run3").full(
            request, place: .inPlace(.mountPoint), check: {}, onEvent: third.take)
        #expect(third.phases == [.clearing, .copying, .starting])
        try await pair.verify(pair.primary, from: pair.mirror)
    }

    @Test func `a copy that filled the disk is removed, any other that broke off stays`() async throws {
        let pair = try await RecoveryPair()
        try await pair.start(pair.primary)
        let bin = "\(pair.path)/bin"
        // Stands in for one that breaks off after some files.
        try await pair.run(
            """
            mkdir \(bin) && ln -s $bin/* \(bin)/ && rm \(bin)/pg_basebackup
            cat > \(bin)/pg_basebackup <<'END'
            #!/bin/sh
            case "$*" in *--no-clean*) ;; *) exit 9 ;; esac
            while [ "$1" != -D ]; do shift; done
            mkdir -p "$2/base/5" && echo part > "$2/base/5/1"
            echo "pg_basebackup: error: could not write to file: `cat \(pair.path)/reason`" >&2
            exit 1
            END
            chmod 700 \(bin)/pg_basebackup
            """)
        let recovery = try pair.recovery(bin: bin, source: pair.primary)
        let request = pair.request(pair.mirror, from: pair.primary)
        for (reason, stays) in [("Input/output error", true), ("No space left on device", false)] {
            try await pair.run("echo '\(reason)' > \(pair.path)/reason")
            let failure = await #expect(throws: RecoveryError.self) {
                try await recovery.full(request, place: .beside, check: {}, onEvent: { _ in })
            }
            #expect(failure?.message == "pg_basebackup: error: could not write to file: \(reason)")
            #expect(failure?.leavesTargetUntouched == true && failure?.evidence != nil)
            #expect((try await recovery.reconcile(pair.mirror).resumable != nil) == stays)
        }
        let count = try await pair.sql("SELECT count(*) FROM pg_replication_slots", on: pair.primary)
        #expect(count == "0", "a slot for nobody keeps WAL")
        // The old copy is as it was, but for the slot: the source still has what it needs here.
        try await recovery.rewind(request, check: {}, onEvent: { _ in })
        try await pair.verify(pair.mirror, from: pair.primary)
    }

    @Test func `the place of a full copy follows from what is there`() {
        var facts = FullPlace.Facts()
        #expect(FullPlace.choose(facts, bytes: 100) == .nothingThere)
        facts.holdsSomething = true
        facts.freeBytes = 90
        #expect(FullPlace.choose(facts, bytes: 100) == .inPlace(.space(neededBytes: 100, freeBytes: 90)))
        facts.besideBytes = 10
        #expect(FullPlace.choose(facts, bytes: 100) == .beside)
        facts.parentIsWritable = false
        facts.parent = "/data"
        #expect(FullPlace.choose(facts, bytes: 100) == .inPlace(.parent("/data")))
        facts.walDirectory = "/fast/wal"
        #expect(FullPlace.choose(facts, bytes: 100) == .inPlace(.walDirectory("/fast/wal")))
        facts.tablespaces = ["/big"]
        #expect(FullPlace.choose(facts, bytes: 100) == .inPlace(.tablespaces(["/big"])))
        facts.isMountPoint = true
        #expect(FullPlace.choose(facts, bytes: 100) == .inPlace(.mountPoint))
        facts.isSymbolicLink = true
        #expect(FullPlace.choose(facts, bytes: 100) == .inPlace(.symbolicLink))
        facts.isUnfinishedCopy = true
        #expect(FullPlace.choose(facts, bytes: 100) == .inPlace(.unfinishedCopy))
    }
}
