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

    @Test("comes from SIGINT; the process ends where nothing waits for it")
    func signal() async throws {
        let (stop, notes) = (StopRequest(), Notes())
        SignalWatch.start(stop) { notes.add("left") }
        kill(getpid(), SIGINT)
        for _ in 0..<100 where notes.all.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        #expect(stop.reason == .interrupt)
        #expect(notes.all == ["left"])
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
