import ClusterModel
import ClusterOperations

/// What the survey saw at the places of segments, for a run that begins at once.
struct RecoveryLooks: Sendable {
    /// By dbid.
    var found: [DatabaseID: TargetLook] = [:]
    /// The ways over which files can be compared, by dbid.
    var ways: [DatabaseID: ProvedWay] = [:]
    /// What the source of each said, by dbid.
    var sources: [DatabaseID: SourceRecoveryFacts] = [:]
    /// Those in whose directory nothing ran, and where no `postmaster.pid` says that something might.
    var atRest: Set<DatabaseID> = []
    /// Those whose host was let in for replication by its source.
    var admitted: Set<DatabaseID> = []
    private let begun = ContinuousClock.now

    /// How long it counts: the tool's lock keeps other runs away meanwhile, and each script that changes something
    /// looks itself whether a server or another copy is in its way.
    private static let age = Duration.seconds(5)

    /// What was seen a moment ago; nil later.
    func fresh(_ dbid: DatabaseID) -> TargetLook? { isFresh ? found[dbid] : nil }

    /// The way that was proved a moment ago; nil later.
    func freshWay(_ dbid: DatabaseID) -> ProvedWay? { isFresh ? ways[dbid] : nil }

    /// What its source said a moment ago; nil later.
    func freshSource(_ dbid: DatabaseID) -> SourceRecoveryFacts? { isFresh ? sources[dbid] : nil }

    /// Whether its source let its host in for replication a moment ago.
    func isAdmitted(_ dbid: DatabaseID) -> Bool { isFresh && admitted.contains(dbid) }

    /// Whether nothing ran there a moment ago.
    func isAtRest(_ dbid: DatabaseID) -> Bool { isFresh && atRest.contains(dbid) }

    private var isFresh: Bool { begun.duration(to: .now) < Self.age }
}
