import BlockingWork
import ClusterModel
import ClusterOperations
import Logging
import PostgresClient
import RemoteShell
import ToolSupport

/// Gives one pair its preferred roles back: each pair is its own story.
///
/// The order keeps the time without a primary short: both copies write a checkpoint first, then the acting primary
/// stops, the service promotes, and only then the old primary is made a mirror.
struct PairSwap: Sendable {
    /// What the run says once, when the first pair comes to it.
    enum Phase: Hashable, Sendable {
        case reconfiguration
        case synchronization
    }

    /// Brings an old primary back that cannot follow as it is.
    let recovery: SegmentRecovery
    let lagLimit: ReplayLagLimit?
    let syncTimeout: Duration
    let board: ProgressBoard
    let logger: Logger
    let killPoint: @Sendable (RebalanceStep) throws -> Void
    let onPhase: @Sendable (Phase) -> Void

    var access: ClusterAccess { recovery.access }
    var build: MirrorBuild { recovery.build }

    /// A fast stop ends sessions and writes a checkpoint that was made small before.
    static let stopTimeout = Duration.seconds(120)
    /// How long the service may take to promote.
    static let promotionTimeout = Duration.seconds(120)
    static let checkpointTimeout = Duration.seconds(600)
    static let startTimeout = Duration.seconds(600)
    /// How long a started mirror may take until it streams.
    static let streamTimeout = Duration.seconds(60)

    /// Swaps one pair of the plan.
    func run(_ item: RebalancePlan.Item) async -> SwapOutcome {
        guard let mirror = item.pair.mirror else { return SwapOutcome(item: item, state: .left("it has no mirror")) }
        let pair = item.pair
        var interruption: Duration?
        do {
            try await prepare(pair, mirror)
            let begun = ContinuousClock.now
            try await replacePrimary(pair.primary, mirror)
            interruption = begun.duration(to: .now)
            try await bringBack(pair.primary, mirror)
            try await awaitSync(pair.primary, mirror)
            finish(pair, "balanced")
            return SwapOutcome(item: item, state: .balanced, interruption: interruption)
        } catch {
            let state = (error as? SwapFailure)?.state ?? .left("\(error)")
            let outcome = SwapOutcome(item: item, state: state, interruption: interruption)
            finish(pair, outcome.stateName)
            return outcome
        }
    }

    private func finish(_ pair: SegmentPair, _ phase: String) {
        board.finish(pair.content.rawValue, phase: phase)
    }

    func show(_ segment: Segment, _ phase: String) { board.update(segment.content.rawValue, phase: phase) }

    // MARK: - Before the stop

    /// Checkpoints, and the plan's promises looked at once more right before the stop.
    private func prepare(_ pair: SegmentPair, _ mirror: Segment) async throws {
        try await recheck(pair)
        show(mirror, "checkpoint")
        // The mirror's restart point follows from the primary's; the last one takes what was written meanwhile.
        try await checkpoint(pair.primary)
        if access.engine.mirrorsAcceptSessions {
            try await checkpoint(mirror)
            try await checkpoint(pair.primary)
        }
        try killPoint(.checkpointed)
        try await recheck(pair)
    }

    private func checkpoint(_ segment: Segment) async throws {
        _ = try await access.withSegment(segment) { try $0.query("CHECKPOINT", timeout: Self.checkpointTimeout) }
    }

    private func recheck(_ pair: SegmentPair) async throws {
        let now = try await rows(of: pair)
        let before = [pair.primary] + (pair.mirror.map { [$0] } ?? [])
        guard now.count == before.count, before.allSatisfy({ now.contains($0) }) else {
            throw SwapFailure(.left("the catalog's rows of the pair changed since the plan was made"))
        }
        let survey = RebalanceSurvey(access: access, build: build, hostCount: 1, hostTimeout: .seconds(10))
        var facts = RebalanceFacts(pairs: [pair], lagLimit: lagLimit)
        facts.replication[pair.content] = await survey.replication(of: pair)
        guard let obstacle = RebalancePlan(facts).left.first?.obstacle else { return }
        throw SwapFailure(.left(obstacle.text))
    }

    /// The catalog's rows of the pair as they are now.
    func rows(of pair: SegmentPair) async throws -> [Segment] {
        let content = pair.content
        return try await access.withCoordinator { connection in
            try Catalog.rows(connection).filter { $0.content == content }
        }
    }

    /// Runs a script on a host.
    ///
    /// - Throws: `ShellError`; `OperationError` with its last words.
    @discardableResult
    func command(
        _ script: String, _ purpose: String, _ host: String, timeout: Duration = .seconds(60)
    ) async throws -> CommandOutput {
        let output = try await access.shell.run(ShellCommand(script, purpose: purpose, timeout: timeout), on: host)
        guard output.succeeded else { throw OperationError(output.lastErrorLine) }
        return output
    }
}
