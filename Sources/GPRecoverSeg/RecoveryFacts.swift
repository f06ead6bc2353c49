import ClusterModel
import ClusterOperations
import PostgresClient
import RemoteShell
import Reporting

/// A recovery of a content that runs already, whoever started it.
enum RunningRecovery: String, Sendable, CaseIterable {
    case baseBackup = "pg_basebackup"
    case rewind = "pg_rewind"
    case differential = "differential recovery"
}

/// Everything the plan is computed from, gathered without changing anything.
struct RecoveryFacts: Sendable {
    var cluster: ClusterConfiguration
    var origin: RecoveryPlan.Source
    var requests: [RecoveryDemand]
    var survey = PairSurvey()
    /// By the content ID of what is recovered.
    var running: [ContentID: RunningRecovery] = [:]
    /// The settings in a failed segment's own postgresql.conf, where it can be read.
    var ownSettings: [DatabaseID: ServerSettings] = [:]

    /// What the acting primary of a content said; nil when it did not answer.
    func source(_ content: ContentID) -> SourceSurvey? { try? survey.sources[content]?.get() }

    /// What was found where a segment is to be.
    func place(of target: Segment) -> HostSurvey.Place? {
        (try? survey.hosts[target.hostname]?.get())?.places.first {
            $0.dataDirectory == target.dataDirectory
        }
    }

    /// Hosts that do not answer.
    var unreachable: Set<String> {
        Set(
            survey.hosts.compactMap { name, answer in
                if case .failure = answer { return name }
                return nil
            })
    }

    /// The original's two lines, with what each host's trouble is.
    var unreachableWarnings: [ReportLine] {
        let failures = survey.hosts.sorted { $0.key < $1.key }.compactMap { name, answer -> [ReportLine]? in
            guard case .failure(let failure) = answer else { return nil }
            return [.warning("Host \(name) is unreachable")]
                + [.warning("detail: \(failure.text)")] + (failure.hint.map { [.warning("hint: \($0)")] } ?? [])
        }
        guard !failures.isEmpty else { return [] }
        return [.warning("One or more hosts are not reachable via SSH.")] + failures.flatMap { $0 }
    }

    /// The original's lines about recoveries that run.
    var runningWarnings: [ReportLine] {
        RunningRecovery.allCases.compactMap { kind in
            let contents = running.filter { $0.value == kind }.map(\.key).sorted()
            guard !contents.isEmpty else { return nil }
            let list = contents.map { "\($0)" }.joined(separator: ", ")
            return .warning(
                "Found \(kind.rawValue) running for segments with contentIds [\(list)], "
                    + "skipping recovery of these segments")
        }
    }
}

/// Asks primaries and hosts what the plan needs to know, all in parallel.
struct RecoveryGathering: Sendable {
    let access: ClusterAccess
    let hostLimit: Int
    let hostTimeout: Duration

    /// The application name under which `pg_rewind` connects to its source, as the original's does.
    static let rewindName = "__gprecoverseg_pg_rewind__"
    /// The application name of the session that keeps a differential recovery's backup open.
    static let differentialName = "__gprecoverseg_differential__"

    func gather(_ cluster: ClusterConfiguration, _ requests: RequestReading.Result) async -> RecoveryFacts {
        var facts = RecoveryFacts(cluster: cluster, origin: requests.origin, requests: requests.list)
        let pairs = requests.list.compactMap { request in
            cluster.peer(of: request.failed).map { (request: request, source: $0) }
        }
        let places = pairs.map { request, source in
            MirrorPlacement(
                primary: source, hostname: request.result.hostname, address: request.result.address,
                port: request.result.port, dataDirectory: request.result.dataDirectory)
        }
        async let survey = PairSurveyor(access: access, hostLimit: hostLimit, hostTimeout: hostTimeout)
            .gather(places, instances: cluster.allInstances)
        async let running = fanOut(pairs.map(\.source), limit: 64) { source in (source.content, await running(source)) }
        async let settings = fanOut(requests.list, limit: hostLimit) { request in
            (request.failed.dbid, await ownSettings(request))
        }
        facts.survey = await survey
        for (content, kind) in await running { facts.running[content] = kind }
        for (dbid, own) in await settings { facts.ownSettings[dbid] = own }
        return facts
    }

    /// What recovers from a primary now; nil when nothing does, or when it does not answer.
    private func running(_ source: Segment) async -> RunningRecovery? {
        let names = try? await access.withSegment(source) { [engine = access.engine] connection in
            let names = try connection.query(
                """
                SELECT application_name FROM pg_catalog.pg_stat_activity
                WHERE application_name IN ('pg_basebackup', $1, $2) AND pid <> pg_catalog.pg_backend_pid()
                """, [Self.rewindName, Self.differentialName]
            ).rows.map { $0[0] ?? "" }
            // Plain PostgreSQL has no exclusive backups from version 15 on.
            guard engine.family == .greenplum7 else { return names }
            let isInBackup = try connection.query("SELECT pg_catalog.pg_is_in_backup()").value() == "t"
            return names + (isInBackup ? [Self.differentialName] : [])
        }
        guard let names else { return nil }
        if names.contains("pg_basebackup") { return .baseBackup }
        if names.contains(Self.rewindName) { return .rewind }
        return names.contains(Self.differentialName) ? .differential : nil
    }

    /// What the segment's configuration says now: its addresses and sockets are not its source's.
    private func ownSettings(_ request: RecoveryDemand) async -> ServerSettings? {
        guard request.target == nil else { return nil }
        let file = try? await HostFiles.read(
            request.failed.dataDirectory + "/postgresql.conf", on: request.failed.hostname, access.shell)
        return file.map { ServerSettings(text: $0.text) }
    }
}
