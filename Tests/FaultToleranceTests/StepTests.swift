import FaultTolerance
import Synchronization
import TestSupport
import Testing

/// What a service that dies at a step throws.
struct Death: Error {}

/// Dies the first time a step is reached, and knows that it did.
final class DyingAt: Sendable {
    private let step: FTSStep
    private let hit = Atomic<Bool>(false)

    init(_ step: FTSStep) { self.step = step }

    var died: Bool { hit.load(ordering: .sequentiallyConsistent) }

    func pass(_ step: FTSStep) throws {
        guard step == self.step else { return }
        guard !hit.exchange(true, ordering: .sequentiallyConsistent) else { return }
        throw Death()
    }
}

@Suite("Death between any two steps", .serialized, .aloneAmongServers, .timeLimit(.minutes(5)))
struct StepTests {
    /// What has to happen for a step to be reached.
    enum Story { case mirrorGone, mirrorBack, namesCleared, slotDropped, primaryGone }

    static func story(_ step: FTSStep) -> Story {
        switch step {
        case .mirrorMarkedDown, .syncOffWritten, .syncOffLoaded: .mirrorGone
        case .mirrorCaughtUp, .syncOnWritten, .syncOnLoaded, .syncSeen, .switchPointPassed, .mirrorMarkedUp: .mirrorBack
        case .pairMarkedNotInSync: .namesCleared
        case .slotCreated: .slotDropped
        case .cycleBegun, .primaryProbed, .actionsDecided, .cycleEnded, .catalogChangeWritten, .mirrorRechecked,
            .rolesSwapped, .promotionSyncCleared, .promotionSlotCreated, .promotionRequested, .promotionSeen:
            .primaryGone
        }
    }

    @Test("Then the primary dies: every acknowledged row is where the catalog says", arguments: FTSStep.allCases)
    func primaryDiesToo(_ step: FTSStep) async throws {
        let cluster = try PairCluster()
        try await cluster.cycles(until: "p s u, m s u")
        let written = WrittenCluster(cluster)
        try await written.writing {
            try prepare(Self.story(step), cluster)
            let death = DyingAt(step)
            let dying = cluster.service { try death.pass($0) }
            _ = try? await dying.runOnce()
            if !death.died { _ = try? await dying.runOnce() }
            #expect(death.died, "\(cluster.log.text)")
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

    @Test("Another cycle heals the pair by itself", arguments: FTSStep.allCases.filter { story($0) != .primaryGone })
    func heals(_ step: FTSStep) async throws {
        let cluster = try PairCluster()
        try await cluster.cycles(until: "p s u, m s u")
        let written = WrittenCluster(cluster)
        try await written.writing {
            try prepare(Self.story(step), cluster)
            let death = DyingAt(step)
            let dying = cluster.service { try death.pass($0) }
            _ = try? await dying.runOnce()
            if !death.died { _ = try? await dying.runOnce() }
            #expect(death.died, "\(cluster.log.text)")
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

    private func prepare(_ story: Story, _ cluster: PairCluster) throws {
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
            try cluster.coordinator.sql(
                """
                SET allow_system_table_mods = on;
                UPDATE pg_catalog.gp_segment_configuration SET mode = 'n', status = CASE role WHEN 'm' THEN 'd' ELSE 'u'
                    END::"char" WHERE content = 0
                """)
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
