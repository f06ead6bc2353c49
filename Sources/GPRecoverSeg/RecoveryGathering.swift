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

    /// The application name under which `pg_rewind` connects to its source, as the original's does.
    static let rewindName = "__gprecoverseg_pg_rewind__"
    /// The application name of the session that keeps a differential recovery's backup open.
    static let differentialName = "__gprecoverseg_differential__"

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
        async let survey = PairSurveyor(access: access, hostLimit: hostLimit, hostTimeout: hostTimeout)
            .gather(pairs.map(\.place), instances: cluster.allInstances)
        async let failures = failures(pairs)
        async let looks = fanOut(pairs, limit: hostLimit) { ($0.demand.failed.dbid, await look($0)) }
        async let ways = provesWay ? wayProblems(pairs) : [:]
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
        facts.wayProblems.merge(await ways) { _, proved in proved }
        let (targets, rsync) = await failures
        facts.targets = targets
        facts.looks.atRest = Set(targets.filter(\.value.isAtRest).keys)
        // After the copies: one that runs and streams would be ahead of a primary that was asked before it.
        for (content, answer) in await fanOut(
            pairs, limit: 64, { ($0.source.content, await recoveryFacts(of: $0.source)) })
        {
            facts.sources[content] = answer?.facts
            facts.running[content] = answer?.running
        }
        for pair in pairs { facts.sources[pair.source.content]?.hasRsync = rsync[pair.source.hostname] }
        return facts
    }

    /// What recovers from a primary now; nil when nothing does.
    private static func running(
        _ engine: Engine, _ connection: borrowing PostgresConnection
    ) throws -> RunningRecovery? {
        var names = try connection.query(
            """
            SELECT application_name FROM pg_catalog.pg_stat_activity
            WHERE application_name IN ('pg_basebackup', $1, $2) AND pid <> pg_catalog.pg_backend_pid()
            """, [Self.rewindName, Self.differentialName]
        ).rows.map { $0[0] ?? "" }
        if engine.hasExclusiveBackups,
            try connection.query("SELECT pg_catalog.pg_is_in_backup()").value() == "t"
        {
            names.append(Self.differentialName)
        }
        if names.contains("pg_basebackup") { return .baseBackup }
        if names.contains(Self.rewindName) { return .rewind }
        return names.contains(Self.differentialName) ? .differential : nil
    }

    /// What a primary says of itself and of recoveries from it, in one session; nil when it does not answer.
    private func recoveryFacts(
        of source: Segment
    ) async -> (facts: SourceRecoveryFacts?, running: RunningRecovery?)? {
        try? await access.withSegment(source) { [engine = access.engine] connection in
            let running = (try? Self.running(engine, connection)) ?? nil
            // A session that ran into a deadline there is lost, and says so here.
            return (try? SourceRecoveryFacts.ask(connection), running)
        }
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
        guard !provesWay, found?.leftovers.resumable != nil else { return (found, nil) }
        return (found, await wayProblem(pair))
    }

    /// Why nothing can be fetched by content, by the target's dbid; nothing where it can.
    ///
    /// One connection for all that go from one host to another: making it is most of the work. Where it proves
    /// something amiss, each is tried by itself.
    private func wayProblems(_ pairs: [Pair]) async -> [DatabaseID: String] {
        let groups = Dictionary(grouping: pairs) { [$0.demand.result.hostname, $0.source.hostname] }
        let problems = await fanOut(Array(groups.values), limit: hostLimit) { group -> [(DatabaseID, String)] in
            guard let first = group.first, let problem = await wayProblem(first, with: group.dropFirst().map(\.source))
            else { return [] }
            guard group.count > 1 else { return [(first.demand.failed.dbid, problem)] }
            return await fanOut(group, limit: hostLimit) { pair in
                await wayProblem(pair).map { (pair.demand.failed.dbid, $0) }
            }.compactMap { $0 }
        }
        return Dictionary(problems.flatMap { $0 }) { first, _ in first }
    }

    private func wayProblem(_ pair: Pair, with others: [Segment] = []) async -> String? {
        do {
            return try await recovery.resumePossible(source: pair.source, with: others, target: pair.demand.result)
        } catch {
            return "\(error)"
        }
    }
}
