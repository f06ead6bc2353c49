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
        /// Pairs whose part failed or was cut short, or whose rows cannot be a pair.
        var failures = 0
    }

    /// How many pairs have not been looked at yet, and how many probes were asked for since the cycle began.
    private final class Countdown: Sendable {
        private let open: Mutex<Int>
        private let asked = Mutex(0)

        var requests: Int { asked.withLock { $0 } }

        func countRequest() { asked.withLock { $0 += 1 } }

        init(_ count: Int) { open = Mutex(count) }

        var isOver: Bool { open.withLock { $0 == 0 } }

        /// Counts one down; true for the last.
        func next() -> Bool {
            open.withLock { open in
                open -= 1
                return open == 0
            }
        }
    }

    /// Works on all pairs at the same time.
    ///
    /// The cycle is over when every pair had its turn. A hung primary takes long, and costs its own pair only: while
    /// it does, the other pairs have further turns at their times.
    /// - Throws: when the catalog cannot be read, before anything is probed; what a kill point throws; `Superseded`.
    func run(_ memories: inout [ContentID: PairMemory]) async throws -> Outcome {
        let context = context
        let begun = ContinuousClock.now
        try context.killPoint(.cycleBegun)
        let request = try await threads.run { try context.session.newestRequest() }
        let catalog = try await threads.run { try context.session.pairs() }
        let pairs = catalog.usable
        for (content, fault) in catalog.faults {
            context.logger.error("content \(content) is left out: \(fault)")
        }
        context.sessions.keepOnly(pairs.map(\.primary))
        if pairs.isEmpty { try await end(request) }
        let results = try await work(pairs, memories, request)
        if let refusal = context.session.fence.refusal { throw refusal }
        memories = results.mapValues(\.memory)
        var outcome = Outcome()
        outcome.wake = results.values.compactMap(\.wake).min()
        outcome.failures = results.values.count { !$0.succeeded } + catalog.faults.count
        context.logger.debug("probed \(pairs.count) pair(s) in \(ContinuousClock.now - begun)")
        return outcome
    }

    /// Tells whoever asked that a cycle which began after the request is over.
    private func end(_ request: Int?) async throws {
        let context = context
        try context.killPoint(.cycleEnded)
        guard let request, !context.stop.isRequested else { return }
        try await threads.run { try context.session.answer(request: request) }
    }

    private func work(
        _ pairs: [SegmentPair], _ memories: [ContentID: PairMemory], _ request: Int?
    ) async throws -> [ContentID: PairWorker.Outcome] {
        let countdown = Countdown(pairs.count)
        async let _: Void = watch(countdown, request)
        return try await withThrowingTaskGroup(of: (ContentID, PairWorker.Outcome).self) { group in
            for pair in pairs {
                let memory = memories[pair.content] ?? PairMemory()
                group.addTask {
                    var requests = countdown.requests
                    var outcome = await turn(pair, memory)
                    if countdown.next() { try await end(request) }
                    while await isStillOpen(countdown, since: requests, for: outcome.wake) {
                        requests = countdown.requests
                        do {
                            guard let next = try await reread(pair.content) else { break }
                            outcome = await turn(next, outcome.memory)
                        } catch {
                            guard !context.session.isLost, context.session.fence.refusal == nil else { break }
                            context.logger.warning("content \(pair.content): \(error)")
                        }
                    }
                    return (pair.content, outcome)
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private func turn(_ pair: SegmentPair, _ memory: PairMemory) async -> PairWorker.Outcome {
        let context = context
        return await threads.run {
            var worker = PairWorker(context: context, pair: pair, memory: memory)
            return worker.work()
        }
    }

    /// Sees, while a slow pair keeps the cycle open, that somebody asks for a probe: the others have a turn at once.
    private func watch(_ countdown: Countdown, _ request: Int?) async {
        let context = context
        var seen = request
        while !countdown.isOver, !context.stop.isRequested, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(100))
            guard !countdown.isOver, !Task.isCancelled else { return }
            guard let newest = try? await threads.run({ try context.session.newestRequest() }), newest != seen else {
                continue
            }
            seen = newest
            countdown.countRequest()
        }
    }

    /// Waits until this pair's next turn; false when every pair has had its first before.
    private func isStillOpen(_ countdown: Countdown, since requests: Int, for wake: Duration?) async -> Bool {
        let next = Deadline.after(min(context.settings.probeInterval, wake ?? context.settings.probeInterval))
        while !countdown.isOver, !context.stop.isRequested, !Task.isCancelled {
            if next.isPast || countdown.requests != requests { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    private func reread(_ content: ContentID) async throws -> SegmentPair? {
        let context = context
        return try await threads.run { try context.session.pairs() }.usable.first { $0.content == content }
    }
}
