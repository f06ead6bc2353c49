import BlockingWork
import ClusterModel
import ClusterOperations
import Logging
import PostgresClient
import RemoteShell

/// Gathers what a monitor needs before a deadline: hosts over the shell, instances over libpq, all at once.
///
/// Whatever hangs is left behind at the deadline; everything else is judged as if it were not there.
struct MonitorGatherer: Sendable {
    let dataDirectory: String
    let environment: [String: String]
    let logger: Logger
    let logDirectory: String
    let deadline: Deadline
    /// `--timeout`; nil uses 10 s.
    let connectTimeout: Duration?
    let hostTimeout: Duration
    let hostLimit: Int
    /// The shell of a cluster whose coordinator's host has this name.
    let shell: @Sendable (String) -> any Shell

    /// What is kept back of the time, so that a reason comes before the end.
    private static let reserve = Duration.milliseconds(300)

    /// Never takes longer than to the deadline, and a moment.
    ///
    /// - Throws: `OperationError`, `LocalFileError` when the data directory is none.
    func gather(_ needs: MonitorNeeds) async throws -> MonitorFacts {
        let start = ContinuousClock.now
        let engine = try Engine(versionFile: try LocalFiles.read(dataDirectory + "/PG_VERSION"))
        let memory = RememberedCatalog(logDirectory: logDirectory, dataDirectory: dataDirectory)
        var (facts, own) = await askCoordinator()
        facts.coordinator = facts.coordinator.after(start)
        if let configuration = facts.configuration {
            do { try memory.write(configuration) } catch { logger.debug("the catalog is not remembered: \(error)") }
        } else if let remembered = memory.read() {
            (facts.configuration, facts.catalogAge) = (remembered.configuration, remembered.age)
        }
        if let configuration = facts.configuration {
            let shell = shell(configuration.coordinator.hostname)
            async let hosts = needs.contains(.hosts) ? hosts(configuration, shell) : [:]
            async let instances = needs.contains(.instances) ? instances(configuration, engine) : [:]
            if let own { await take(own, configuration, &facts) }
            facts.instances.merge(await instances) { own, _ in own }
            facts.hosts = await hosts
        }
        facts.recoveries = CoordinatorQuestion.recoveries(dataDirectory: dataDirectory, logDirectory: logDirectory)
        facts.seconds = start.duration(to: .now).inSeconds
        return facts
    }

    /// What the coordinator says in the session that read its catalog.
    private struct CoordinatorAnswer: Sendable {
        var instance: InstanceAnswer
        var isServiceRunning: Bool?
    }

    private typealias Own = Task<CoordinatorAnswer, any Error>

    /// Half of the time at most: the rest is for what lies behind it.
    private func askCoordinator() async -> (MonitorFacts, Own?) {
        let patience = min(connectTimeout ?? .seconds(10), deadline.remaining / 2)
        var opening = ClusterOpening(dataDirectory: dataDirectory, environment: environment, logger: logger)
        opening.connectTimeout = patience
        let outcome = await Cutoff.value(by: .after(patience + Self.reserve)) { [opening, deadline] in
            await Self.open(opening, deadline)
        }
        switch outcome {
        case .success((let configuration, let own))?:
            var facts = MonitorFacts(coordinator: .answered(seconds: 0))
            facts.configuration = configuration
            return (facts, own)
        case .failure(let failure)?: return (MonitorFacts(coordinator: .silent(failure.text)), nil)
        case nil:
            let text = "no answer within \(PlainNumber.text(patience.inSeconds)) s"
            return (MonitorFacts(coordinator: .silent(text)), nil)
        }
    }

    private static func open(
        _ opening: ClusterOpening, _ deadline: Deadline
    ) async -> Result<(ClusterConfiguration, Own), GatherFailure> {
        do {
            // Nothing is run on hosts through this one: the shell of the whole run is made with the catalog's names.
            let (cluster, own) = try await opening.open(.utility) { _ in
                LocalShell()
            } asking: { connection, engine, configuration in
                let question = InstanceQuestion(
                    engine: engine, segment: configuration.coordinator, mirrorIsDown: false, deadline: deadline)
                return CoordinatorAnswer(
                    instance: question.ask(connection), isServiceRunning: isServiceRunning(connection, engine))
            }
            return .success((cluster.configuration, own))
        } catch {
            return .failure(GatherFailure(error))
        }
    }

