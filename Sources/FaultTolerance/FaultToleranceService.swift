import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
public import Logging
import PostgresClient

/// The fault-tolerance service of the embedded engine: probes every primary, fails over, and keeps the catalog true.
///
/// It changes `gp_segment_configuration` and its history, `synchronous_standby_names` and the mirror's slot on
/// segments, and promotes mirrors; `synchronous_standby_names` of the coordinator, and what becomes of its standby in
/// the history. Only one process at a time is the service of a cluster, and it belongs to one coordinator: it ends
/// with it, and when a segment remembers a newer one.
public struct FaultToleranceService: Sendable {
    private let dataDirectory: String
    private let environment: [String: String]
    private let fixedSettings: FTSSettings?
    private let logger: Logger
    private let stop: FTSStop
    private let killPoint: FTSKillPoint
    private let threads = BlockingThreads(width: 256)
    private let sessions = KeptSessions()

    /// How often the probe requests are looked at.
    private static let requestPause: Duration = .milliseconds(50)
    /// How long a lock that another holds is asked for: a process that was just killed keeps it for a moment.
    private static let lockPatience: Duration = .seconds(1)

    /// - Parameters:
    ///   - dataDirectory: the coordinator's, on this machine.
    ///   - environment: for `PGUSER`, `USER`, `PGHOST`.
    ///   - settings: nil reads `gpftsd.conf` in the data directory, before each cycle.
    ///   - stop: ends the service between two steps.
    ///   - killPoint: called at each boundary between steps.
    public init(
        dataDirectory: String, environment: [String: String], settings: FTSSettings? = nil, logger: Logger,
        stop: FTSStop = FTSStop(), killPoint: @escaping FTSKillPoint = { _ in }
    ) {
        self.dataDirectory = dataDirectory
        self.environment = environment
        fixedSettings = settings
        self.logger = logger
        self.stop = stop
        self.killPoint = killPoint
    }

    /// Runs one full cycle, and further ones while the grace period of a missing mirror runs: its answer is final.
    ///
    /// - Returns: whether everything that was decided was done.
    /// - Throws: `OperationError` when another process is the service, the server is no coordinator, or was replaced;
    ///   `PostgresError`, `LocalFileError`, `ConfigurationError` when there is nothing to work with.
    public func runOnce() async throws -> Bool {
        var settings = try readSettings()
        let session = try await firstSession(settings)
        defer { sessions.keepOnly([]) }
        var memories: [ContentID: PairMemory] = [:]
        while true {
            let outcome = try await cycle(session, settings, &memories)
            guard let wake = outcome.wake, !stop.isRequested else { return outcome.failures == 0 }
            await sleep(wake)
            settings = try readSettings()
        }
    }

    /// Runs until `stop` is requested or its coordinator is gone.
    ///
    /// A coordinator that goes away is waited for as long as `FTSSettings.coordinatorPatience` says. Writes and removes
    /// `gpftsd.pid` in the data directory.
    /// - Throws: as `runOnce`, at the start; later only for a coordinator that was replaced.
    public func run() async throws {
        var settings = try readSettings()
        var session: CoordinatorSession? = try await firstSession(settings)
        let pidFile = PidFile(dataDirectory: dataDirectory)
        try pidFile.write()
        defer {
            pidFile.remove()
            sessions.keepOnly([])
        }
        logger.info(
            """
            probing every \(settings.probeInterval), time-out \(settings.probeTimeout), \
            \(settings.probeRetries) retries, mirror grace period \(settings.mirrorGracePeriod)
            """)
        var memories: [ContentID: PairMemory] = [:]
        while !stop.isRequested {
            guard let current = session else {
                session = await nextSession(settings)
                guard session != nil else { return }
                memories = [:]
                logger.info("the coordinator is back")
                continue
            }
            settings = (try? readSettings { logger.error("\($0); the settings before stay") }) ?? settings
            session = try await serve(current, settings, &memories) ? current : nil
        }
    }

