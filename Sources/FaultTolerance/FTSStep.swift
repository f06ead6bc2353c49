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
    /// A standby of the coordinator that is in sync has it too, or was waited for.
    case catalogChangeReplicated = "catalog-change-replicated"

    // A segment meets a coordinator that is newer than the one it remembers.
    case timelineRemembered = "timeline-remembered"
    case olderSessionsEnded = "older-sessions-ended"

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

    // The coordinator and its standby: the same boundaries as a pair's, in another place.
    case coordinatorProbed = "coordinator-probed"
    case standbyDecided = "standby-decided"
    case standbyHistoryWritten = "standby-history-written"
    case standbyHistoryCommitted = "standby-history-committed"
    case standbyMarkedGone = "standby-marked-gone"
    case standbyMarkedNotInSync = "standby-marked-not-in-sync"
    case standbySyncOffWritten = "standby-sync-off-written"
    case standbySyncOffLoaded = "standby-sync-off-loaded"
    case standbySlotCreated = "standby-slot-created"
    case standbyCaughtUp = "standby-caught-up"
    case standbySyncOnWritten = "standby-sync-on-written"
    case standbySyncOnLoaded = "standby-sync-on-loaded"
    case standbySyncSeen = "standby-sync-seen"
    case standbySwitchPointPassed = "standby-switch-point-passed"
    case standbyMarkedInSync = "standby-marked-in-sync"

    /// The boundary that this one of a pair is for the coordinator and its standby.
    var ofStandby: FTSStep {
        switch self {
        case .primaryProbed: .coordinatorProbed
        case .actionsDecided: .standbyDecided
        case .catalogChangeWritten: .standbyHistoryWritten
        case .catalogChangeCommitted: .standbyHistoryCommitted
        case .mirrorMarkedDown: .standbyMarkedGone
        case .pairMarkedNotInSync: .standbyMarkedNotInSync
        case .syncOffWritten: .standbySyncOffWritten
        case .syncOffLoaded: .standbySyncOffLoaded
        case .slotCreated: .standbySlotCreated
        case .mirrorCaughtUp: .standbyCaughtUp
        case .syncOnWritten: .standbySyncOnWritten
        case .syncOnLoaded: .standbySyncOnLoaded
        case .syncSeen: .standbySyncSeen
        case .switchPointPassed: .standbySwitchPointPassed
        case .mirrorMarkedUp: .standbyMarkedInSync
        default: self
        }
    }
}

/// Called at each boundary; a test or a debugging aid ends the process there, or throws.
public typealias FTSKillPoint = @Sendable (FTSStep) throws -> Void
