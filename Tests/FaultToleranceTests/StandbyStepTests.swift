import ClusterOperations
import FaultTolerance
import PostgresClient
import TestSupport
import Testing

/// A boundary of the standby's care to die at, and what leads to it.
struct StandbyFailing: Sendable, CustomTestStringConvertible {
    /// What has to happen for a step to be reached.
    enum Story { case gone, back, namesCleared, slotDropped }

    let step: FTSStep
    let story: Story

    var testDescription: String { "\(step.rawValue), \(story)" }

    private init(_ step: FTSStep, _ story: Story? = nil) {
        self.step = step
        self.story = story ?? Self.story(step)
    }

    private static func story(_ step: FTSStep) -> Story {
        switch step {
        case .standbyMarkedGone, .standbySyncOffWritten, .standbySyncOffLoaded: .gone
        case .standbyMarkedNotInSync: .namesCleared
        case .standbySlotCreated: .slotDropped
        default: .back
        }
    }

    /// Every step that is the standby's; each commit of the history in both directions.
    static let all =
        FTSStep.allCases.filter(\.isOfStandby).map { StandbyFailing($0) } + [
            StandbyFailing(.standbyHistoryWritten, .gone), StandbyFailing(.standbyHistoryCommitted, .gone),
        ]
}

extension FTSStep {
    /// Whether it belongs to the care for the coordinator's standby.
    var isOfStandby: Bool { rawValue.hasPrefix("standby-") || rawValue.hasPrefix("coordinator-") }
}

@Suite("Death at any step of the standby's care", .ownThreads, .timeLimit(.minutes(3)))
struct StandbyStepTests {
    private func at(_ failing: StandbyFailing, _ cluster: PairCluster, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            Issue.record("\(failing.testDescription): \(error)\n\(cluster.log.text)")
        }
    }

    @Test("Then the coordinator dies: what the history promised holds on the standby", arguments: 0..<3)
    func coordinatorDiesToo(lane: Int) async throws {
        for (number, failing) in StandbyFailing.all.enumerated() where number % 3 == lane {
            let cluster = try PairCluster(pairs: 0, inSync: true, standby: true)
            let written = WrittenCoordinator(cluster)
            await at(failing, cluster) { try await written.writing { try await die(failing, cluster, written) } }
        }
    }

    private func die(
        _ failing: StandbyFailing, _ cluster: PairCluster, _ written: WrittenCoordinator
    ) async throws {
        let standby = try #require(cluster.standby)
        try await fail(failing, cluster)
        // The worst moment: the standby goes, whatever is acknowledged then it lacks, and the coordinator goes too.
        if standby.postmaster != nil { standby.kill() }
        try await Task.sleep(for: .milliseconds(100))
        let isPromised = try cluster.isPromised()
        cluster.coordinator.kill()
        try standby.start()
        if isPromised {
            try standby.sql("SELECT pg_catalog.pg_promote(true, 30)")
            written.move(to: standby)
        } else {
            try cluster.coordinator.start()
            try await cluster.cyclesUntilPromised()
        }
        try await written.progress()
    }

    @Test("Another cycle puts it right by itself")
    func heals() async throws {
        let cluster = try PairCluster(pairs: 0, inSync: true, standby: true)
        let standby = try #require(cluster.standby)
        let written = WrittenCoordinator(cluster)
        try await written.writing {
            for failing in StandbyFailing.all {
                await at(failing, cluster) {
                    try await fail(failing, cluster)
                    if standby.postmaster == nil {
                        _ = try await cluster.service().runOnce()
                        #expect(try !cluster.isPromised(), "\(failing.testDescription)\n\(cluster.log.text)")
                        try await written.progress()
                        try standby.start()
                    }
                    try await cluster.cyclesUntilPromised()
                    try await written.progress()
                }
            }
        }
    }

    /// Lets the service fail at the step.
    private func fail(_ failing: StandbyFailing, _ cluster: PairCluster) async throws {
        try prepare(failing.story, cluster)
        let failure = FailingOnce(Failing(failing.step))
        let service = cluster.service { try failure.pass($0) }
        _ = try? await service.runOnce()
        if !failure.failed { _ = try? await service.runOnce() }
        #expect(failure.failed, "\(failing.testDescription)\n\(cluster.log.text)")
    }

    private func prepare(_ story: StandbyFailing.Story, _ cluster: PairCluster) throws {
        switch story {
        case .gone: cluster.standby?.kill()
        case .namesCleared: try cluster.clearNames()
        case .back:
            try cluster.record(.notInSync)
            try cluster.clearNames()
        case .slotDropped:
            cluster.standby?.kill()
            try cluster.coordinator.dropSlot()
        }
    }
}
