/// The moments at which a run can be cut off and a later one must put things right.
///
/// A test kills the tool at every one of them; a new step gets a case here, and with it that test.
enum StandbyStep: String, CaseIterable, Sendable {
    /// The lock is held, nothing else is done.
    case locked
    /// The plan is computed and shown.
    case planned
    /// The standby's row is in the catalog.
    case rowAdded
    /// The lines are in the coordinator's pg_hba.conf.
    case authenticationWritten
    /// The lines are in the segments' pg_hba.conf.
    case segmentsWritten
    /// The copy has begun: its mark stands beside the directory.
    case copyBegun
    /// The copy is complete and marked so.
    case copied
    /// The standby runs.
    case started
    /// The standby streams and has what the coordinator had.
    case caughtUp
    /// Commits wait for the standby from about here on.
    case syncEnabled
    /// The standby is in sync and was seen to be.
    case verified
    /// The mark is gone: nothing is left to do.
    case finished

    /// The steps of a removal.
    static let removal: [RemovalStep] = RemovalStep.allCases
}

/// The moments of a removal.
enum RemovalStep: String, CaseIterable, Sendable {
    /// Commits do not wait for the standby any more.
    case released
    /// The standby does not run any more.
    case standbyStopped
    /// Its data directory is gone.
    case directoryRemoved
    /// Its slot is gone.
    case slotDropped
    /// Its row is gone.
    case rowRemoved
}