    /// Nil where the service is part of the server, or it could not be found out.
    private static func isServiceRunning(_ connection: borrowing PostgresConnection, _ engine: Engine) -> Bool? {
        guard engine.hasFaultToleranceProgram else { return nil }
        return try? Catalog.isServiceRunning(on: connection, timeout: .seconds(5))
    }

    private func take(_ own: Own, _ configuration: ClusterConfiguration, _ facts: inout MonitorFacts) async {
        let answer = await Cutoff.value(by: deadline) { try? await own.value }
        let dbid = configuration.coordinator.dbid
        if let answer = answer.flatMap({ $0 }) {
            facts.instances[dbid] = answer.instance
            facts.isServiceRunning = answer.isServiceRunning
        } else {
            // It told its catalog: it is up, whatever became of the rest.
            facts.instances[dbid] = InstanceAnswer(status: .up, reason: "it did not answer further questions in time")
        }
    }

    private func instances(
        _ configuration: ClusterConfiguration, _ engine: Engine
    ) async -> [DatabaseID: InstanceAnswer] {
        let asked = configuration.allInstances.filter {
            $0.dbid != configuration.coordinator.dbid && $0.status == .up
        }
        let threads = BlockingThreads(width: 128)
        let inTime = Deadline.after(deadline.remaining - Self.reserve)
        let answers = await fanOut(asked, limit: 128) { segment in
            let question = InstanceQuestion(
                engine: engine, segment: segment, mirrorIsDown: configuration.peer(of: segment)?.status == .down,
                deadline: inTime)
            return await Cutoff.value(by: deadline) {
                await threads.run {
                    let timeout = max(.milliseconds(100), min(connectTimeout ?? .seconds(10), inTime.remaining))
                    return question.ask(parameters(of: segment, engine, timeout))
                }
            }
        }
        let found = zip(asked, answers).compactMap { segment, answer in answer.map { (segment.dbid, $0) } }
        return Dictionary(found) { first, _ in first }
    }

    private func parameters(of segment: Segment, _ engine: Engine, _ timeout: Duration) -> ConnectionParameters {
        ConnectionParameters(
            host: engine.connectionHost(of: segment), port: segment.port, database: engine.segmentDatabase,
            user: CoordinatorLocation.user(environment), settings: engine.settings(.utility), connectTimeout: timeout)
    }

    private func hosts(
        _ configuration: ClusterConfiguration, _ shell: any Shell
    ) async -> [String: Result<HostAnswer, GatherFailure>] {
        let groups = Dictionary(grouping: configuration.allInstances, by: \.hostname).sorted { $0.key < $1.key }
        let answers = await fanOut(groups, limit: hostLimit) { host, members in
            await Cutoff.value(by: deadline) { await space(SpaceQuestion(instances: members), on: host, shell) }
                ?? .failure(GatherFailure(OperationError("\(host) did not answer in time")))
        }
        return Dictionary(zip(groups.map(\.key), answers)) { first, _ in first }
    }

    private func space(
        _ question: SpaceQuestion, on host: String, _ shell: any Shell
    ) async -> Result<HostAnswer, GatherFailure> {
        let timeout = max(.milliseconds(100), min(hostTimeout, deadline.remaining - Self.reserve))
        do {
            let output = try await shell.run(
                ShellCommand(
                    question.script, purpose: "the disk space of host \(host)", timeout: timeout,
                    overallTimeout: timeout), on: host)
            guard let answer = question.read(output.standardOutput) else {
                throw OperationError("\(host): no complete answer about disk space")
            }
            return .success(answer)
        } catch {
            return .failure(GatherFailure(error))
        }
    }
}

extension CoordinatorFacts {
    /// With the time since `start`, if it answered.
    fileprivate func after(_ start: ContinuousClock.Instant) -> CoordinatorFacts {
        isAnswered ? .answered(seconds: start.duration(to: .now).inSeconds) : self
    }
}
