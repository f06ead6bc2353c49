import ClusterModel
import ToolSupport

/// `--map`: the cluster as it will be with the plan's mirrors.
enum PlannedMap {
    /// The lines of the picture.
    ///
    /// - Throws: `ConfigurationError` when catalog and plan together make no cluster.
    static func lines(
        _ plan: MirrorPlan, _ cluster: ClusterConfiguration, form: MapForm, style: MapStyle
    ) throws(ConfigurationError) -> [String] {
        form.lines(of: try map(plan, cluster), style: style)
    }

    /// The catalog's rows with the plan's in place of those with their dbids; the plan's are marked as planned.
    static func map(_ plan: MirrorPlan, _ cluster: ClusterConfiguration) throws(ConfigurationError) -> ClusterMap {
        let planned = plan.items.map(\.mirror)
        let dbids = Set(planned.map(\.dbid))
        let rows = cluster.allInstances.filter { !dbids.contains($0.dbid) } + planned
        return ClusterMap(try ClusterConfiguration(rows: rows), planned: dbids)
    }
}
