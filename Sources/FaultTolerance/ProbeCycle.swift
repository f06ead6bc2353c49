import BlockingWork
import ClusterModel
import Logging
import Synchronization

/// One look at every pair, and what follows from it.
struct ProbeCycle {
    let context: CycleContext
    let threads: BlockingThreads

    /// How a cycle ended.
    struct Outcome: Sendable {
        /// When the next cycle should begin, if before its time.
        var wake: Duration?
        /// Pairs whose part failed or was cut short.
        var failures = 0
    }

    /// Works on all pairs at the same time; a hung primary costs its own pair only.
    ///
    /// - Throws: when the catalog cannot be read or used, before anything is probed; what a kill point throws.
    func run(_ memories: inout [ContentID: PairMemory]) async throws -> Outcome {
        let context = context
        let begun = ContinuousClock.now
        try context.killPoint(.cycleBegun)
        let request = try await threads.run { try context.session.newestRequest() }
        let pairs = try await threads.run { try context.session.configuration() }.pairs
        let results = await work(pairs, memories)
        memories = results.mapValues(\.memory)
        var outcome = Outcome()
        outcome.wake = results.values.compactMap(\.wake).min()
        outcome.failures = results.values.count { !$0.succeeded }
        try context.killPoint(.cycleEnded)
        if let request, !context.stop.isRequested {
            try await threads.run { try context.session.answer(request: request) }
        }
        context.logger.debug("probed \(pairs.count) pair(s) in \(ContinuousClock.now - begun)")
        return outcome
    }

    private func work(
        _ pairs: [SegmentPair], _ memories: [ContentID: PairMemory]
    ) async -> [ContentID: PairWorker.Outcome] {
        let context = context
        let threads = threads
        return await withTaskGroup(of: (ContentID, PairWorker.Outcome).self) { group in
            for pair in pairs {
                let memory = memories[pair.content] ?? PairMemory()
                group.addTask {
                    await threads.run {
                        var worker = PairWorker(context: context, pair: pair, memory: memory)
                        return (pair.content, worker.work())
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }
}
