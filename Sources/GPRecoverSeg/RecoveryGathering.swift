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
        async let settings = fanOut(requests.list, limit: hostLimit) { ($0.failed.dbid, await ownSettings($0)) }
        async let failures = failures(pairs)
        async let leftovers = fanOut(pairs, limit: hostLimit) { ($0.demand.failed.dbid, await left($0)) }
        async let places = fanOut(pairs, limit: hostLimit) { pair in
            (pair.demand.failed.dbid, try? await recovery.placeFacts(pair.demand.result))
        }
        facts.survey = await survey
        for (content, kind) in await running { facts.running[content] = kind }
        for (dbid, own) in await settings { facts.ownSettings[dbid] = own }
        for (dbid, (left, problem)) in await leftovers {
            facts.leftovers[dbid] = left
            if let problem { facts.wayProblems[dbid] = problem }
        }
        for (dbid, found) in await places { facts.places[dbid] = found }
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

    /// What the segment's configuration says now: its addresses and sockets are not its source's.
    private func ownSettings(_ demand: RecoveryDemand) async -> ServerSettings? {
        guard demand.target == nil else { return nil }
        let file = try? await HostFiles.read(
            demand.failed.dataDirectory + "/postgresql.conf", on: demand.failed.hostname, access.shell)
        return file.map { ServerSettings(text: $0.text) }
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

    private func left(_ pair: Pair) async -> (Leftovers?, String?) {
        let target = pair.demand.result
        let left = try? await recovery.reconcile(target)
        guard provesWay || left?.resumable != nil else { return (left, nil) }
        do {
            return (left, try await recovery.resumePossible(source: pair.source, target: target))
        } catch {
            return (left, "\(error)")
        }
    }
}
