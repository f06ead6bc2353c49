import ClusterModel
import ClusterOperations
import RemoteShell
import Reporting
import Synchronization
import ToolSupport

/// Carries a plan out: hosts side by side up to -B, on each up to -b pairs, each pair its own story.
struct RebalanceApply: Sendable {
    let options: RebalanceOptions
    let context: ToolContext
    let recovery: SegmentRecovery
    let board: ProgressBoard

    /// What was said once.
    private final class Said: Sendable {
        private let phases = Mutex<Set<PairSwap.Phase>>([])
        func isFirst(_ phase: PairSwap.Phase) -> Bool { phases.withLock { $0.insert(phase).inserted } }
    }

    /// Swaps the pairs that can; the pair under way is finished when the run is to stop, and no other begun.
    func apply(_ plan: RebalancePlan) async -> [SwapOutcome] {
        context.report(.info("Stopping unbalanced primary segments..."))
        for item in plan.swaps {
            board.add(
                item.pair.content.rawValue,
                label: "content \(item.pair.content) on \(item.pair.primary.hostname):\(item.pair.primary.port)")
        }
        let context = context
        return await context.stop.withHandler({
            context.report(.warning("finishing the pairs that are under way; no other is begun"))
        }) {
            // Detached: a pair under way has no use for cancelled waits.
            await Task.detached { await swapAll(plan) }.value
        }
    }

    private func swapAll(_ plan: RebalancePlan) async -> [SwapOutcome] {
        let swap = pairSwap()
        let stop = context.stop
        let groups = Dictionary(grouping: plan.swaps, by: \.pair.primary.hostname).sorted { $0.key < $1.key }
        // Two channels of a host's connection stay free.
        let limit = min(options.segmentCount, SSHSettings().channelsPerHost - 2)
        let outcomes = await fanOut(groups.map(\.value), limit: options.hostCount) { items in
            await fanOut(items, limit: limit) { item in
                guard !stop.isRequested else {
                    return SwapOutcome(item: item, state: .left("the run was interrupted before it came to it"))
                }
                return await swap.run(item)
            }
        }
        return outcomes.flatMap { $0 }.sorted { $0.item.pair.content < $1.item.pair.content }
    }

    private func pairSwap() -> PairSwap {
        let (context, said) = (context, Said())
        return PairSwap(
            recovery: recovery, lagLimit: options.lagLimit, syncTimeout: options.syncTimeout, board: board,
            logger: context.logger, killPoint: { try context.killPoint($0.rawValue) },
            onPhase: { phase in
                guard said.isFirst(phase) else { return }
                switch phase {
                case .reconfiguration: context.report(.info("Triggering segment reconfiguration"))
                case .synchronization: context.report(.info("Starting segment synchronization"))
                }
            })
    }
}
