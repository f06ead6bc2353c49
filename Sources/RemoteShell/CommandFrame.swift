/// The marks around what a script prints.
///
/// A random number per command makes them: a login banner cannot forge one, and what comes before or after is
/// dropped. The shell gets its text on standard input, so that any login shell can start it, no limit for arguments
/// applies, and the process list does not show it.
struct CommandFrame {
    /// The command that the login shell is asked for; plain in every shell.
    static let remoteCommand = "exec /bin/sh"
    /// Rare in text, so that looking for marks costs nothing.
    static let firstByte: UInt8 = 0x1e

    let nonce: String

    init() {
        var generator = SystemRandomNumberGenerator()
        nonce = (0..<2).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// What comes before the script's first byte.
    var beginMark: [UInt8] { [Self.firstByte] + Array("gpha-begin-\(nonce)\n".utf8) }

    /// What comes after its last byte; the status and a newline follow.
    var endMark: [UInt8] { [Self.firstByte] + Array("gpha-end-\(nonce) ".utf8) }

    /// The text for the standard input of `/bin/sh`.
    ///
    /// One compound command: it is read whole before it runs.
    func input(for command: ShellCommand, limits: WatchLimits) -> String {
        let begin = "printf '\\036gpha-begin-\(nonce)\\n'"
        let end = "printf '\\036gpha-end-\(nonce) %s\\n' \"$status\""
        let stdin = command.isWatched ? "exec 3<&0 </dev/null" : "exec </dev/null"
        let run =
            command.isWatched
            ? CommandWatcher.commands(running: command.script, limits: limits)
            : "( eval \(ShellQuoting.word(command.script)) )\nstatus=$?"
        return "{ \(stdin)\n\(begin) >&2; \(begin)\n\(run)\n\(end) >&2; \(end)\nexit \"$status\"; }\n"
    }
}
