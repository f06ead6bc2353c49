import ClusterModel

/// What the command line says about a rebalance.
struct RebalanceOptions: Sendable {
    /// `-B`: hosts worked on at once.
    var hostCount = 16
    /// `-b`: pairs of one host worked on at once.
    var segmentCount = 64
    var isDryRun = false
    var hidesProgress = false
    /// `--replay-lag`; nil for `--disable-replay-lag`.
    var lagLimit: ReplayLagLimit? = ReplayLagLimit()
    /// How long a host may take to answer.
    var hostTimeout: Duration = .seconds(10)
    /// `--wait`: how long each pair is waited for until it is in sync.
    var syncTimeout: Duration = .seconds(600)
}
