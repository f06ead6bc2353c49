import ClusterModel
import ClusterOperations
import PostgresClient
import RemoteShell

/// Asks hosts and acting primaries what a rebalance has to know; changes nothing.
struct RebalanceSurvey: Sendable {
    let access: ClusterAccess
    let build: MirrorBuild
    let hostCount: Int
    let hostTimeout: Duration

    /// What does not answer is a fact, not an end.
    func gather(_ pairs: [SegmentPair], lagLimit: ReplayLagLimit?) async -> RebalanceFacts {
        var facts = RebalanceFacts(pairs: pairs, lagLimit: lagLimit)
        async let unreachable = unreachable(pairs)
        async let answers = fanOut(pairs, limit: 64) { await replication(of: $0) }
        async let pause = servicePause()
        facts.unreachable = await unreachable
        for (pair, answer) in zip(pairs, await answers) { facts.replication[pair.content] = answer }
        facts.noWayBack = await closedWays(pairs, facts.unreachable)
        facts.servicePause = await pause
        return facts
    }

    private func unreachable(_ pairs: [SegmentPair]) async -> [String: String] {
        let hosts = Set(pairs.flatMap { [$0.primary.hostname] + ($0.mirror.map { [$0.hostname] } ?? []) }).sorted()
        let reasons = await fanOut(hosts, limit: hostCount) { host -> String? in
            do {
                let output = try await access.shell.run(
                    ShellCommand("exit 0", purpose: "an answer of \(host)", overallTimeout: hostTimeout), on: host)
                return output.succeeded ? nil : output.lastErrorLine
            } catch {
                return (error as? ShellError)?.reason ?? "\(error)"
            }
        }
        return Dictionary(zip(hosts, reasons).compactMap { host, reason in reason.map { (host, $0) } }) { first, _ in
            first
        }
    }

    /// How the mirror of one pair follows, in its primary's words.
    func replication(of pair: SegmentPair) async -> Result<PairReplication, RebalanceFacts.Silence> {
        do {
            return .success(try await access.withSegment(pair.primary) { try Self.ask($0) })
        } catch {
            return .failure(RebalanceFacts.Silence("\(error)"))
        }
    }

    private static func ask(_ connection: borrowing PostgresConnection) throws -> PairReplication {
        let row = try connection.query(
            """
            SELECT pg_catalog.count(*) FILTER (WHERE state = 'streaming'),
                pg_catalog.max(pg_catalog.pg_wal_lsn_diff(flush_lsn, replay_lsn))::bigint,
                (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity
                    WHERE backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()
                        AND application_name <> 'gpftsd')
            FROM pg_catalog.pg_stat_replication WHERE pg_catalog.lower(application_name) = $1
            """, [Engine.walReceiverName], timeout: .seconds(10)
        ).row()
        return PairReplication(
            isStreaming: row[0] == "1", replayLagBytes: row[1].flatMap { Int($0) },
            sessions: row[2].flatMap { Int($0) } ?? 0)
    }

    /// Today's primaries come back as mirrors: the new primary must let them replicate.
    private func closedWays(_ pairs: [SegmentPair], _ unreachable: [String: String]) async -> [ContentID: String] {
        guard access.engine.mirrorsAcceptSessions else { return [:] }
        let askable = pairs.filter { unreachable[$0.primary.hostname] == nil && $0.mirror?.status == .up }
        let reasons = await fanOut(askable, limit: 64) { pair -> String? in
            guard let mirror = pair.mirror else { return nil }
            do {
                let output = try await access.shell.run(
                    ShellCommand(build.replicationProof(mirror), purpose: "the way to \(mirror.label)"),
                    on: pair.primary.hostname)
                return output.succeeded ? nil : output.lastErrorLine
            } catch {
                return "\(error)"
            }
        }
        return Dictionary(
            zip(askable, reasons).compactMap { pair, reason in reason.map { (pair.content, $0) } }
        ) { first, _ in first }
    }

    /// Greenplum's service tries a primary `gp_fts_probe_retries` times more, a second apart.
    private func servicePause() async -> Duration {
        guard access.engine.isGreenplum else { return .zero }
        let retries = try? await access.withCoordinator { connection in
            try connection.query("SELECT pg_catalog.current_setting('gp_fts_probe_retries')").value()
        }
        return .seconds((retries ?? nil).flatMap { Int($0) } ?? 5)
    }
}
