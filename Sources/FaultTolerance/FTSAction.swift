/// One thing to do for a pair.
///
/// A list of them is carried out in order and ends at the first that fails. For the coordinator and its standby
/// "catalog" is the history: the standby's row never changes.
public enum FTSAction: Sendable, Equatable {
    /// Catalog: mirror `status d`, both `mode n`.
    case markMirrorDown
    /// Primary: commits wait for nobody.
    case disableSync
    /// Catalog: both `mode n`, the mirror stays up.
    case markNotInSync
    /// Primary: make the mirror's replication slot.
    case createSlot
    /// Wait until the mirror has what the primary had when the wait began; commits wait for nobody yet.
    case awaitCatchUp
    /// Primary: commits wait for the mirror's flush.
    case enableSync
    /// Wait until the mirror has everything that was committed without waiting for it.
    case awaitSwitchPoint
    /// Catalog: mirror `status u`, both `mode s`.
    case markMirrorUp
    /// Catalog, one transaction: the mirror becomes the primary, the primary a mirror that is down.
    case swapRoles
    /// The acting primary by the catalog: promote it, if it still recovers.
    case promote
    /// Nothing can be done for the pair; the log gets the original's line, and this reason.
    case doubleFault(String)
    /// Nothing is done; the log says why.
    case report(String)

    /// Whether it takes back a promise, or lets commits go that waited because of one.
    var isWithdrawal: Bool {
        switch self {
        case .markMirrorDown, .markNotInSync, .disableSync, .report: true
        default: false
        }
    }
}
