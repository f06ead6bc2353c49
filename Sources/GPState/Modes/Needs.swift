import ClusterModel

/// Facts beyond the catalog that have to be gathered for a mode.
struct Needs: OptionSet, Sendable, Hashable {
    let rawValue: Int

    /// Everything in `InstanceStatus`, for every instance.
    static let instanceStatus = Needs(rawValue: 1 << 0)
    /// `InstanceStatus.version`, for the instances that are up in the catalog.
    static let versions = Needs(rawValue: 1 << 1)
    /// `InstanceStatus.pid` and `pidError` alone, for the standby.
    static let standbyProcess = Needs(rawValue: 1 << 2)
    /// `ClusterFacts.session`.
    static let session = Needs(rawValue: 1 << 3)
    /// `ClusterFacts.replication`, for the acting primaries that are up in the catalog.
    static let replication = Needs(rawValue: 1 << 4)
    /// `ClusterFacts.synchronization`, for every acting primary.
    static let synchronization = Needs(rawValue: 1 << 5)
    /// `ClusterFacts.recoveries`.
    static let recoveries = Needs(rawValue: 1 << 6)
    /// `ClusterFacts.standbyReplication`.
    static let standbyReplication = Needs(rawValue: 1 << 7)
    /// `ClusterFacts.expansion`; its tables may stay empty.
    static let expansion = Needs(rawValue: 1 << 8)
    /// The tables of `ClusterFacts.expansion` too.
    static let expansionTables = Needs(rawValue: 1 << 9)
    /// With `instanceStatus`: the version of mirrors too, each of which has to be asked for it.
    static let everyVersion = Needs(rawValue: 1 << 10)
    /// `ClusterFacts.doubleFaults`, where the other facts show one.
    static let doubleFaults = Needs(rawValue: 1 << 11)
    /// `ClusterFacts.standbyStream`.
    static let standbyStream = Needs(rawValue: 1 << 12)
    /// `ClusterFacts.history`.
    static let history = Needs(rawValue: 1 << 13)
}

extension StatusMode {
    /// What has to be gathered for this mode in this cluster.
    func needs(in configuration: ClusterConfiguration) -> Needs {
        let replication: Needs = configuration.hasMirrors ? .replication : []
        return switch self {
        case .mirrors, .mapping, .quick, .ports, .sampleTable, .advice, .map: []
        case .events: .history
        case .brief: [.instanceStatus, .expansion]
        case .detailed: [.instanceStatus, .session, .expansion, replication]
        case .problems:
            configuration.hasMirrors
                ? [.instanceStatus, .replication, .synchronization, .recoveries, .doubleFaults] : []
        case .segmentRows: [.instanceStatus, .everyVersion, replication]
        case .versions: .versions
        case .standby:
            configuration.standby == nil
                ? .standbyReplication : [.standbyProcess, .standbyReplication, .standbyStream]
        case .expansion: [.expansion, .expansionTables]
        }
    }
}
