import BlockingWork
import ClusterModel
import ClusterOperations
import Logging
import PostgresClient

/// What every part of a cycle needs.
struct CycleContext: Sendable {
    let session: CoordinatorSession
    /// With the acting primaries.
    let sessions: KeptSessions
    let environment: [String: String]
    let settings: FTSSettings
    let logger: Logger
    let killPoint: FTSKillPoint
    let stop: FTSStop
    /// Whether gpinitstandby is at work.
    let isToolAtWork: @Sendable () -> Bool
}

/// Probes one pair, decides and acts, on a thread of its own.
///
/// The coordinator and its standby are a pair too: content −1.
struct PairWorker {
    let context: CycleContext
    /// As the catalog has it now; follows this worker's own changes.
    var pair: SegmentPair
    var memory: PairMemory

    /// How a pair's part of a cycle ended.
    struct Outcome: Sendable {
        let memory: PairMemory
        /// When the next cycle should look at this pair, if before its time.
        let wake: Duration?
        /// Whether everything that was decided was done.
        let succeeded: Bool
    }

    /// The pause before a second look at a mirror that is behind: one round trip and one flush fit many times.
    private static let secondLook: Duration = .milliseconds(300)

    init(context: CycleContext, pair: SegmentPair, memory: PairMemory) {
        self.context = context
        self.pair = pair
        self.memory = memory
    }

    /// Does the pair's part of a cycle.
    ///
    /// A failure is logged here and costs no other pair.
    mutating func work() -> Outcome {
        do {
            let decision = try observe()
            let mirror = try decision.needsMirrorProbe ? pair.mirror.map(probe) : nil
            let actions = decision.actions(mirror: mirror)
            try passed(.actionsDecided)
            for action in actions { try carryOut(action, primary: decision.primary) }
            return Outcome(memory: memory, wake: decision.graceRemaining, succeeded: true)
        } catch {
            if !(error is CancellationError) {
                let ending = context.session.fence.refusal == nil ? "; tried again in the next cycle" : ""
                context.logger.warning("\(subject): \(error)\(ending)")
            }
            return Outcome(memory: memory, wake: nil, succeeded: false)
        }
    }

    private mutating func observe() throws -> FTSDecision {
        var primary = try probePrimary()
        if try remember(primary) { primary = try probePrimary() }
        memory.observe(pair, primary, at: .now)
        if memory.needsSecondLook {
            try context.stop.pause(Self.secondLook)
            primary = try probePrimary()
            memory.observe(pair, primary, at: .now)
        }
        try passed(.primaryProbed)
        return FTSDecision(
            pair: pair, primary: primary, memory: memory, now: .now, settings: context.settings,
            isToolAtWork: isCoordinator && context.isToolAtWork())
    }

    private mutating func carryOut(_ action: FTSAction, primary: ProbeResult) throws {
        context.logger.debug("\(subject): \(action)")
        switch action {
        case .markMirrorDown: try markMirrorDown()
        case .markNotInSync: try markNotInSync()
        case .disableSync: try disableSync()
        case .createSlot: try createSlot(on: pair.primary, then: .slotCreated)
        case .awaitCatchUp: try bringUpStep { try $0.awaitCatchUp() }
        case .enableSync: try bringUpStep { try $0.enableSync() }
        case .awaitSwitchPoint: try bringUpStep { try $0.awaitSwitchPoint() }
        case .markMirrorUp: try markMirrorUp()
        case .swapRoles: try swapRoles(reason: primary.reason)
        case .promote: try promote()
        case .doubleFault(let reason): reportDoubleFault(reason)
        case .report(let reason):
            context.logger.warning("\(subject): \(primaryLabel): \(reason)")
        }
    }

    private func reportDoubleFault(_ reason: String) {
        // The original's line; its mirror number is 0 where there is none.
        context.logger.warning(
            """
            ERROR: FTS double fault detected (content=\(pair.content)) primary dbid=\(pair.primary.dbid), \
            mirror dbid=\(pair.mirror?.dbid.rawValue ?? 0)
            """)
        context.logger.info("content \(pair.content): \(reason); nothing is changed")
    }

    // MARK: - What the actions share

    var isCoordinator: Bool { pair.primary.isCoordinatorPair }
    /// What the pair is called in the log.
    var subject: String { isCoordinator ? "coordinator" : "content \(pair.content)" }
    var primaryLabel: String { "\(isCoordinator ? "coordinator" : "primary") \(pair.primary.label)" }
    /// What the mirror is called.
    var word: String { isCoordinator ? "standby" : "mirror" }

    /// Marks a boundary, and ends here when the service shall end.
    func passed(_ step: FTSStep) throws {
        try context.killPoint(isCoordinator ? step.ofStandby : step)
        try context.stop.check()
    }

    func probe(_ segment: Segment) throws -> ProbeResult { try question(segment).ask() }

