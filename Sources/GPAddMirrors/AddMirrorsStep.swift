/// The moments at which a run can be cut off and a later one must finish its work.
///
/// A test kills the tool at every one of them; a new step gets a case here, and with it that test.
enum AddMirrorsStep: String, CaseIterable, Sendable {
    /// The lock is held, nothing else is done.
    case locked
    /// The plan is computed and shown.
    case planned
    /// The lines are in the primaries' pg_hba.conf.
    case authenticationWritten
    /// A copy has begun: its mark stands beside the directory.
    case copyBegun
    /// The copy is complete and marked so.
    case copied
    /// The mirror's row is in the catalog.
    case rowAdded
    /// The mirror runs, its mark is gone.
    case started
    /// The fault-tolerance service has probed.
    case probed
}
