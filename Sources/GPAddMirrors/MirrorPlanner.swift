import ClusterModel
import ClusterOperations

/// Everything the plan is computed from, gathered without changing anything.
struct PlanFacts: Sendable {
    var cluster: ClusterConfiguration
    var origin: MirrorPlan.Source
    /// Where each content without a working mirror gets it; for contents with a row, the row's place.
    var wanted: [Wanted]
    /// By content ID.
    var sources: [ContentID: Result<SourceSurvey, GatherFailure>] = [:]
    /// By host name.
    var hosts: [String: Result<HostSurvey, GatherFailure>] = [:]
    /// The pg_hba.conf of each primary, by content ID.
    var hbaTexts: [ContentID: Result<String, GatherFailure>] = [:]
    /// dbids that the fault-tolerance service ever recorded as up.
    var onceUp: Set<DatabaseID> = []

    /// Rows that are gprecoverseg's work.
    var leftOut: [Segment] = []

    /// One mirror that is to be.
    struct Wanted: Sendable, Equatable {
        var placement: MirrorPlacement
        /// Its catalog row, when it has one.
        var row: Segment?
    }
}

/// Asks primaries and hosts what the plan needs to know.
struct MirrorPlanner: Sendable {
    let access: ClusterAccess
    let hostLimit: Int
    let hostTimeout: Duration

    /// Gathers all facts, sources and hosts in parallel; one that does not answer is a fact of its own.
    ///
    /// - Throws: `PostgresError` when the coordinator does not answer.
    func gather(_ cluster: ClusterConfiguration, _ wanted: [PlanFacts.Wanted], _ origin: MirrorPlan.Source)
        async throws -> PlanFacts
    {
        var facts = PlanFacts(cluster: cluster, origin: origin, wanted: wanted)
        if wanted.contains(where: { $0.row != nil }) {
            facts.onceUp = try await access.withCoordinator { try Catalog.onceUp($0) }
        }
        let survey = await PairSurveyor(access: access, hostLimit: hostLimit, hostTimeout: hostTimeout)
            .gather(wanted.map(\.placement), instances: cluster.allInstances)
        (facts.sources, facts.hosts, facts.hbaTexts) = (survey.sources, survey.hosts, survey.hbaTexts)
        return facts
    }
}