    private func probePrimary() throws -> ProbeResult {
        var question = question(pair.primary)
        question.kept = context.sessions
        question.isHandedOver = { [session = context.session, content = pair.content] in
            (try? session.use { try Handover.isAnnounced(content, on: $0) }) ?? false
        }
        return try question.ask()
    }

    private func question(_ segment: Segment) -> InstanceProbe {
        InstanceProbe(
            segment: segment, parameters: parameters(segment), settings: context.settings, stop: context.stop,
            fence: isCoordinator ? nil : context.session.fence)
    }

    /// Uses a new session with the primary, or the kept one when it turns new ones away.
    func withPrimary<Result: Sendable>(_ body: (borrowing PostgresConnection) throws -> Result) throws -> Result {
        let connection: PostgresConnection
        do {
            connection = try connect(pair.primary)
        } catch {
            guard case .refused = InstanceProbe.classify(error),
                let result = try context.sessions.use(
                    with: pair.primary,
                    {
                        try admit($0, pair.primary)
                        return try body($0)
                    })
            else { throw error }
            context.logger.info("\(subject): \(error); the session kept with it was used")
            return result
        }
        return try body(connection)
    }

    /// Uses the session that the probe has just kept with the primary, or a new one where there is none.
    ///
    /// A new session costs the server a process with everything to read anew. It stays kept unless the server failed
    /// in it.
    func withKept(_ body: (borrowing PostgresConnection) throws -> Void) throws {
        let outcome = try context.sessions.use(with: pair.primary) { connection in
            do {
                try admit(connection, pair.primary)
                try body(connection)
                return Result<Void, any Error>.success(())
            } catch let error as PostgresError {
                throw error
            } catch {
                return .failure(error)
            }
        }
        if let outcome { return try outcome.get() }
        try body(try connect(pair.primary))
    }

    /// A session that waits for no standby, whatever it does, and through which this service may act.
    func connect(_ segment: Segment) throws -> PostgresConnection {
        let connection = try PostgresConnection.connect(parameters(segment))
        try admit(connection, segment)
        return connection
    }

    /// Lets a session be used while this process is the service and the segment remembers no newer coordinator.
    private func admit(_ connection: borrowing PostgresConnection, _ segment: Segment) throws {
        guard !isCoordinator else { return }
        try context.session.prove(timeout: context.settings.probeTimeout)
        try context.session.fence.check(connection, segment, timeout: context.settings.probeTimeout)
    }

    func parameters(_ segment: Segment) -> ConnectionParameters {
        let location = context.session.location
        var parameters =
            segment == pair.primary && isCoordinator
            ? location.parameters(
                .utility, environment: context.environment, connectTimeout: context.settings.probeTimeout)
            : location.parameters(
                of: segment, environment: context.environment, connectTimeout: context.settings.probeTimeout)
        parameters.applicationName = CoordinatorSession.applicationName
        parameters.settings += ["synchronous_commit=local", "idle_session_timeout=0"]
        return parameters
    }

    /// Changes rows of the pair in the catalog and goes on with the pair as it is then.
    mutating func change(_ changes: [RowChange], then step: FTSStep) throws {
        let lines =
            isCoordinator
            ? try StandbyChange(pair: pair, changes: changes).apply(to: context.session, killPoint: context.killPoint)
            : try CatalogChange(pair: pair, changes: changes).apply(to: context.session, killPoint: context.killPoint)
        if !lines.isEmpty, !isCoordinator {
            try awaitStandby()
            try passed(.catalogChangeReplicated)
        }
        for change in changes {
            if change.segment.dbid == pair.primary.dbid { pair.primary = change.segment }
            if change.segment.dbid == pair.mirror?.dbid { pair.mirror = change.segment }
        }
        for line in lines { context.logger.info("\(line)") }
        try passed(step)
    }

    /// `ALTER SYSTEM SET synchronous_standby_names`, through SQL alone: files are the server's own.
    func setSynchronousNames(
        _ names: String, on connection: borrowing PostgresConnection, written: FTSStep, loaded: FTSStep?
    ) throws {
        // A utility statement takes no parameters; the value is a constant of this program.
        try connection.query(
            "ALTER SYSTEM SET synchronous_standby_names = \(ServerSettings.quoted(names))",
            timeout: context.settings.probeTimeout)
        try passed(written)
        try connection.query("SELECT pg_catalog.pg_reload_conf()", timeout: context.settings.probeTimeout)
        if let loaded { try passed(loaded) }
    }

    /// Makes the mirror's slot where it is missing; it keeps WAL from now on.
    func createSlot(on segment: Segment, then step: FTSStep) throws {
        let connection = try connect(segment)
        try connection.query(
            """
            SELECT pg_catalog.pg_create_physical_replication_slot($1, true)
            WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE slot_name = $1)
            """, [Engine.replicationSlot], timeout: context.settings.probeTimeout)
        try passed(step)
    }
}
