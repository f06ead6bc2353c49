/// Every boundary between two steps of the service: a process that dies at one has done what its name says and nothing
/// after it.
///
/// A test dies at each of them in turn.
public enum FTSStep: String, Sendable, CaseIterable {
    // A cycle.
    case cycleBegun = "cycle-begun"
    case primaryProbed = "primary-probed"
    case actionsDecided = "actions-decided"
    case cycleEnded = "cycle-ended"

    // Any change of the catalog.
    case catalogChangeWritten = "catalog-change-written"
    /// The commit took effect; its answer may still be lost.
    case catalogChangeCommitted = "catalog-change-committed"

    // The mirror is gone.
    case mirrorMarkedDown = "mirror-marked-down"
    case syncOffWritten = "sync-off-written"
    case syncOffLoaded = "sync-off-loaded"

    // The mirror is back.
    case pairMarkedNotInSync = "pair-marked-not-in-sync"
    case slotCreated = "slot-created"
    case mirrorCaughtUp = "mirror-caught-up"
    case syncOnWritten = "sync-on-written"
    case syncOnLoaded = "sync-on-loaded"
    case syncSeen = "sync-seen"
    case switchPointPassed = "switch-point-passed"
    case mirrorMarkedUp = "mirror-marked-up"

    // The primary is gone.
    case mirrorRechecked = "mirror-rechecked"
    case rolesSwapped = "roles-swapped"
    case promotionSyncCleared = "promotion-sync-cleared"
    case promotionSlotCreated = "promotion-slot-created"
    case promotionRequested = "promotion-requested"
    case promotionSeen = "promotion-seen"
}

/// Called at each boundary; a test or a debugging aid ends the process there, or throws.
public typealias FTSKillPoint = @Sendable (FTSStep) throws -> Void
