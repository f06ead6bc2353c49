import Glibc

/// Where a tool's text goes and its answers come from: the seam between a tool and the outside.
public protocol Terminal: Sendable {
    /// Writes `text` as it is; a closed or broken stream loses it and nothing else happens.
    func write(_ text: String, to stream: OutputStream)

    /// The next line of standard input without its newline, nil at its end. Blocks.
    ///
    /// - Throws: `CancellationError` when `stop` was requested while waiting.
    func readLine(stop: StopRequest) throws -> String?

    /// Whether standard output is a terminal.
    var isOutputTerminal: Bool { get }
    /// Whether standard input is a terminal.
    var isInputTerminal: Bool { get }
    /// Columns and rows of the terminal behind standard output; nil when there is none.
    var size: TerminalSize? { get }
}

/// One of the two streams a tool writes to.
public enum OutputStream: Sendable, Equatable {
    case standardOutput
    case standardError
}

/// The size of a terminal in characters.
public struct TerminalSize: Sendable, Equatable {
    public let columns: Int
    public let rows: Int

    public init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}

/// The process's own streams.
public struct SystemTerminal: Terminal {
    public init() {}

    public var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    public var isInputTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    public var size: TerminalSize? {
        var window = winsize()
        guard isOutputTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else {
            return nil
        }
        return TerminalSize(columns: Int(window.ws_col), rows: max(1, Int(window.ws_row)))
    }

    public func write(_ text: String, to stream: OutputStream) {
        DescriptorWriting.write(text, to: stream == .standardOutput ? STDOUT_FILENO : STDERR_FILENO)
    }

    public func readLine(stop: StopRequest) throws -> String? {
        var line: [UInt8] = []
        while true {
            if stop.isRequested { throw CancellationError() }
            var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 200) != 0 else { continue }
            var byte: UInt8 = 0
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count == 1 else { return line.isEmpty ? nil : String(decoding: line, as: UTF8.self) }
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            if line.count < 65_536 { line.append(byte) }
        }
    }
}

/// Writing to a descriptor that may be slow, closed or full.
enum DescriptorWriting {
    /// Writes all of `text`; gives up silently on an error, and after 10 s on a descriptor that is never ready.
    static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
                if count > 0 {
                    offset += count
                    continue
                }
                guard count < 0, errno == EINTR || errno == EAGAIN else { return }
                guard errno == EAGAIN else { continue }
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&waiting, 1, 10_000) != 0 else { return }
            }
        }
    }
}
