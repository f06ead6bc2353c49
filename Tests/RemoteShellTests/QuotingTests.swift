import RemoteShell
import TestSupport
import Testing

/// Random numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

@Suite("Quoting")
struct QuotingTests {
    private static let alphabet: [String] =
        ["'", "\"", "\\", "\n", "\r", "\t", " ", "$", "`", "!", "*", "~", "#", "-", "=", "(", ")", ";", "&", "|", "<"]
        + ["%", "\u{1e}", "\u{1}", "\u{81}", "ä", "日", "🐘", "a", "b", "$(id)", "\\'", "${x}", "''"]

    private static func words(seed: UInt64, count: Int) -> [String] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            (0..<Int.random(in: 0...12, using: &generator))
                .map { _ in alphabet.randomElement(using: &generator) ?? "" }.joined()
        }
    }

    private func check(_ shell: any Shell, _ words: [String]) async throws {
        for watched in [false, true] {
            let command = ShellCommand(
                "printf '%s\\0' " + ShellQuoting.words(words), purpose: "a test", isWatched: watched)
            let output = try await shell.run(command, on: "sdw1")
            let parts = output.standardOutput.utf8.split(separator: 0, omittingEmptySubsequences: false).dropLast()
            #expect(parts.map { Array($0) } == words.map { Array($0.utf8) })
        }
    }

    @Test("Any words pass a real sh unchanged", arguments: [1, 2, 3])
    func local(seed: UInt64) async throws {
        try await check(LocalShell(), Self.words(seed: seed, count: 300))
    }

    @Test("Any words pass SSH and a remote sh unchanged")
    func remote() async throws {
        let server = try await LoopbackSSHServer()
        let shell = SSHShell(settings: settings(server))
        try await check(shell, Self.words(seed: 4, count: 300))
        await shell.close()
    }

    @Test("A NUL byte cannot be part of a word and is dropped")
    func nul() { #expect(ShellQuoting.word("a\0b") == "'ab'") }
}
