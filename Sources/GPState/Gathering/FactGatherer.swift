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

    /// Adds to `facts` what `needs` names.
    func gather(_ needs: Needs, into facts: inout ClusterFacts) async throws {
        let coordinator = CoordinatorQuestion(access: access, logDirectory: logDirectory)
        async let instances = instances(needs)
        async let replication = needs.contains(.replication) ? replication() : [:]
        async let synchronization = needs.contains(.synchronization) ? synchronization() : [:]
        async let expansion =
            needs.contains(.expansion)
            ? coordinator.expansion(withTables: needs.contains(.expansionTables)) : ExpansionFacts.none
        async let session = needs.contains(.session) ? coordinator.session() : nil
        async let standby = needs.contains(.standbyReplication) ? coordinator.standbyReplication() : []
        if needs.contains(.recoveries) { facts.recoveries = coordinator.recoveries() }
        facts.instances = await instances
        facts.replication = await replication
        facts.synchronization = await synchronization
        facts.expansion = await expansion
        facts.session = try await session
        facts.standbyReplication = try await standby
    }

    private func instances(_ needs: Needs) async -> [DatabaseID: InstanceFacts] {
        if needs.contains(.instanceStatus) {
            async let answers = databaseAnswers(configuration.allInstances)
            var facts = await hostAnswers(configuration.allInstances)
            for (dbid, answer) in await answers {
                guard case .fetched(var status) = facts[dbid] else { continue }
                status.databaseStatus = answer.status
                status.version = answer.version
                facts[dbid] = .fetched(status)
            }
            return facts
        }
        if needs.contains(.versions) {
            let asked = configuration.allInstances.filter { $0.status == .up }
            return await databaseAnswers(asked).mapValues { .fetched(InstanceStatus(version: $0.version)) }
        }
        guard needs.contains(.standbyProcess), let standby = configuration.standby else { return [:] }
        return await hostAnswers([standby])
    }

    private func hostAnswers(_ instances: [Segment]) async -> [DatabaseID: InstanceFacts] {
        let groups = Dictionary(grouping: instances, by: \.hostname).sorted { $0.key < $1.key }
        let answers = await fanOut(groups, limit: hostLimit) { host, members in
            let question = HostQuestion(instances: members)
            do {
                let output = try await access.shell.run(
                    ShellCommand(question.script, purpose: "the status of host \(host)", timeout: hostTimeout),
                    on: host)
                return question.read(output.standardOutput)
            } catch {
                let address = members.first?.address ?? host
                let failure = FetchFailure.unreachable(address: address, reason: "\(error)")
                return Dictionary(uniqueKeysWithValues: members.map { ($0.dbid, InstanceFacts.failed(failure)) })
            }
        }
        return answers.reduce(into: [:]) { $0.merge($1) { old, _ in old } }
    }

    private func databaseAnswers(_ instances: [Segment]) async -> [DatabaseID: DatabaseQuestion.Answer] {
        let question = DatabaseQuestion(engine: access.engine)
        let answers = await fanOut(instances, limit: 128) { segment in
            let parameters = parameters(segment)
            return (segment.dbid, await access.threads.run { question.ask(segment, parameters) })
        }
        return Dictionary(uniqueKeysWithValues: answers)
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

    /// Runs `body` in a session with one instance that may cost no more than its host may.
    private func session<Answer: Sendable>(
        _ segment: Segment, _ body: @escaping @Sendable (borrowing PostgresConnection) throws -> Answer
    ) async throws -> Answer {
        let parameters = parameters(segment)
        return try await access.threads.run {
            let connection = try PostgresConnection.connect(parameters)
            return try body(connection)
        }
    }

    private func replication() async -> [ContentID: ReplicationFacts] {
        let pairs = configuration.pairs.filter { $0.primary.status == .up }
        let answers = await fanOut(pairs, limit: 128) { pair -> (ContentID, ReplicationFacts) in
            do {
                let answer = try await session(pair.primary) { connection in
                    try ReplicationQuestion.replication(connection, mirrorIsDown: pair.mirror?.status == .down)
                }
                return (pair.content, .answered(answer))
            } catch {
                return (pair.content, .failed(reason: "\(error)"))
            }
        }
        return Dictionary(uniqueKeysWithValues: answers)
    }

    private func synchronization() async -> [ContentID: SynchronizationFacts] {
        let answers = await fanOut(configuration.pairs, limit: 128) { pair -> (ContentID, SynchronizationFacts) in
            do {
                return (
                    pair.content,
                    .answered(try await session(pair.primary) { try ReplicationQuestion.synchronization($0) })
                )
            } catch {
                return (pair.content, .failed(reason: "\(error)"))
            }
        }
        return Dictionary(uniqueKeysWithValues: answers)
    }
}
