import ClusterModel
import Testing

@testable import GPRecoverSeg

@Suite struct CleanShutdownTests {
    private func data(_ state: String = "shut down", _ checkpoint: String = "0/5000028", _ timeline: UInt32 = 3) throws
        -> ControlData
    {
        let place = try #require(WALPosition(checkpoint))
        return ControlData(
            systemIdentifier: "7", state: state, checkpoint: place, redo: place, timeline: timeline)
    }

    private func history(_ text: String? = nil) throws -> TimelineHistory {
        try #require(
            TimelineHistory(
                timeline: 4,
                text: text ?? "1\t0/3000060\tno recovery target\n\n2\t0/4000060\tx\n3\t0/50000A0\tx\n"))
    }

    @Test func `a server whose shutdown checkpoint its successor has may follow as it is`() throws {
        #expect(CleanShutdown.obstacle(try data(), try history()) == nil)
    }

    @Test(arguments: ["in production", "shut down in recovery", "shutting down"])
    func `a server that did not end as a primary in order may not`(_ state: String) throws {
        #expect(CleanShutdown.obstacle(try data(state), try history()) == "it did not shut down cleanly: '\(state)'")
    }

    @Test(arguments: ["0/50000A0", "0/50000A8", "1/0"])
    func `a server with a record that its successor lacks may not`(_ checkpoint: String) throws {
        #expect(
            CleanShutdown.obstacle(try data("shut down", checkpoint), try history())
                == "its successor lacks the end of its log")
    }

    @Test func `a server of another timeline than the one left may not`() throws {
        #expect(
            CleanShutdown.obstacle(try data("shut down", "0/5000028", 2), try history())
                == "its successor left timeline 3, and it was on timeline 2")
    }

    @Test func `a successor without a history was not promoted, and nothing is concluded`() throws {
        #expect(CleanShutdown.obstacle(try data(), try history("# \n")) == "its successor has left no timeline")
    }
}
