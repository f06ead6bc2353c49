import FaultTolerance
import PostgresClient
import Synchronization
import TestSupport
import Testing

/// What a service that dies at a step throws.
struct Death: Error {}

/// A step to die at, and how.
struct Failing: Sendable, CustomTestStringConvertible {
    /// What has to happen for a step to be reached.
    enum Story { case mirrorGone, mirrorBack, namesCleared, slotDropped, primaryGone }

    let step: FTSStep
    let story: Story
    /// Whether the session with the coordinator breaks there, where the process does not end.
    let losesSession: Bool

    init(_ step: FTSStep, _ story: Story? = nil, losesSession: Bool = false) {
        self.step = step
        self.story = story ?? Self.story(step)
        self.losesSession = losesSession
    }

    var testDescription: String { "\(step.rawValue), \(story)\(losesSession ? ", session lost" : "")" }

    private static func story(_ step: FTSStep) -> Story {
        switch step {
        case .mirrorMarkedDown, .syncOffWritten, .syncOffLoaded: .mirrorGone
        case .mirrorCaughtUp, .syncOnWritten, .syncOnLoaded, .syncSeen, .switchPointPassed, .mirrorMarkedUp: .mirrorBack
        case .pairMarkedNotInSync: .namesCleared
        case .slotCreated: .slotDropped
        case .cycleBegun, .primaryProbed, .actionsDecided, .cycleEnded, .catalogChangeWritten,
            .catalogChangeCommitted, .mirrorRechecked, .rolesSwapped, .promotionSyncCleared, .promotionSlotCreated,
            .promotionRequested, .promotionSeen:
            .primaryGone
        }
    }

    /// Each step by death; each commit of the catalog also by a lost session, on either side of it.
    static let all =
        FTSStep.allCases.map { Failing($0) } + [
            Failing(.catalogChangeWritten, .mirrorBack, losesSession: true),
            Failing(.catalogChangeCommitted, .mirrorBack, losesSession: true),
            Failing(.catalogChangeCommitted, .mirrorGone, losesSession: true),
            Failing(.catalogChangeCommitted, .primaryGone, losesSession: true),
        ]
}

/// Fails the first time a step is reached, and knows that it did.
final class FailingOnce: Sendable {
    private let failing: Failing
    private let hit = Atomic<Bool>(false)

    init(_ failing: Failing) { self.failing = failing }

    var failed: Bool { hit.load(ordering: .sequentiallyConsistent) }

    func pass(_ step: FTSStep) throws {
        guard step == failing.step else { return }
        guard !hit.exchange(true, ordering: .sequentiallyConsistent) else { return }
        if failing.losesSession { throw PostgresError(.lost, "server closed the connection unexpectedly") }
        throw Death()
    }
}

@Suite("Death between any two steps", .serialized, .timeLimit(.minutes(5)))
struct StepTests {
    @Test("Then the primary dies: every acknowledged row is where the catalog says", arguments: Failing.all)
    func primaryDiesToo(_ failing: Failing) async throws {
        let cluster = try PairCluster()
        try await cluster.cycles(until: "p s u, m s u")
        let written = WrittenCluster(cluster)
        try await written.writing {
            try prepare(failing.story, cluster)
            let death = FailingOnce(failing)
            let dying = cluster.service { try death.pass($0) }
            _ = try? await dying.runOnce()
            if !death.failed { _ = try? await dying.runOnce() }
            #expect(death.failed, "\(cluster.log.text)")
            try await Task.sleep(for: .milliseconds(50))
            // The worst moment for the primary.
            cluster.primaries[0].kill()
            if cluster.mirrors[0].postmaster == nil { try cluster.mirrors[0].start() }
            _ = try await cluster.service().runOnce()
            let swapped = try cluster.actingPrimary().port != cluster.primaries[0].port
            if swapped {
                #expect(try cluster.state() == "p n u, m n d", "\(cluster.log.text)")
            } else {
                // The mirror could not be trusted: only the primary itself can go on.
                #expect(try cluster.state().contains("m n"), "\(cluster.log.text)")
                try cluster.primaries[0].start()
                try await cluster.cycles(until: "p s u, m s u")
            }
            try await written.progress()
        }
    }

    @Test("Another cycle heals the pair by itself", arguments: Failing.all.filter { $0.story != .primaryGone })
    func heals(_ failing: Failing) async throws {
        let cluster = try PairCluster()
        try await cluster.cycles(until: "p s u, m s u")
        let written = WrittenCluster(cluster)
        try await written.writing {
            try prepare(failing.story, cluster)
            let death = FailingOnce(failing)
            let dying = cluster.service { try death.pass($0) }
            _ = try? await dying.runOnce()
            if !death.failed { _ = try? await dying.runOnce() }
            #expect(death.failed, "\(cluster.log.text)")
            if cluster.mirrors[0].postmaster == nil {
                try await cluster.cycles(until: "p n u, m n d")
                #expect(try cluster.primaries[0].synchronousNames() == "")
                try await written.progress()
                try cluster.mirrors[0].start()
            }
            try await cluster.cycles(until: "p s u, m s u")
            try await written.progress()
        }
    }

    private func prepare(_ story: Failing.Story, _ cluster: PairCluster) throws {
        let (primary, mirror) = (cluster.primaries[0], cluster.mirrors[0])
        switch story {
        case .mirrorGone: mirror.kill()
        case .primaryGone: primary.kill()
        case .namesCleared:
            try primary.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
            try primary.sql("SELECT pg_catalog.pg_reload_conf()")
        case .slotDropped:
            mirror.kill()
            try dropSlot(primary)
        case .mirrorBack:
            try cluster.setRows(mode: "n", mirror: "d")
            try primary.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
            try primary.sql("SELECT pg_catalog.pg_reload_conf()")
        }
    }

    /// Drops the mirror's slot as soon as the dead mirror's sender has left it.
    private func dropSlot(_ primary: TestServer) throws {
        for _ in 0..<100 {
            do {
                try primary.sql("SELECT pg_catalog.pg_drop_replication_slot('internal_wal_replication_slot')")
                return
            } catch {
                try runProgram(["/bin/sleep", "0.05"])
            }
        }
        throw TestFailure("the slot stays in use")
    }
}
