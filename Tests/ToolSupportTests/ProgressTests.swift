import Synchronization
import Testing

@testable import ToolSupport

@Suite("a progress board")
struct ProgressTests {
    private final class Clock: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func advance(_ duration: Duration) { instant.withLock { $0 += duration } }
    }

    private static let megabyte: Int64 = 1 << 20

    @Test(
        "never is wider or higher than the terminal, and draws over itself exactly",
        arguments: [(200, 50), (80, 24), (40, 24), (20, 10), (80, 5), (10, 3), (2, 2)])
    func fits(_ columns: Int, _ rows: Int) {
        for (count, label) in [(1, "content"), (3, "content 日本語"), (30, "a very long label indeed for a segment")] {
            let terminal = CapturedTerminal(size: TerminalSize(columns: columns, rows: rows))
            let clock = Clock()
            let board = ProgressBoard(.inPlace { terminal.size }, screen: Screen(terminal)) { clock.now }
            for id in 0..<count { board.add(id, label: "\(label) \(id)", total: 1000 * Self.megabyte) }
            for step in 1...3 {
                clock.advance(.seconds(1))
                for id in 0..<count { board.update(id, phase: "copying", done: Int64(step) * 100 * Self.megabyte) }
            }
            board.close()
            let screen = TerminalModel(terminal.output)
            #expect(screen.height < rows)
            #expect(screen.width < columns)
            #expect(screen.escapedAbove == 0)
            #expect(columns < 80 || screen.lines.last?.contains("30%") == true, "\(screen.lines)")
            #expect(count == 1 || columns < 80 || screen.lines.last?.hasPrefix("total: 0 of \(count)") == true)
        }
    }

    @Test("tells percent, bytes, rate and time left, and the total")
    func figures() {
        let moving = ProgressLayout.block([item("a", 300), item("b", 100)], size: TerminalSize(columns: 120, rows: 24))
        #expect(
            moving == [
                "a  copying  30%  300 MB of 1000 MB  100 MB/s  7s left",
                "b  copying  10%  100 MB of 1000 MB  33 MB/s  27s left",
                "total: 0 of 2  20%  400 MB of 2 GB  133 MB/s  12s left",
            ])
    }

    private func item(_ label: String, _ megabytes: Int64) -> ProgressItem {
        let start = ContinuousClock.now
        var item = ProgressItem(label: label, phase: "copying", total: 1000 * Self.megabyte)
        item.reach(0, at: start)
        item.reach(megabytes * Self.megabyte, at: start + .seconds(3))
        return item
    }

    @Test("is redrawn at most five times a second")
    func drawingRate() {
        let terminal = CapturedTerminal(size: TerminalSize(columns: 80, rows: 24))
        let clock = Clock()
        let board = ProgressBoard(.inPlace { terminal.size }, screen: Screen(terminal)) { clock.now }
        board.add(1, label: "x", total: 1000)
        for step in 1...1000 {
            clock.advance(.milliseconds(1))
            board.update(1, done: Int64(step))
        }
        let draws = terminal.output.split(separator: "\u{1b}[K").count - 1
        #expect((4...6).contains(draws))
        board.close()
        #expect(terminal.output.contains("100%"))
        board.update(1, done: 1)
        #expect(!terminal.output.contains(" 0%  1 bytes"))
    }

    @Test("prints plain lines at a change of phase and every ten seconds elsewhere")
    func plainLines() {
        let terminal = CapturedTerminal()
        let clock = Clock()
        let board = ProgressBoard(.lines, screen: Screen(terminal)) { clock.now }
        board.add(1, label: "content 0", total: 100 * Self.megabyte)
        board.update(1, phase: "copying", done: 0)
        for second in 1...25 {
            clock.advance(.seconds(1))
            board.update(1, done: Int64(second) * Self.megabyte)
        }
        board.finish(1, phase: "started")
        #expect(
            terminal.outputLines == [
                "content 0  copying  0%  0 bytes of 100 MB",
                "content 0  copying  10%  10 MB of 100 MB  1 MB/s  1m 30s left",
                "content 0  copying  20%  20 MB of 100 MB  1 MB/s  1m 20s left",
                "content 0  started  25%  25 MB of 100 MB", "",
            ])
    }

    @Test("shows nothing when it is off")
    func off() {
        let terminal = CapturedTerminal()
        let board = ProgressBoard(.off, screen: Screen(terminal))
        board.add(1, label: "x")
        board.update(1, phase: "y", done: 5)
        board.close()
        #expect(terminal.output.isEmpty)
    }

    @Test("stays below lines that are logged meanwhile")
    func logAboveBlock() {
        let terminal = CapturedTerminal(size: TerminalSize(columns: 80, rows: 24))
        let screen = Screen(terminal)
        screen.show(["one", "two"])
        screen.write("a record\n")
        screen.releaseBlock()
        screen.write("after\n")
        let block = "one\u{1b}[K\ntwo\u{1b}[K\n"
        #expect(terminal.output == block + "\r\u{1b}[2A\u{1b}[Ja record\n" + block + "after\n")
    }

    @Test("takes hostile labels as text")
    func hostileLabel() {
        let lines = ProgressLayout.block(
            [ProgressItem(label: PrintableText.oneLine("a\u{1b}[2J\nb"), phase: "x", total: nil)],
            size: TerminalSize(columns: 80, rows: 24))
        #expect(lines == ["a\\x1b[2J b  x"])
    }
}

@Suite("figures for people")
struct FigureTests {
    @Test(
        "sizes",
        arguments: [
            (Int64(0), "0 bytes"), (1023, "1023 bytes"), (1024, "1 kB"), (1536, "1.5 kB"), (16 << 20, "16 MB"),
            (1_288_490_189, "1.2 GB"), (1_048_575, "1 MB"), (10_737_418_240, "10 GB"), (-5, "-5 bytes"),
            (.max, "8 EB"), (1000 << 20, "1000 MB"),
        ])
    func bytes(_ count: Int64, _ text: String) {
        #expect(ByteCount.text(count) == text)
    }

    @Test(
        "durations",
        arguments: [
            (Duration.milliseconds(430), "0.4s"), (.seconds(3), "3s"), (.seconds(-3), "0s"), (.seconds(10), "10s"),
            (.seconds(80), "1m 20s"),
            (.seconds(3600), "1h 0m"), (.seconds(7500), "2h 5m"), (.seconds(90_000), "1d 1h"),
        ])
    func durations(_ duration: Duration, _ text: String) {
        #expect(ElapsedTime.text(duration) == text)
    }

    @Test("a rate comes from the last ten seconds and starts anew when bytes go back")
    func rate() {
        var window = RateWindow()
        let start = ContinuousClock.now
        #expect(window.bytesPerSecond == nil)
        for second in 0...30 {
            window.add(Int64(second < 20 ? second : 20 + (second - 20) * 100), at: start + .seconds(second))
        }
        #expect(window.bytesPerSecond == 100)
        window.add(0, at: start + .seconds(31))
        #expect(window.bytesPerSecond == nil)
    }
}
