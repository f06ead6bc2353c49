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
    enum Story { case mirrorGone, mirrorBack, namesCleared, slotDropped, primaryGone, newCoordinator }

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
        case .timelineRemembered, .olderSessionsEnded: .newCoordinator
        case .cycleBegun, .primaryProbed, .actionsDecided, .cycleEnded, .catalogChangeWritten,
            .catalogChangeCommitted, .catalogChangeReplicated, .mirrorRechecked, .rolesSwapped, .promotionSyncCleared,
            .promotionSlotCreated,
            .promotionRequested, .promotionSeen:
            .primaryGone
        case .coordinatorProbed, .standbyDecided, .standbyHistoryWritten, .standbyHistoryCommitted, .standbyMarkedGone,
            .standbyMarkedNotInSync, .standbySyncOffWritten, .standbySyncOffLoaded, .standbySlotCreated,
            .standbyCaughtUp, .standbySyncOnWritten, .standbySyncOnLoaded, .standbySyncSeen,
            .standbySwitchPointPassed, .standbyMarkedInSync:
            // Not a pair's: StandbyStepTests.
            .mirrorBack
        }
    }

    /// Each step by death; each commit of the catalog also by a lost session, on either side of it.
    static let all =
        FTSStep.allCases.filter { !$0.isOfStandby }.map { Failing($0) } + [
            Failing(.timelineRemembered, .primaryGone), Failing(.olderSessionsEnded, .primaryGone),
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

@Suite("Death between any two steps", .ownThreads, .timeLimit(.minutes(5)))
struct StepTests {
    /// As many clusters at once as the machine bears.
    static let lanes = 3

    /// Names what was under way when something fails.
    private func at(_ failing: Failing, _ cluster: PairCluster, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            Issue.record("\(failing.testDescription): \(error)\n\(cluster.log.text)")
        }
    }

    @Test("Then the primary dies: every acknowledged row is where the catalog says", arguments: 0..<lanes)
    func primaryDiesToo(lane: Int) async throws {
        for (number, failing) in Failing.all.enumerated() where number % Self.lanes == lane {
            let cluster = try PairCluster(inSync: true)
            let written = WrittenCluster(cluster)
            await at(failing, cluster) { try await written.writing { try await die(failing, cluster, written) } }
        }
    }

    private func die(_ failing: Failing, _ cluster: PairCluster, _ written: WrittenCluster) async throws {
        try await fail(failing, cluster)
        // The worst moment: the mirror goes, whatever is acknowledged then it lacks, and the primary goes too before
        // anybody looks.
        if cluster.primaries[0].postmaster != nil { cluster.mirrors[0].kill() }
        try await Task.sleep(for: .milliseconds(100))
        cluster.primaries[0].kill()
        if cluster.mirrors[0].postmaster == nil { try cluster.mirrors[0].start() }
        _ = try await cluster.service().runOnce()
        let swapped = try cluster.actingPrimary().port != cluster.primaries[0].port
        if swapped {
            #expect(try cluster.state() == "p n u, m n d", "\(failing.testDescription)\n\(cluster.log.text)")
        } else {
            // The mirror could not be trusted: only the primary itself can go on.
            #expect(try cluster.state().contains("m n"), "\(failing.testDescription)\n\(cluster.log.text)")
            try cluster.primaries[0].start()
            try await cluster.cycles(until: "p s u, m s u")
        }
        try await written.progress()
    }

    @Test("Another cycle heals the pair by itself")
    func heals() async throws {
        let cluster = try PairCluster(inSync: true)
        let written = WrittenCluster(cluster)
        try await written.writing {
            for failing in Failing.all where failing.story != .primaryGone {
                await at(failing, cluster) { try await heal(failing, cluster, written) }
            }
        }
    }

    private func heal(_ failing: Failing, _ cluster: PairCluster, _ written: WrittenCluster) async throws {
        try await fail(failing, cluster)
        if cluster.mirrors[0].postmaster == nil {
            try await cluster.cycles(until: "p n u, m n d")
            #expect(try cluster.primaries[0].synchronousNames() == "", "\(failing.testDescription)")
            try await written.progress()
            try cluster.mirrors[0].start()
        }
        try await cluster.cycles(until: "p s u, m s u")
        try await written.progress()
    }

    /// Lets the service fail at the step.
    private func fail(_ failing: Failing, _ cluster: PairCluster) async throws {
        try prepare(failing.story, cluster)
        let failure = FailingOnce(failing)
        let service = cluster.service { try failure.pass($0) }
        _ = try? await service.runOnce()
        if !failure.failed { _ = try? await service.runOnce() }
        #expect(failure.failed, "\(failing.testDescription)\n\(cluster.log.text)")
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
            try primary.dropSlot()
        case .newCoordinator:
            try primary.sql(
                "SET allow_system_table_mods = on; DROP TABLE IF EXISTS pg_catalog.gp_coordinator_timeline")
        case .mirrorBack:
            try cluster.setRows(mode: "n", mirror: "d")
            try primary.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
            try primary.sql("SELECT pg_catalog.pg_reload_conf()")
        }
    }
}