    /// One cycle and the pause after it; false when the session was lost.
    ///
    /// - Throws: `OperationError` for a coordinator that was replaced.
    private func serve(
        _ session: CoordinatorSession, _ settings: FTSSettings, _ memories: inout [ContentID: PairMemory]
    ) async throws -> Bool {
        let begun = ContinuousClock.now
        var pause = settings.probeInterval
        do {
            let outcome = try await cycle(session, settings, &memories)
            pause = min(pause, outcome.wake ?? pause)
            while !stop.isRequested, ContinuousClock.now - begun < pause {
                if try await threads.run({ try session.hasOpenRequest() }) { return true }
                await sleep(Self.requestPause)
            }
        } catch {
            if session.fence.refusal != nil { throw error }
            if session.isLost {
                logger.warning("the coordinator is gone: \(error); waiting for it")
                return false
            }
            logger.error("\(error)")
            await sleep(min(pause, .seconds(1)))
        }
        return true
    }

    private func cycle(
        _ session: CoordinatorSession, _ settings: FTSSettings, _ memories: inout [ContentID: PairMemory]
    ) async throws -> ProbeCycle.Outcome {
        let directory = dataDirectory
        let context = CycleContext(
            session: session, sessions: sessions, environment: environment, settings: settings, logger: logger,
            killPoint: killPoint, stop: stop,
            isToolAtWork: { ToolLock.holder(of: "gpinitstandby", dataDirectory: directory) != nil })
        do {
            return try await ProbeCycle(context: context, threads: threads).run(&memories)
        } catch let refusal as Superseded {
            throw OperationError(
                "\(refusal); nothing is changed, ending", hint: "stop this coordinator: the other one has the cluster")
        }
    }

    private func readSettings(_ report: (any Error) -> Void = { _ in }) throws -> FTSSettings {
        if let fixedSettings { return fixedSettings }
        do {
            return try FTSSettings.read(dataDirectory: dataDirectory)
        } catch {
            report(error)
            throw error
        }
    }

    private func open(_ settings: FTSSettings) async throws -> CoordinatorSession.Opening {
        try await threads.run { [dataDirectory, environment] in
            try CoordinatorSession.open(
                dataDirectory: dataDirectory, environment: environment, lockPatience: settings.lockPatience)
        }
    }

    private func firstSession(_ settings: FTSSettings) async throws -> CoordinatorSession {
        let deadline = Deadline.after(Self.lockPatience)
        while true {
            switch try await open(settings) {
            case .ready(let session): return session
            case .superseded(let reason): throw reason
            case .standby:
                throw OperationError(
                    "the server in \(dataDirectory) is a standby", hint: "run gpftsd on the coordinator")
            case .taken:
                guard !deadline.isPast else {
                    throw OperationError(
                        "gpftsd is already running for \(dataDirectory)",
                        hint: "SELECT gp_request_fts_probe_scan() makes it probe now")
                }
                await sleep(Self.requestPause)
            }
        }
    }

    /// Waits for the coordinator, not longer than its patience; nil when the service shall end.
    ///
    /// Says what is in the way, each reason once. A server that follows another one is not its coordinator any more.
    private func nextSession(_ settings: FTSSettings) async -> CoordinatorSession? {
        var said = ""
        let deadline = Deadline.after(settings.coordinatorPatience)
        var backoff = Backoff(first: .milliseconds(200), longest: .seconds(5))
        while !stop.isRequested {
            guard LocalFiles.exists(dataDirectory + "/PG_VERSION") else {
                logger.info("the coordinator's data directory is gone; ending")
                return nil
            }
            guard !deadline.isPast else {
                logger.warning("the coordinator did not come back within \(settings.coordinatorPatience); ending")
                return nil
            }
            let obstacle: String
            do {
                switch try await open(settings) {
                case .ready(let session): return session
                case .taken: obstacle = "another process is the service now"
                case .standby:
                    logger.warning("the server in \(dataDirectory) is a standby now; ending")
                    return nil
                case .superseded(let reason):
                    logger.warning("\(reason); ending")
                    return nil
                }
            } catch {
                obstacle = "\(error)"
            }
            if obstacle != said { logger.warning("still waiting for the coordinator: \(obstacle)") }
            said = obstacle
            await sleep(backoff.next())
        }
        return nil
    }

    /// Sleeps in pieces that see a request to end.
    private func sleep(_ duration: Duration) async {
        let deadline = Deadline.after(duration)
        while !stop.isRequested, !deadline.isPast {
            try? await Task.sleep(for: min(Self.requestPause, deadline.remaining))
        }
    }
}
