import Glibc
import Synchronization
import Testing

@testable import ToolSupport

@Suite("a stop request")
struct StoppingTests {
    private final class Notes: Sendable {
        private let notes = Mutex<[String]>([])
        var all: [String] { notes.withLock { $0 } }
        func add(_ note: String) { notes.withLock { $0.append(note) } }
    }

    @Test("tells every handler once, in order, and late ones at once")
    func handlers() throws {
        let (stop, notes) = (StopRequest(), Notes())
        try stop.check()
        stop.onStop { notes.add("first") }
        let gone = stop.onStop { notes.add("gone") }
        stop.onStop { notes.add("second") }
        stop.whenRequested { notes.add("runner") }
        stop.remove(gone)
        stop.request(.terminate)
        stop.request(.interrupt)
        stop.onStop { notes.add("late") }
        #expect(notes.all == ["first", "second", "runner", "late"])
        #expect(stop.reason == .terminate)
        #expect(throws: CancellationError.self) { try stop.check() }
    }

    @Test("knows a handler for the time of the work it belongs to")
    func scopedHandler() async {
        let stop = StopRequest()
        await stop.withHandler({}) { #expect(stop.hasHandlers) }
        #expect(!stop.hasHandlers)
    }

    // Each in a process of its own: signals belong to a whole process.

    @Test("comes from SIGINT; the process ends where nothing waits for it")
    func unhandledSignal() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let stop = StopRequest()
            SignalWatch.start(stop) { _exit(stop.reason == .interrupt ? 7 : 8) }
            kill(getpid(), SIGINT)
            try await Task.sleep(for: .seconds(20))
        }
    }

    @Test("is none when the question says that the signal was not meant; the next signal asks again")
    func questionedSignal() async {
        await #expect(processExitsWith: .exitCode(9)) {
            let stop = StopRequest()
            let asked = Mutex(0)
            SignalWatch.start(stop) { _exit(8) }
            stop.onStop { _exit(asked.withLock { $0 } == 2 ? 9 : 8) }
            let question: @Sendable (StopRequest.Reason) -> Bool = { _ in
                asked.withLock { count in
                    count += 1
                    return count == 2
                }
            }
            try await stop.withQuestion(question) {
                kill(getpid(), SIGINT)
                while asked.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(10)) }
                // The watcher counts signals anew a moment after the answer.
                try await Task.sleep(for: .milliseconds(200))
                kill(getpid(), SIGINT)
                try await Task.sleep(for: .seconds(20))
            }
        }
    }

    @Test("comes from SIGTERM, and goes to the handler that waits for it")
    func handledSignal() async {
        await #expect(processExitsWith: .exitCode(9)) {
            let stop = StopRequest()
            SignalWatch.start(stop) { _exit(8) }
            stop.onStop { _exit(stop.reason == .terminate ? 9 : 8) }
            kill(getpid(), SIGTERM)
            try await Task.sleep(for: .seconds(20))
        }
    }

    @Test("does not hold up a second signal: it ends the process with status 2")
    func secondSignal() async {
        await #expect(processExitsWith: .exitCode(2)) {
            let stop = StopRequest()
            SignalWatch.start(stop) { _exit(8) }
            stop.onStop { sleep(20) }
            kill(getpid(), SIGINT)
            while !stop.isRequested { try await Task.sleep(for: .milliseconds(10)) }
            kill(getpid(), SIGINT)
            try await Task.sleep(for: .seconds(20))
        }
    }

    @Test("does not come from a closed terminal or a broken pipe")
    func shieldedSignals() async {
        await #expect(processExitsWith: .exitCode(5)) {
            SignalWatch.shield()
            kill(getpid(), SIGHUP)
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { _exit(8) }
            close(ends[0])
            DescriptorWriting.write("nobody reads this", to: ends[1])
            close(ends[1])
            DescriptorWriting.write("nor this", to: ends[1])
            _exit(5)
        }
    }
}

@Suite("a kill point")
struct KillPointTests {
    private func died(_ environment: [String: String], _ names: [String]) throws -> Int? {
        let counter = Counter()
        let points = KillPoints(environment: environment) { counter.value.withLock { $0 += 1 } }
        for (index, name) in names.enumerated() {
            try points.closure(name)
            if counter.value.withLock({ $0 }) > 0 { return index }
        }
        return nil
    }

    private final class Counter: Sendable {
        let value = Mutex(0)
    }

    @Test("does nothing unless asked")
    func silent() throws {
        #expect(try died([:], ["a", "a"]) == nil)
        #expect(try died(["GPHA_KILL_AT": ""], ["", "a"]) == nil)
        #expect(try died(["GPHA_KILL_AT": "b"], ["a"]) == nil)
    }

    @Test("kills at its name, or at its n-th passing")
    func kills() throws {
        #expect(try died(["GPHA_KILL_AT": "b"], ["a", "b", "b"]) == 1)
        #expect(try died(["GPHA_KILL_AT": "b:2"], ["b", "a", "b"]) == 2)
        #expect(try died(["GPHA_KILL_AT": "b:3"], ["b", "b"]) == nil)
    }

    @Test("throws where a failure is asked for")
    func fails() {
        #expect(throws: ToolError(.failure, "injected failure at b")) { try died(["GPHA_FAIL_AT": "b"], ["a", "b"]) }
    }
}
