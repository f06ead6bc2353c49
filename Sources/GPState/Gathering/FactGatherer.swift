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
    /// - Throws: `PostgresError` when the coordinator does not answer any more.
    func gather(_ needs: Needs, into facts: inout ClusterFacts) async throws {
        let coordinator = CoordinatorQuestion(access: access, logDirectory: logDirectory)
        async let own = coordinator.ask(needs)
        async let answers = databaseAnswers(needs)
        facts.instances = await hostAnswers(needs)
        if needs.contains(.recoveries) { facts.recoveries = coordinator.recoveries() }
        for (segment, answer) in await answers { facts.take(answer, of: segment, needs) }
        let coordinatorAnswer = try await own
        facts.expansion = coordinatorAnswer.expansion
        facts.session = coordinatorAnswer.session
        facts.standbyReplication = coordinatorAnswer.standbyReplication
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

    private func hostAnswers(_ needs: Needs) async -> [DatabaseID: InstanceFacts] {
        if needs.contains(.instanceStatus) { return await hostAnswers(configuration.allInstances) }
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

    /// Every instance that the mode is about, one session each.
    private func databaseAnswers(_ needs: Needs) async -> [(Segment, DatabaseQuestion.Answer)] {
        let asked =
            needs.contains(.instanceStatus)
            ? configuration.allInstances
            : needs.contains(.versions) ? configuration.allInstances.filter { $0.status == .up } : []
        return await fanOut(asked, limit: 128) { segment in
            let isPrimary = !segment.isCoordinatorPair && segment.role == .primary
            let question = DatabaseQuestion(
                engine: access.engine, segment: segment,
                asksReplication: isPrimary && segment.status == .up && needs.contains(.replication),
                asksSynchronization: isPrimary && needs.contains(.synchronization),
                mirrorIsDown: configuration.peer(of: segment)?.status == .down)
            let parameters = parameters(segment)
            return (segment, await access.threads.run { question.ask(parameters) })
        }
    }

    /// The coordinator by the way that is known to work, any other by its catalog entry.
    private func parameters(_ segment: Segment) -> ConnectionParameters {
        var parameters =
            segment.dbid == configuration.coordinator.dbid
            ? access.location.parameters(.utility, environment: access.environment)
            : access.location.parameters(of: segment, environment: access.environment)
        parameters.connectTimeout = min(hostTimeout, .seconds(10))
        return parameters
    }
}

extension ClusterFacts {
    /// Adds what an instance said of itself to what its host said of it.
    fileprivate mutating func take(_ answer: DatabaseQuestion.Answer, of segment: Segment, _ needs: Needs) {
        if needs.contains(.versions) {
            instances[segment.dbid] = .fetched(InstanceStatus(version: answer.version))
        } else if case .fetched(var status) = instances[segment.dbid] {
            status.databaseStatus = answer.status
            status.version = answer.version
            instances[segment.dbid] = .fetched(status)
        }
        if let found = answer.replication { replication[segment.content] = found }
        if let found = answer.synchronization { synchronization[segment.content] = found }
    }
}
