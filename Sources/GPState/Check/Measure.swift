/// A number that an aspect is judged by, with its unit and its thresholds by default.
enum Measure: String, CaseIterable, Sendable {
    /// Seconds to the coordinator's first answer.
    case coordinatorTime = "coordinator_time"
    /// 0: the standby streams in sync; 1: it does not, or there is none; 2: there is one, and it does not stream.
    case standbyTrouble = "standby_trouble"
    case segmentsDown = "segments_down"
    case contentsNotInSync = "contents_not_in_sync"
    case rolesSwitched = "roles_switched"
    /// Bytes that the slowest mirror or the standby has not replayed.
    case replicationLag = "replication_lag"
    /// Bytes of WAL that the worst replication slot keeps.
    case retainedWAL = "retained_wal"
    /// Seconds until WAL that an idle slot keeps has filled its disk or its limit, at the rate that was seen.
    case walFullIn = "wal_full_in"
    /// Percent of the fullest file system that holds a data directory or its WAL.
    case diskUsed = "disk_used"
    /// Server versions beyond the first.
    case versionsBeyondOne = "versions_beyond_one"
    /// Hosts whose loss, now, would stop the cluster.
    case lethalHosts = "lethal_hosts"

    /// What the number counts.
    enum Unit: Sendable, Equatable {
        case count
        case bytes
        case seconds
        case percent

        /// The unit of performance data.
        var mark: String {
            switch self {
            case .count: ""
            case .bytes: "B"
            case .seconds: "s"
            case .percent: "%"
            }
        }
    }

    var aspect: CheckAspect {
        switch self {
        case .coordinatorTime: .coordinator
        case .standbyTrouble: .standby
        case .segmentsDown: .segmentsUp
        case .contentsNotInSync: .inSync
        case .rolesSwitched: .preferredRoles
        case .replicationLag: .replicationLag
        case .retainedWAL, .walFullIn: .retainedWAL
        case .diskUsed: .disk
        case .versionsBeyondOne: .versions
        case .lethalHosts: .oneMoreHostLoss
        }
    }

    var unit: Unit {
        switch self {
        case .coordinatorTime, .walFullIn: .seconds
        case .replicationLag, .retainedWAL: .bytes
        case .diskUsed: .percent
        case .standbyTrouble, .segmentsDown, .contentsNotInSync, .rolesSwitched, .versionsBeyondOne, .lethalHosts:
            .count
        }
    }

    /// Whether small numbers are the bad ones.
    var isBadWhenSmall: Bool { self == .walFullIn }

    /// The thresholds without options; gpstate(8) names where each comes from.
    ///
    /// Greenplum's administrator guide ("Recommended Monitoring and Maintenance Tasks") wants failed segments, pairs out
    /// of sync, switched roles and the standby looked after, and space above 75 % freed; its guide to storage plans with
    /// disks 70 % full. 10 GB is the lag beyond which `gprecoverseg -r` refuses (`--replay-lag`).
    var defaults: Threshold {
        switch self {
        case .coordinatorTime: Threshold(warning: 5, critical: nil)
        case .standbyTrouble: Threshold(warning: 0, critical: 1)
        case .segmentsDown: Threshold(warning: nil, critical: 0)
        case .contentsNotInSync, .rolesSwitched, .versionsBeyondOne, .lethalHosts: Threshold(warning: 0, critical: nil)
        case .replicationLag, .retainedWAL: Threshold(warning: Double(1 << 30), critical: Double(10 << 30))
        case .walFullIn: Threshold(warning: 24 * 3600, critical: 4 * 3600)
        case .diskUsed: Threshold(warning: 70, critical: 75)
        }
    }
}

/// The numbers beyond which a measure is a warning, or critical; nil is never.
struct Threshold: Sendable, Equatable {
    var warning: Double?
    var critical: Double?

    /// What `value` means; a value at a threshold is still within it.
    func status(_ value: Double, of measure: Measure) -> CheckStatus {
        func isBeyond(_ limit: Double?) -> Bool {
            limit.map { measure.isBadWhenSmall ? value < $0 : value > $0 } ?? false
        }
        return isBeyond(critical) ? .critical : isBeyond(warning) ? .warning : .ok
    }
}
