import ClusterModel
import ToolSupport

/// What the command line says about a rebalance.
struct RebalanceOptions: Sendable {
    /// `-B`: hosts worked on at once.
    let hostCount: Int
    /// `-b`: pairs of one host worked on at once.
    let segmentCount: Int
    let isDryRun: Bool
    let hidesProgress: Bool
    let isSequential: Bool
    /// `--replay-lag`; nil for `--disable-replay-lag`.
    let lagLimit: ReplayLagLimit?
    /// How long a host may take to answer.
    let hostTimeout: Duration
    /// `--wait`: how long each pair is waited for until it is in sync.
    let syncTimeout: Duration

    /// Without `--wait` a pair gets ten minutes: it was in sync before, and its mirror lacks what came meanwhile.
    init(_ command: GPRecoverSeg) {
        hostCount = command.parallel.hostCount
        segmentCount = command.parallel.segmentCount
        isDryRun = command.isDryRun
        hidesProgress = command.hidesProgress
        isSequential = command.isSequential
        lagLimit = command.ignoresReplayLag ? nil : ReplayLagLimit(gigabytes: command.replayLag)
        hostTimeout = command.shellOptions.hostTimeout
        syncTimeout = .seconds(command.wait?.seconds ?? 600)
    }
}
