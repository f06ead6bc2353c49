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
        async let running = fanOut(pairs, limit: 64) { ($0.source.content, await recoveryRunning(on: $0.source)) }
        async let failures = failures(pairs)
        async let looks = fanOut(pairs, limit: hostLimit) { ($0.demand.failed.dbid, await look($0)) }
        facts.survey = await survey
        for (content, kind) in await running { facts.running[content] = kind }
        // A segment that moves gets its settings from its source.
        let own = Set(requests.list.filter { $0.target == nil }.map(\.failed.dbid))
        for (dbid, (found, problem)) in await looks {
            facts.leftovers[dbid] = found?.leftovers
            facts.places[dbid] = found?.place
            facts.ownSettings[dbid] = own.contains(dbid) ? found?.settings : nil
            if let problem { facts.wayProblems[dbid] = problem }
        }
        let (targets, rsync) = await failures
        facts.targets = targets
        // After the copies: one that runs and streams would be ahead of a primary that was asked before it.
        for (content, answer) in await fanOut(
            pairs, limit: 64, { ($0.source.content, await recoveryFacts(of: $0.source)) })
        {
            facts.sources[content] = answer
        }
        for pair in pairs { facts.sources[pair.source.content]?.hasRsync = rsync[pair.source.hostname] }
        return facts
    }

    /// What recovers from a primary now; nil when nothing does, or when it does not answer.
    private func recoveryRunning(on source: Segment) async -> RunningRecovery? {
        let names = try? await access.withSegment(source) { [engine = access.engine] connection in
            let names = try connection.query(
                """
                SELECT application_name FROM pg_catalog.pg_stat_activity
                WHERE application_name IN ('pg_basebackup', $1, $2) AND pid <> pg_catalog.pg_backend_pid()
                """, [Self.rewindName, Self.differentialName]
            ).rows.map { $0[0] ?? "" }
            guard engine.hasExclusiveBackups else { return names }
            let isInBackup = try connection.query("SELECT pg_catalog.pg_is_in_backup()").value() == "t"
            return names + (isInBackup ? [Self.differentialName] : [])
        }
        guard let names else { return nil }
        if names.contains("pg_basebackup") { return .baseBackup }
        if names.contains(Self.rewindName) { return .rewind }
        return names.contains(Self.differentialName) ? .differential : nil
    }

    private func recoveryFacts(of source: Segment) async -> SourceRecoveryFacts? {
        try? await access.withSegment(source) { try SourceRecoveryFacts.ask($0) }
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

    /// What is at a target's place, and why nothing can be fetched to it by content.
    private func look(_ pair: Pair) async -> (TargetLook?, String?) {
        let target = pair.demand.result
        let found = try? await recovery.look(target)
        guard provesWay || found?.leftovers.resumable != nil else { return (found, nil) }
        do {
            return (found, try await recovery.resumePossible(source: pair.source, target: target))
        } catch {
            return (found, "\(error)")
        }
    }
}
