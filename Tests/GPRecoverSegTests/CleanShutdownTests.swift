import Testing

@testable import GPRecoverSeg

@Suite struct CleanShutdownTests {
    private func controlData(_ state: String = "shut down", _ checkpoint: String = "0/5000028", _ timeline: Int = 3)
        -> String
    {
        """
        pg_control version number:            1300
        Database cluster state:               \(state)
        pg_control last modified:             Sat 21 Nov 2026
        Latest checkpoint location:           \(checkpoint)
        Latest checkpoint's REDO location:    0/1
        Latest checkpoint's TimeLineID:       \(timeline)
        Latest checkpoint's PrevTimeLineID:   2
        """
    }

    private let history = """
        1\t0/3000060\tno recovery target specified

        2\t0/4000060\tno recovery target specified
        3\t0/50000A0\tno recovery target specified

        """

    private func obstacle(_ data: String, _ history: String) throws -> String? {
        try #require(CleanShutdown(controlData: data)).obstacle(history: history)
    }

    @Test func `a server whose shutdown checkpoint its successor has may follow as it is`() throws {
        #expect(try obstacle(controlData(), history) == nil)
    }

    @Test func `a server that crashed may not`() throws {
        #expect(
            try obstacle(controlData("in production"), history)
                == "it did not shut down cleanly: 'in production'")
    }

    @Test(arguments: ["0/50000A0", "0/50000A8", "1/0"])
    func `a server with a record that its successor lacks may not`(_ checkpoint: String) throws {
        #expect(
            try obstacle(controlData("shut down", checkpoint), history)
                == "its successor lacks the end of its log")
    }

    @Test func `a server of another timeline than the one left may not`() throws {
        #expect(
            try obstacle(controlData("shut down", "0/5000028", 2), history)
                == "its successor left timeline 3, and it was on timeline 2")
    }

    @Test(arguments: ["", "# nothing\n", "3 nowhere\n"])
    func `without a place in the history nothing is concluded`(_ history: String) throws {
        #expect(
            try obstacle(controlData(), history)
                == "its successor names no place at which it left the old timeline")
    }

    @Test func `control data without a checkpoint is none`() {
        #expect(CleanShutdown(controlData: "Database cluster state: shut down\n") == nil)
        #expect(CleanShutdown(controlData: "") == nil)
    }
}
