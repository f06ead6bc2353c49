import BlockingWork
import RemoteShell
import Testing

@Suite("A program of this machine that is asked for a few words")
struct LocalProgramTests {
    @Test("Its output comes back, and it finds nothing on its standard input")
    func output() {
        #expect(LocalProgram.output("/bin/echo", ["a b", "$c"], until: .after(.seconds(10))) == "a b $c\n")
        #expect(LocalProgram.output("/bin/cat", [], until: .after(.seconds(10))) == "")
    }

    @Test("One that fails, is missing or says nothing in time has no output")
    func failures() {
        #expect(LocalProgram.output("/bin/sh", ["-c", "echo no; exit 3"], until: .after(.seconds(10))) == nil)
        #expect(LocalProgram.output("/no/such/program", [], until: .after(.seconds(10))) == nil)
        let start = ContinuousClock.now
        #expect(LocalProgram.output("/bin/sleep", ["31"], until: .after(.milliseconds(300))) == nil)
        #expect(start.duration(to: .now) < .seconds(5))
    }

    @Test("Of one that does not stop to speak only the beginning is kept")
    func endless() {
        let text = LocalProgram.output("/usr/bin/head", ["-c", "300000", "/dev/zero"], until: .after(.seconds(10)))
        #expect(text?.utf8.count == 65536)
    }
}
