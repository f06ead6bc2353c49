import ArgumentParser
import TestSupport
import Testing

@testable import ToolSupport

@Suite("the whole terminal")
struct FullScreenTests {
    private let terminal = CapturedTerminal(size: TerminalSize(columns: 10, rows: 3))

    @Test("is taken, drawn on in place, and given back as it was")
    func draws() {
        terminal.write("before\r\n", to: .standardOutput)
        let screen = FullScreen(terminal)
        screen.enter()
        screen.draw(["one", "two", "three"])
        #expect(TerminalScreen(terminal.output).lines == ["one", "two", "three"])
        screen.draw(["one", "2"])
        let shown = TerminalScreen(terminal.output)
        #expect(shown.lines.filter { !$0.isEmpty } == ["one", "2"])
        #expect(shown.isAlternate && !shown.showsCursor && !shown.wraps)
        screen.leave()
        screen.leave()
        screen.draw(["late"])
        screen.enter()
        let end = TerminalScreen(terminal.output)
        #expect(end.lines == ["before"] && !end.isAlternate && end.showsCursor && end.wraps)
    }

    @Test("takes no line beyond its size, and colour takes no column")
    func clips() {
        let screen = FullScreen(terminal)
        screen.enter()
        screen.draw(["0123456789abc", "\u{1b}[31m0123\u{1b}[0m456789abc", "3", "4"])
        #expect(TerminalScreen(terminal.output).lines == ["0123456789", "0123456789", "3"])
        #expect(FullScreen.clipped("\u{1b}[31m0123456789\u{1b}[0m", to: 4) == "\u{1b}[31m0123\u{1b}[0m")
        #expect(FullScreen.clipped("\u{1b}[31m01\u{1b}[0m", to: 4) == "\u{1b}[31m01\u{1b}[0m")
        #expect(FullScreen.clipped("日本語日本語", to: 5) == "日本")
    }

    @Test("can be given back for a while")
    func pauses() {
        let screen = FullScreen(terminal)
        screen.enter()
        screen.draw(["one"])
        screen.pause()
        screen.draw(["unseen"])
        #expect(TerminalScreen(terminal.output).lines == [])
        #expect(!TerminalScreen(terminal.output).isAlternate && TerminalScreen(terminal.output).showsCursor)
        screen.enter()
        screen.draw(["two"])
        #expect(TerminalScreen(terminal.output).lines == ["two"])
    }

    @Test("that was never taken is not given back")
    func untouched() {
        FullScreen(terminal).leave()
        #expect(terminal.output == "")
    }
}

@Suite("what standard output can show")
struct TerminalLooksTests {
    private func context(_ environment: [String: String], size: TerminalSize? = nil) throws -> ToolContext {
        let terminal = CapturedTerminal(size: size)
        let start = ToolStart(
            toolName: "probe", arguments: [], environment: environment, terminal: terminal, stop: StopRequest())
        let screen = Screen(terminal)
        let log = ToolLog(
            identity: LogIdentity(tool: "probe", host: "h", user: "u", processID: 1), screen: screen, use: .log,
            isVerbose: false, isQuiet: false, file: nil)
        return ToolContext(start, standard: try StandardOptions.parse([]), screen: screen, log: log)
    }

    @Test("colour wants a terminal that has it, and nobody who does not want it")
    func colour() throws {
        let size = TerminalSize(columns: 80, rows: 24)
        #expect(try context(["TERM": "xterm"], size: size).hasColour)
        #expect(try context(["TERM": "xterm", "NO_COLOR": ""], size: size).hasColour)
        #expect(try !context(["TERM": "xterm", "NO_COLOR": "1"], size: size).hasColour)
        #expect(try !context(["TERM": "dumb"], size: size).hasColour)
        #expect(try !context([:], size: size).hasColour)
        #expect(try !context(["TERM": "xterm"]).hasColour)
    }

    @Test("lines and arrows want an encoding that has them")
    func encoding() throws {
        #expect(try context(["LANG": "en_US.UTF-8"]).isUnicode)
        #expect(try context(["LC_ALL": "C.utf8", "LANG": "C"]).isUnicode)
        #expect(try context(["LC_CTYPE": "de_DE.UTF-8@euro", "LANG": "C"]).isUnicode)
        #expect(try context(["LC_ALL": "", "LANG": "en_US.UTF-8"]).isUnicode)
        #expect(try !context(["LC_ALL": "C", "LANG": "en_US.UTF-8"]).isUnicode)
        #expect(try !context(["LANG": "en_US.ISO-8859-1"]).isUnicode)
        #expect(try !context([:]).isUnicode)
    }
}
