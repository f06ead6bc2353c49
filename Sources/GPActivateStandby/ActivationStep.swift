/// The moments at which a run can be cut off and a later one must go on.
///
/// A test kills the tool at every one of them; a new step gets a case here, and with it that test.
enum ActivationStep: String, CaseIterable, Sendable {
    /// The lock is held, nothing else is done.
    case locked
    /// What is there is known, the plan is shown and agreed to.
    case agreed
    /// The fence command, if there is one, has run, and the old coordinator was looked at again.
    case coordinatorFenced
    /// The standby runs.
    case standbyRuns
    /// The segments within reach turn the old coordinator away.
    case segmentsFenced
    /// Where the segments are not known before the promotion: nobody but the administrator gets in.
    case gateShut
    /// The server was told to end its recovery.
    case promotionRequested
    /// The server is out of recovery and takes writes.
    case promoted
    /// The segments within reach turn the old coordinator away, also where they became known only now.
    case segmentsFencedLate
    /// Everybody gets in as before.
    case gateOpen
    /// The catalog names this instance as the coordinator.
    case catalogChanged
    /// The catalog's roles are what the instances are.
    case rolesCorrected
    /// The old coordinator's data directory is marked, where its host can be reached.
    case oldMarked
    /// The fault-tolerance service runs here.
    case serviceStarted
    /// A read and a write reached every content.
    case verified
    /// The result is printed.
    case reported
}
