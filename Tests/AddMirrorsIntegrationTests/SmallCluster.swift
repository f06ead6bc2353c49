import Testing

extension OnClusters {
    /// Two hosts with a primary each: all that most questions need.
    ///
    /// The suites inside take turns with one cluster.
    @Suite(.serialized, .cluster(hosts: 2, primariesPerHost: 1)) enum SmallCluster {}
}
