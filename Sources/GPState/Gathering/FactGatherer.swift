import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient
import RemoteShell

/// Gathers what a mode needs: hosts over the shell and instances over libpq, all at once.
///
/// Every question has a deadline; what does not answer is a fact about itself and delays nothing else.
struct FactGatherer: Sendable {
    let access: ClusterAccess
    let configuration: ClusterConfiguration
    let hostLimit: Int
    let hostTimeout: Duration
    let logDirectory: String

    /// What a host may take beyond its limit, so that a reason more exact than "took too long" comes first.
    private static let tolerance = Duration.milliseconds(250)

    /// Adds to `facts` what `needs` names.
    ///
    /// - Parameter own: what the coordinator says in the session that read the catalog.
    /// - Throws: `PostgresError` when the coordinator does not answer any more.
    func gather(
        _ needs: Needs, own: Task<CoordinatorQuestion.Answer, any Error>, into facts: inout ClusterFacts
    ) async throws {
        let deadline = Deadline.after(hostTimeout)
        let coordinator = CoordinatorQuestion(access: access, logDirectory: logDirectory)
        async let role = needs.contains(.session) ? coordinator.role() : nil
        let (witnessed, asked) = asked(needs)
        async let answers = databaseAnswers(asked, needs)
        facts.instances = await hostAnswers(needs)
        if needs.contains(.recoveries) { facts.recoveries = coordinator.recoveries() }
        for (segment, answer) in await answers { facts.take(answer, of: segment, needs) }
        let doubtful = facts.settle(witnessed)
        let rest = await databaseAnswers(doubtful, needs, timeout: max(.seconds(1), deadline.remaining))
        for (segment, answer) in rest { facts.take(answer, of: segment, needs) }
        let answer = try await own.value
        facts.expansion = answer.expansion
        facts.session = answer.session
        if let role = await role { facts.session?.role = role }
        facts.standbyReplication = answer.standbyReplication
        facts.standbyStream = answer.standbyStream
        facts.history = answer.history
        if let instance = answer.instance { facts.take(instance, of: configuration.coordinator, needs) }
        if needs.contains(.doubleFaults) { facts.doubleFaults = await doubleFaults(facts) }
    }

    /// A second question to the hosts of those contents alone.
    private func doubleFaults(_ facts: ClusterFacts) async -> [DoubleFault] {
        let pairs = ClusterAssessment(facts).doublyFailed
        guard !pairs.isEmpty else { return [] }
        return await DoubleFaultSurvey.ask(
            pairs, access, coordinator: configuration.coordinator.hostname, hostLimit: hostLimit,
            timeout: hostTimeout + .seconds(20))
    }

    /// The instances to ask in a session each, and the mirrors whose primary may answer for them.
    private func asked(_ needs: Needs) -> (witnessed: [Segment], asked: [Segment]) {
        let others = configuration.allInstances.filter { $0.dbid != configuration.coordinator.dbid }
        guard needs.contains(.instanceStatus) else {
            return ([], needs.contains(.versions) ? others.filter { $0.status == .up } : [])
        }
        guard needs.contains(.replication), !needs.contains(.everyVersion) else { return ([], others) }
        let isMirror = { (segment: Segment) in !segment.isCoordinatorPair && segment.role == .mirror }
        return (others.filter(isMirror), others.filter { !isMirror($0) })
    }

    private func hostAnswers(_ needs: Needs) async -> [DatabaseID: InstanceFacts] {
        if needs.contains(.instanceStatus) { return await hostAnswers(configuration.allInstances) }
        // A version comes from the instance itself; that the host does not answer is told as by every other mode.
        if needs.contains(.versions) { return await hostAnswers(upInstances) }
        guard needs.contains(.standbyProcess), let standby = configuration.standby else { return [:] }
        return await hostAnswers([standby])
    }

    private func hostAnswers(_ instances: [Segment]) async -> [DatabaseID: InstanceFacts] {
        let groups = Dictionary(grouping: instances, by: \.hostname).sorted { $0.key < $1.key }
        let answers = await fanOut(groups, limit: hostLimit) { host, members in
            let question = HostQuestion(instances: members)
            do {
                let output = try await access.shell.run(
                    ShellCommand(
                        question.script, purpose: "the status of host \(host)", timeout: hostTimeout,
                        overallTimeout: hostTimeout + Self.tolerance), on: host)
                return question.read(output.standardOutput)
            } catch {
                let address = members.first?.address ?? host
                let failure = FetchFailure.unreachable(address: address, reason: "\(error)")
                return Dictionary(uniqueKeysWithValues: members.map { ($0.dbid, InstanceFacts.failed(failure)) })
            }
        }
        return answers.reduce(into: [:]) { $0.merge($1) { old, _ in old } }
    }

    private var upInstances: [Segment] { configuration.allInstances.filter { $0.status == .up } }

    /// One session with each.
    private func databaseAnswers(
        _ asked: [Segment], _ needs: Needs, timeout: Duration? = nil
    ) async -> [(Segment, DatabaseQuestion.Answer)] {
        await fanOut(asked, limit: 128) { segment in
            let isPrimary = !segment.isCoordinatorPair && segment.role == .primary
            let question = DatabaseQuestion(
                engine: access.engine, segment: segment,
                asksReplication: isPrimary && segment.status == .up && needs.contains(.replication),
                asksSynchronization: isPrimary && needs.contains(.synchronization),
                mirrorIsDown: configuration.peer(of: segment)?.status == .down)
            var parameters = access.location.parameters(of: segment, environment: access.environment)
            parameters.connectTimeout = min(timeout ?? hostTimeout, .seconds(10))
            return (segment, await access.threads.run { [parameters] in question.ask(parameters) })
        }
    }
}

extension ClusterFacts {
    /// Takes the witnessed mirrors for up; where the host told nothing, nothing is known of the instance either.
    ///
    /// - Returns: the mirrors that have to be asked themselves.
    fileprivate mutating func settle(_ mirrors: [Segment]) -> [Segment] {
        mirrors.filter { mirror in
            guard instances[mirror.dbid]?.status != nil else { return false }
            guard isWitnessed(mirror) else { return true }
            instances[mirror.dbid]?.setStatus(.up)
            return false
        }
    }

    /// Whether a mirror need not be asked: its primary streams to it, and its host has the server's process awake and
    /// its socket bound.
    private func isWitnessed(_ mirror: Segment) -> Bool {
        guard case .answered(let answer) = replication[mirror.content], let host = instances[mirror.dbid]?.status
        else { return false }
        let senders = answer.senders.filter(\.isMirrorConnection)
        return senders.count == 1 && senders.first?.state == "streaming" && host.isAwake && host.pidError == nil
    }

    /// Adds what an instance said of itself to what its host said of it.
    fileprivate mutating func take(_ answer: DatabaseQuestion.Answer, of segment: Segment, _ needs: Needs) {
        if case .fetched(var status) = instances[segment.dbid] {
            status.databaseStatus = answer.status
            status.version = answer.version
            instances[segment.dbid] = .fetched(status)
        }
        if let found = answer.replication { replication[segment.content] = found }
        if let found = answer.synchronization { synchronization[segment.content] = found }
    }
}
