import BlockingWork
import ClusterModel
import Reporting
import ToolSupport

/// The plan: the original's list of unbalanced instances, its lines about pairs that stay, and what each swap means.
struct RebalancePlanText {
    let plan: RebalancePlan
    let unreachable: [String: String]

    private static let rule = ReportLine.rule(57)

    var lines: [ReportLine] { silentHosts + instances + decisions + table + [Self.rule] }

    private var silentHosts: [ReportLine] {
        guard !unreachable.isEmpty else { return [] }
        return [.warning("One or more hosts are not reachable via SSH.")]
            + unreachable.sorted { $0.key < $1.key }.flatMap { host, reason -> [ReportLine] in
                [.warning("Host \(host) is unreachable"), .warning("\(host): \(reason)")]
            }
    }

    private var instances: [ReportLine] {
        let all = plan.items.flatMap { item in
            ([item.pair.primary] + (item.pair.mirror.map { [$0] } ?? [])).filter(\.isSwitched).sorted {
                $0.preferredRole == .primary && $1.preferredRole != .primary
            }
        }
        let blocks = all.enumerated().flatMap { index, segment -> [ReportLine] in
            var table = Table(marksWarnings: false)
            table.add(["Unbalanced instance host", "= \(segment.hostname)"])
            table.add(["Unbalanced instance address", "= \(segment.address)"])
            table.add(["Unbalanced instance directory", "= \(segment.dataDirectory)"])
            table.add(["Unbalanced instance port", "= \(segment.port)"])
            table.add(["Balanced role", "= \(segment.preferredRole.label)"])
            table.add(["Current role", "= \(segment.role.label)"])
            return [Self.rule, .info("Unbalanced segment \(index + 1) of \(all.count)"), Self.rule] + table.lines
        }
        return [
            .info("Greenplum instance recovery parameters"), Self.rule,
            .info("Recovery type              = Rebalance"),
        ] + blocks + [Self.rule]
    }

    private var decisions: [ReportLine] {
        [.info("Determining primary and mirror segment pairs to rebalance")]
            + plan.items.flatMap { item -> [ReportLine] in
                let limit = plan.lagLimit.map { limit in
                    [ReportLine.info("Allowed replay lag during rebalance is \(limit.text) GB")]
                }
                return (item.isLagChecked ? limit ?? [] : []) + item.warnings
            }
            + (plan.swaps.isEmpty ? [.info("No segments to rebalance")] : [])
    }

    private var table: [ReportLine] {
        var table = Table(marksWarnings: true)
        table.add(["Content", "New primary", "New mirror", "Replay lag", "Sessions", "Plan"])
        for item in plan.items {
            let lag = item.replayLagBytes.map { ByteCount.text(Int64($0)) } ?? "unknown"
            let seconds = item.interruption.map { Int($0.inSeconds.rounded(.up)) }
            table.add(
                [
                    "\(item.pair.content)", item.pair.mirror?.label ?? "none", item.pair.primary.label, lag,
                    item.sessions.map { "\($0)" } ?? "unknown",
                    seconds.map { "swap: no new connections for about \($0) s" }
                        ?? "stays: \(item.obstacle?.text ?? "")",
                ], warn: item.obstacle != nil)
        }
        return [Self.rule] + table.lines
    }
}

extension RebalancePlan.Item {
    /// Whether the pair came as far as the original's check of the replay lag.
    fileprivate var isLagChecked: Bool {
        switch obstacle {
        case nil, .lag, .silent, .noWayBack: true
        case .noMirror, .down, .unreachable, .notInSync: false
        }
    }

    /// The original's line, and ours with the reason where the original leaves it open.
    fileprivate var warnings: [ReportLine] {
        let mirror = pair.mirror?.dbid.description ?? "none"
        switch obstacle {
        case nil: return []
        case .lag(let bytes):
            return [
                .warning(
                    """
                    \(bytes) bytes of wal is still to be replayed on mirror with dbid \(mirror), let mirror catchup \
                    on replay then trigger rebalance. Use --replay-lag to configure the allowed replay lag limit or \
                    --disable-replay-lag to disable the check completely if you wish to continue with rebalance anyway
                    """)
            ]
        case .silent(let reason):
            return [
                .warning(
                    "Failed to query pg_stat_replication for host:\(pair.primary.hostname), "
                        + "port:\(pair.primary.port), error: \(reason)")
            ]
        case .some(let obstacle):
            return [
                .warning(
                    """
                    Not rebalancing primary segment dbid \(pair.primary.dbid) with its mirror dbid \(mirror) because \
                    one is either down, unreachable, or not synchronized
                    """), .warning("content \(pair.content): \(obstacle.text)"),
            ]
        }
    }
}

extension RebalancePlan.Obstacle {
    /// One line without the pair's name.
    var text: String {
        switch self {
        case .noMirror: "it has no mirror"
        case .down(let segment): "\(segment.role.label.lowercased()) \(segment.label) is down"
        case .unreachable(let host, let reason): "host \(host) is unreachable: \(reason)"
        case .notInSync(let reason): reason
        case .silent(let reason): "its primary does not answer: \(reason)"
        case .lag(let bytes): "its mirror has \(ByteCount.text(Int64(bytes))) to replay"
        case .noWayBack(let reason): "its primary could not return as a mirror: \(reason)"
        }
    }

    /// One word for JSON.
    var name: String {
        switch self {
        case .noMirror: "no-mirror"
        case .down: "down"
        case .unreachable: "unreachable"
        case .notInSync: "not-in-sync"
        case .silent: "no-answer"
        case .lag: "replay-lag"
        case .noWayBack: "no-way-back"
        }
    }
}
