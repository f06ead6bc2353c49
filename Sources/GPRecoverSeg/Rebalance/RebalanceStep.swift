/// The moments at which a rebalance can be cut off and a later run must finish its work.
///
/// A test kills the tool at every one of them; a new step gets a case here, and with it that test.
enum RebalanceStep: String, CaseIterable, Sendable {
    /// The plan is computed and shown, and the service has answered; nothing is changed.
    case begun = "rebalance-begun"
    /// Both instances of a pair have written a checkpoint.
    case checkpointed = "rebalance-checkpointed"
    /// The acting primary has stopped; its mirror does not know yet.
    case primaryStopped = "rebalance-primary-stopped"
    /// The mirror is the primary, in the catalog too, and takes writes; the old primary is stopped.
    case promoted = "rebalance-promoted"
    /// The old primary is configured as a mirror and does not run.
    case returnConfigured = "rebalance-return-configured"
    /// The old primary runs as a mirror and streams.
    case mirrorStarted = "rebalance-mirror-started"
    /// The pair is in sync in its preferred roles.
    case synchronized = "rebalance-synchronized"
}
