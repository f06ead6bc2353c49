import BlockingWork
import ClusterModel
import ClusterOperations
import RemoteShell

/// Everything the plan is computed from, gathered without changing anything.
struct PlanFacts: Sendable {
    var cluster: ClusterConfiguration
    var origin: MirrorPlan.Source
    /// Where each content without a working mirror gets it; for contents with a row, the row's place.
    var wanted: [Wanted]
    /// By content ID.
    var sources: [ContentID: Result<SourceSurvey, GatherFailure>] = [:]
    /// By host name.
    var hosts: [String: Result<HostSurvey, GatherFailure>] = [:]
    /// The pg_hba.conf of each primary, by content ID.
    var hbaTexts: [ContentID: Result<String, GatherFailure>] = [:]
    /// dbids that the fault-tolerance service ever recorded as up.
    var onceUp: Set<DatabaseID> = []

    /// One mirror that is to be.
    struct Wanted: Sendable, Equatable {
        var placement: MirrorPlacement
        /// Its catalog row, when it has one.
        var row: Segment?
    }
}

/// Asks primaries and hosts what the plan needs to know.
struct MirrorPlanner: Sendable {
    let access: ClusterAccess
    let hostLimit: Int
    let hostTimeout: Duration

    /// Gathers all facts, sources and hosts in parallel; one that does not answer is a fact of its own.
    ///
    /// - Throws: `PostgresError` when the coordinator does not answer.
    func gather(_ cluster: ClusterConfiguration, _ wanted: [PlanFacts.Wanted], _ origin: MirrorPlan.Source)
        async throws -> PlanFacts
    {
        var facts = PlanFacts(cluster: cluster, origin: origin, wanted: wanted)
        if wanted.contains(where: { $0.row != nil }) {
            facts.onceUp = try await access.withCoordinator { try Catalog.onceUp($0) }
        }
        let sources = await fanOut(wanted, limit: 64) { await (content: $0.placement.primary.content, source($0)) }
        for (content, answer) in sources { facts.sources[content] = answer }
        facts.hosts = await hosts(cluster, wanted, facts.sources)
        facts.hbaTexts = await hbaTexts(wanted, facts.sources)
        return facts
    }

    private func source(_ wanted: PlanFacts.Wanted) async -> Result<SourceSurvey, GatherFailure> {
        do {
            return .success(try await access.withSegment(wanted.placement.primary) { try SourceSurvey.ask($0) })
        } catch {
            return .failure(GatherFailure(error))
        }
    }

    private func hosts(
        _ cluster: ClusterConfiguration, _ wanted: [PlanFacts.Wanted],
        _ sources: [ContentID: Result<SourceSurvey, GatherFailure>]
    ) async -> [String: Result<HostSurvey, GatherFailure>] {
        let byHost = Dictionary(grouping: wanted, by: \.placement.hostname)
        // The primaries' hosts are asked too: their addresses go into pg_hba.conf.
        let names = Set(byHost.keys).union(wanted.map(\.placement.primary.hostname)).sorted()
        let siblings = Dictionary(grouping: cluster.allInstances, by: \.hostname)
        let answers = await fanOut(names, limit: hostLimit) { name in
            let questions = (byHost[name] ?? []).map { question($0, sources) }
            return await survey(name, questions, siblings[name] ?? [])
        }
        return Dictionary(uniqueKeysWithValues: zip(names, answers))
    }

    private func question(
        _ wanted: PlanFacts.Wanted, _ sources: [ContentID: Result<SourceSurvey, GatherFailure>]
    ) -> HostSurvey.Question {
        let place = wanted.placement
        let source = try? sources[place.primary.content]?.get()
        return HostSurvey.Question(
            dataDirectory: place.dataDirectory, address: place.address, port: place.port,
            sourceHost: access.engine.connectionHost(of: place.primary), sourcePort: place.primary.port,
            tablespaces: access.engine.tablespacesAreSeparate ? [] : (source?.tablespaces ?? []).map(\.directory))
    }

    private func survey(
        _ host: String, _ questions: [HostSurvey.Question], _ siblings: [Segment]
    ) async -> Result<HostSurvey, GatherFailure> {
        let script = HostSurvey.script(
            questions, binaryDirectory: access.location.binaryDirectory,
            siblings: siblings.map(\.dataDirectory), versionArgument: access.engine.versionArgument)
        do {
            let output = try await access.shell.run(
                ShellCommand(script, purpose: "the survey of host \(host)", timeout: hostTimeout + .seconds(10)),
                on: host)
            return .success(try HostSurvey(output: output.standardOutput, questions: questions))
        } catch {
            return .failure(GatherFailure(error))
        }
    }

    private func hbaTexts(
        _ wanted: [PlanFacts.Wanted], _ sources: [ContentID: Result<SourceSurvey, GatherFailure>]
    ) async -> [ContentID: Result<String, GatherFailure>] {
        let answers = await fanOut(wanted, limit: 64) { wanted -> (ContentID, Result<String, GatherFailure>)? in
            let primary = wanted.placement.primary
            guard let source = try? sources[primary.content]?.get() else { return nil }
            do {
                let file = try await HostFiles.read(source.hbaFile, on: primary.hostname, access.shell)
                return (primary.content, .success(file.text))
            } catch {
                return (primary.content, .failure(GatherFailure(error)))
            }
        }
        return Dictionary(uniqueKeysWithValues: answers.compactMap { $0 })
    }
}
