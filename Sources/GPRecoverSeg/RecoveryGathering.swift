import ClusterModel
import ClusterOperations
import PostgresClient
import RemoteShell

/// Asks primaries and hosts what the plan needs to know, all in parallel.
struct RecoveryGathering: Sendable {
    let access: ClusterAccess
    let recovery: SegmentRecovery
    let hostLimit: Int
    let hostTimeout: Duration
    /// Whether a way to compare files over SSH is to be proved for every segment.
    let provesWay: Bool
    /// Whether the connections over which it was proved stay open for a moment, since copies are about to follow.
    let keepsWay: Bool
    /// For how long: longer than what was seen counts (`RecoveryLooks`).
    private static let keptSeconds = 20

    /// A demand with the acting primary that it is served from.
    private struct Pair: Sendable {
        let demand: RecoveryDemand
        let source: Segment

        var place: MirrorPlacement {
            let target = demand.result
            return MirrorPlacement(
                primary: source, hostname: target.hostname, address: target.address, port: target.port,
                dataDirectory: target.dataDirectory)
        }
    }

    func gather(_ cluster: ClusterConfiguration, _ requests: RequestReading.Result) async -> RecoveryFacts {
        var facts = RecoveryFacts(cluster: cluster, origin: requests.origin, requests: requests.list)
        let pairs = requests.list.compactMap { demand in
            cluster.peer(of: demand.failed).map { Pair(demand: demand, source: $0) }
        }
        let answers = SourceAnswers()
        async let survey = PairSurveyor(
            access: access, hostLimit: hostLimit, hostTimeout: hostTimeout, provesReplication: true
        ) {
            [engine = access.engine] primary, connection, known in
            answers.note(SourceAnswer.ask(engine, connection, known: known), of: primary.content)
        }.gather(pairs.map(\.place), instances: cluster.allInstances)
        async let failures = failures(pairs)
        async let looks = fanOut(pairs, limit: hostLimit) { ($0.demand.failed.dbid, await look($0)) }
        async let ways = provesWay ? proveWays(pairs) : [:]
        facts.survey = await survey
        // A segment that moves gets its settings from its source.
        let own = Set(requests.list.filter { $0.target == nil }.map(\.failed.dbid))
        for (dbid, (found, problem)) in await looks {
            facts.looks.found[dbid] = found
            facts.leftovers[dbid] = found?.leftovers
            facts.places[dbid] = found?.place
            facts.ownSettings[dbid] = own.contains(dbid) ? found?.settings : nil
            if let problem { facts.wayProblems[dbid] = problem }
        }
        for (dbid, way) in await ways {
            switch way {
            case .success(let way): facts.looks.ways[dbid] = way
            case .failure(let problem): facts.wayProblems[dbid] = "\(problem)"
            }
        }
        let (targets, rsync) = await failures
        facts.targets = targets
        // A rewind that was cut off before it wrote anything has left the copy as it was.
        for (dbid, left) in facts.leftovers where left.unfinished?.isTouched == false {
            facts.targets[dbid]?.mark = nil
        }
        facts.looks.atRest = Set(targets.filter(\.value.isAtRest).keys)
        facts.take(answers.all)
        // A copy that runs may stream: it would be ahead of a primary that was asked before it.
        // And adding up sizes for too long costs the session in which the rest was to be asked.
        let unsure = pairs.filter {
            facts.sources[$0.source.content] == nil || targets[$0.demand.failed.dbid]?.hasProcesses != false
        }
        facts.take(
            Dictionary(
                uniqueKeysWithValues: await fanOut(unsure, limit: 64) {
                    ($0.source.content, await answer(of: $0.source))
                }))
        for pair in pairs {
            facts.sources[pair.source.content]?.hasRsync = rsync[pair.source.hostname]
            if facts.place(of: pair.demand.result)?.isAdmitted == true {
                facts.looks.admitted.insert(pair.demand.failed.dbid)
            }
            facts.looks.sources[pair.demand.failed.dbid] = facts.sources[pair.source.content]
        }
        return facts
    }

    /// What a primary says now, in a session of its own; nil when it does not answer.
    private func answer(of source: Segment) async -> SourceAnswer? {
        try? await access.withSegment(source) { [engine = access.engine] in SourceAnswer.ask(engine, $0, known: nil) }
    }

    /// The failed copies by dbid, and which hosts have rsync.
    private func failures(
        _ pairs: [Pair]
    ) async -> (targets: [DatabaseID: TargetRecoveryFacts], rsync: [String: Bool]) {
        let byHost = Dictionary(grouping: pairs.map(\.demand.result), by: \.hostname)
        let names = Set(byHost.keys).union(pairs.map(\.source.hostname)).sorted()
        let answers = await fanOut(names, limit: hostLimit) { [access] host in
            (
                host,
                try? await FailureSurvey.ask(
                    segments: byHost[host] ?? [], on: host, access.shell,
                    binaryDirectory: access.location.binaryDirectory)
            )
        }
        var targets: [DatabaseID: TargetRecoveryFacts] = [:]
        var rsync: [String: Bool] = [:]
        for (host, survey) in answers {
            rsync[host] = survey?.hasRsync
            targets.merge(survey?.copies ?? [:]) { first, _ in first }
        }
        return (targets, rsync)
    }

    /// What is at a target's place, and why an unfinished copy there cannot be resumed.
    private func look(_ pair: Pair) async -> (TargetLook?, String?) {
        let found = try? await recovery.look(pair.demand.result)
        guard !provesWay, found?.leftovers.resumable != nil, case .failure(let problem) = await prove(pair) else {
            return (found, nil)
        }
        return (found, "\(problem)")
    }

    /// Whether files can be fetched by content, by the target's dbid.
    ///
    /// One connection for all that go from one host to another: making it is most of the work. Where it proves
    /// something amiss, each is tried by itself.
    private func proveWays(_ pairs: [Pair]) async -> [DatabaseID: Result<ProvedWay, any Error>] {
        let groups = Dictionary(grouping: pairs) { [$0.demand.result.hostname, $0.source.hostname] }
        let found = await fanOut(Array(groups.values), limit: hostLimit) { group in
            guard let first = group.first else { return [(DatabaseID, Result<ProvedWay, any Error>)]() }
            let answer = await prove(first, with: group.dropFirst().map(\.source))
            if group.count > 1, case .failure = answer {
                return await fanOut(group, limit: hostLimit) { ($0.demand.failed.dbid, await prove($0)) }
            }
            return group.map { ($0.demand.failed.dbid, answer) }
        }
        return Dictionary(found.flatMap { $0 }) { first, _ in first }
    }

    private func prove(_ pair: Pair, with others: [Segment] = []) async -> Result<ProvedWay, any Error> {
        do {
            return .success(
                try await recovery.proveWay(
                    source: pair.source, with: others, target: pair.demand.result,
                    keptFor: keepsWay ? Self.keptSeconds : 0))
        } catch {
            return .failure(error)
        }
    }
}
