import Glibc
import Synchronization

/// A program on a terminal of its own: what it writes is kept, keys can be pressed, and the terminal can be resized.
public final class PseudoTerminal: Sendable {
    private let descriptor: Int32
    private let process: pid_t
    private let written = Mutex("")

    /// Starts `words` as the leader of a session whose terminal this is.
    ///
    /// - Throws: `TestFailure` when there is no terminal to be had, or the program cannot be started.
    public init(_ words: [String], environment: [String: String], columns: Int = 80, rows: Int = 24) throws {
        descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var number: UInt32 = 0
        var lock: Int32 = 0
        // What posix_openpt(3), unlockpt(3) and ptsname(3) do, which Glibc's module does not show.
        let (getNumber, setLock) = (UInt(0x8004_5430), UInt(0x4004_5431))
        guard descriptor >= 0, ioctl(descriptor, setLock, &lock) == 0, ioctl(descriptor, getNumber, &number) == 0
        else { throw TestFailure("no pseudo-terminal: errno \(errno)") }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let path = "/dev/pts/\(number)"
        // Another account than this one may open what it has as its terminal already.
        chmod(path, 0o666)
        Self.setSize(descriptor, columns, rows)
        process = try Self.spawn(words, environment, path)
    }

    deinit {
        kill(-process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, WNOHANG)
        close(descriptor)
    }

    /// Everything written so far.
    public var output: String {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        return written.withLock { written in
            while case let count = read(descriptor, &buffer, buffer.count), count > 0 {
                written += String(decoding: buffer[..<count], as: UTF8.self)
            }
            return written
        }
    }

    /// What stands on the terminal now.
    public var screen: TerminalScreen { TerminalScreen(output) }

    /// Waits until the screen satisfies `condition`.
    ///
    /// - Throws: `TestFailure` with the screen when it does not within `limit`.
    @discardableResult
    public func until(
        _ what: String, within limit: Duration = .seconds(10), _ condition: (TerminalScreen) -> Bool
    ) async throws -> TerminalScreen {
        let end = ContinuousClock.now + limit
        while true {
            let screen = screen
            if condition(screen) { return screen }
            guard ContinuousClock.now < end else {
                throw TestFailure("\(what): not within \(limit):\n" + screen.lines.joined(separator: "\n"))
            }
            try await Task.sleep(for: .milliseconds(30))
        }
    }

    /// Types: `\u{3}` is Ctrl-C.
    public func type(_ keys: String) {
        let bytes = Array(keys.utf8)
        _ = write(descriptor, bytes, bytes.count)
    }

    /// Lets a program go on that the terminal has stopped.
    public func proceed() { kill(-process, SIGCONT) }

    public func resize(columns: Int, rows: Int) { Self.setSize(descriptor, columns, rows) }

    /// The exit status, or 128 and the signal's number; nil when it does not end within `limit`.
    public func exitStatus(within limit: Duration = .seconds(10)) async -> Int32? {
        let end = ContinuousClock.now + limit
        var status: Int32 = 0
        while waitpid(process, &status, WNOHANG) == 0 {
            guard ContinuousClock.now < end else { return nil }
            // A full terminal would keep it from ending.
            _ = output
            try? await Task.sleep(for: .milliseconds(20))
        }
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    private static func setSize(_ descriptor: Int32, _ columns: Int, _ rows: Int) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
    }

    private static func spawn(_ words: [String], _ environment: [String: String], _ path: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The first terminal that a session's leader opens becomes the session's.
        posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // POSIX_SPAWN_SETSID, which the C library shows to GNU programs only.
        let leadsSession: Int16 = 0x80
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | leadsSession)
        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var process = pid_t()
        let failure = posix_spawn(&process, words[0], &actions, &attributes, &arguments, &variables)
        guard failure == 0 else { throw TestFailure("cannot start \(words[0]): errno \(failure)") }
        return process
    }
}

/// What a terminal shows after the few sequences that the suite writes.
public struct TerminalScreen: Sendable {
    /// Of the screen that is shown, without blanks at their ends.
    public private(set) var lines: [String] = []
    /// Whether the alternate screen is shown.
    public private(set) var isAlternate = false
    public private(set) var showsCursor = true
    public private(set) var wraps = true
    private var ordinary: [String] = []
    private var row = 0
    private var column = 0

    /// Obeys `output` from a blank screen on.
    public init(_ output: String) {
        var rest = output.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\n": row += 1
            case "\r": column = 0
            case "\u{1b}":
                let sequence = rest.prefix { !$0.properties.isAlphabetic }
                rest = rest.dropFirst(sequence.count)
                if let command = rest.popFirst() { obey(command, String(Substring(sequence))) }
            default: put(Character(scalar))
            }
        }
        lines = lines.map { line in
            String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    private mutating func obey(_ command: Unicode.Scalar, _ sequence: String) {
        switch (command, sequence) {
        case ("H", "["): (row, column) = (0, 0)
        case ("J", "[2"): lines = []
        case ("J", "["):
            lines.removeLast(max(0, lines.count - row - 1))
            clearLine()
        case ("K", "["): clearLine()
        case ("h", "[?1049"): (ordinary, lines, isAlternate) = (lines, [], true)
        case ("l", "[?1049"): (lines, isAlternate) = (ordinary, false)
        case ("h", "[?25"), ("l", "[?25"): showsCursor = command == "h"
        case ("h", "[?7"), ("l", "[?7"): wraps = command == "h"
        default: break
        }
    }

    private mutating func clearLine() {
        if row < lines.count { lines[row] = String(lines[row].prefix(column)) }
    }

    private mutating func put(_ character: Character) {
        while lines.count <= row { lines.append("") }
        var line = Array(lines[row])
        while line.count <= column { line.append(" ") }
        line[column] = character
        lines[row] = String(line)
        column += 1
    }
}
