/// The moments at which a run can be cut off and a later one must finish its work.
///
/// A test kills the tool at every one of them; a new step gets a case here, and with it that test.
enum RecoveryStep: String, CaseIterable, Sendable {
    /// The lock is held, nothing else is done.
    case locked
    /// The plan is computed and shown.
    case planned
    /// The lines are in the primaries' pg_hba.conf.
    case authenticationWritten
    /// What ran of a segment is stopped.
    case stopped
    /// A method works on the data.
    case copyBegun
    /// The data is the primary's; nothing of it was started, or after a differential copy it is just being.
    case copied
    /// The row of a segment that moves names its new place.
    case rowChanged
    /// The segment runs and its primary sees it.
    case started
    /// The fault-tolerance service has probed.
    case probed
}
