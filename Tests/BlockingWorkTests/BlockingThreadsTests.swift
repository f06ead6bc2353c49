import Glibc
import Synchronization
import Testing

@testable import BlockingWork

/// How many jobs were inside at once, at most, and how many in all.
private final class Seen: Sendable {
    struct Counts {
        var now = 0
        var most = 0
        var all = 0
    }

    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }

    func enter() {
        state.withLock {
            $0.now += 1
            $0.all += 1
            $0.most = max($0.most, $0.now)
        }
    }

    func leave() { state.withLock { $0.now -= 1 } }
}

@Suite("Threads for blocking calls")
struct BlockingThreadsTests {
    @Test("While the system has no thread nothing blocks a caller's thread, and every job runs as soon as there is one")
    func scarce() async throws {
        let refusals = Mutex(4)
        let threads = BlockingThreads(width: 2, patience: .seconds(10)) { body in
            let isRefused = refusals.withLock { left in
                left -= 1
                return left >= 0
            }
            return !isRefused && Thread.detach(body)
        }
        let start = ContinuousClock.now
        let names = await withTaskGroup(of: UInt.self) { group in
            for _ in 0..<6 { group.addTask { await threads.run { UInt(pthread_self()) } } }
            return await group.reduce(into: [UInt]()) { $0.append($1) }
        }
        #expect(names.count == 6)
        #expect(start.duration(to: .now) < .seconds(5))
    }

    @Test("Without any thread a job that may fail says so within its patience", .timeLimit(.minutes(1)))
    func none() async {
        let threads = BlockingThreads(width: 1, patience: .milliseconds(300)) { _ in false }
        await #expect(throws: OutOfThreads.self) { try await threads.run { () throws -> Int in 1 } }
        #expect(await threads.run { 7 } == 7)
    }

    @Test("Fifty jobs that sleep run side by side")
    func parallel() async {
        let threads = BlockingThreads(width: 50)
        let start = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { await threads.run { _ = usleep(200_000) } } }
        }
        #expect(start.duration(to: .now) < .seconds(3))
    }

    @Test("Never more jobs run at once than the width allows, and all of them run")
    func width() async {
        let seen = Seen()
        let threads = BlockingThreads(width: 3)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    await threads.run {
                        seen.enter()
                        usleep(10_000)
                        seen.leave()
                    }
                }
            }
        }
        let result = seen.counts
        #expect(result.most == 3)
        #expect(result.all == 20)
    }

    @Test("A job's error reaches the caller")
    func failure() async {
        struct Failure: Error {}
        let threads = BlockingThreads(width: 1)
        await #expect(throws: Failure.self) { try await threads.run { throw Failure() } as Int }
        #expect(await threads.run { 5 } == 5)
    }

    @Test("Pauses double up to the longest, each within half and one and a half of its step")
    func backoff() {
        var backoff = Backoff(first: .milliseconds(100), longest: .milliseconds(300))
        for step in [100, 200, 300, 300] {
            let pause = backoff.next()
            #expect(pause >= .milliseconds(step / 2) && pause <= .milliseconds(step * 3 / 2))
        }
    }

    @Test("A deadline passes, and the sooner of two wins")
    func deadline() {
        let past = Deadline.after(.zero)
        let later = Deadline.after(.seconds(60))
        #expect(past.isPast && !later.isPast)
        #expect(past.remainingMilliseconds == 0)
        #expect((59_000...60_000).contains(later.remainingMilliseconds))
        #expect(later.sooner(past) == past)
    }
}
