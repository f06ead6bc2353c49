import ClusterModel
import ClusterOperations

/// How the coordinator takes sessions.
enum CoordinatorRole: String, Sendable {
    /// As clients see it.
    case dispatch
    /// Alone, without its segments.
    case utility
}

/// What the coordinator says of itself in a session.
struct CoordinatorSession: Sendable, Equatable {
    /// The version the cluster was made with (`gp_version_at_initdb`).
    var initialVersion: String
    /// `show server_version`.
    var serverVersion: String
    var role: CoordinatorRole
}

/// Everything a report can be made of.
///
/// Each mode needs only a part: `StatusMode.needs(in:)`.
struct ClusterFacts: Sendable {
    var configuration: ClusterConfiguration
    /// The words of the cluster's line.
    var vocabulary = Vocabulary.greenplum7
    /// The coordinator's data directory as the option or the environment gave it.
    var coordinatorDirectory: String
    /// The directory of the running program, without a final slash.
    var programDirectory: String

    /// What the hosts said, by dbid.
    var instances: [DatabaseID: InstanceFacts] = [:]
    /// What the acting primaries said, by content.
    var replication: [ContentID: ReplicationFacts] = [:]
    /// What the acting primaries said of synchronous commit, by content.
    var synchronization: [ContentID: SynchronizationFacts] = [:]
    /// What a running recovery wrote down.
    var recoveries: [RecoveryProgress] = []
    /// The coordinator's own replication.
    var standbyReplication: [StandbyReplicationRow] = []
    /// The same from near, beyond what the original asks; nil when it was not asked for.
    var standbyStream: StandbyStreamFacts?
    /// What is left of the contents that `doublyFailed` names.
    var doubleFaults: [DoubleFault] = []
    var expansion = ExpansionFacts.none
    var session: CoordinatorSession?
    /// Rows of `gp_configuration_history`, oldest first.
    var history: [HistoryEntry] = []

    init(configuration: ClusterConfiguration, coordinatorDirectory: String, programDirectory: String) {
        self.configuration = configuration
        self.coordinatorDirectory = coordinatorDirectory
        self.programDirectory = programDirectory
    }

    /// What is known of an instance; one that no host spoke of counts as failed.
    func instance(_ segment: Segment) -> InstanceFacts {
        instances[segment.dbid] ?? .failed(.noOutput(address: segment.address))
    }

    /// What its primary says of a pair's replication; one that was not asked counts as failed.
    func replication(of pair: SegmentPair) -> ReplicationFacts {
        replication[pair.content] ?? .failed(reason: nil)
    }

    /// What its primary says of a pair's synchronous commit; one that was not asked counts as failed.
    func synchronization(of pair: SegmentPair) -> SynchronizationFacts {
        synchronization[pair.content] ?? .failed(reason: nil)
    }
}
