/// Gathers what one framed command prints, within bounds.
struct CommandCollector {
    /// The most standard output that a command may have.
    static let longestOutput = 64 << 20
    /// How much of the end of standard error is kept.
    static let keptError = 64 << 10

    private var outputScanner: FrameScanner
    private var errorScanner: FrameScanner
    private var output: [UInt8] = []
    private var error: [UInt8] = []
    private let longestOutput: Int
    private let onStandardError: (@Sendable ([UInt8]) -> Void)?

    init(
        frame: CommandFrame, longestOutput: Int = Self.longestOutput,
        onStandardError: (@Sendable ([UInt8]) -> Void)?
    ) {
        outputScanner = FrameScanner(frame)
        errorScanner = FrameScanner(frame)
        self.longestOutput = longestOutput
        self.onStandardError = onStandardError
    }

    /// Takes bytes of one of the two streams.
    mutating func take(_ bytes: UnsafeRawBufferPointer, isError: Bool) {
        guard isError else {
            let text = outputScanner.feed(bytes)
            if !isTooLong { output.append(contentsOf: text) }
            return
        }
        let text = errorScanner.feed(bytes)
        guard !text.isEmpty else { return }
        onStandardError?(text)
        error.append(contentsOf: text)
        if error.count > 4 * Self.keptError { error.removeFirst(error.count - Self.keptError) }
    }

    /// Whether standard output has outgrown its bound; no more of it is kept then.
    var isTooLong: Bool { output.count > longestOutput }

    /// Whether both streams have come to their end mark.
    var isComplete: Bool { outputScanner.hasEnded && errorScanner.hasEnded }

    /// The result, once standard output has its end mark; standard error may have been cut off on its way.
    var result: CommandOutput? {
        guard let status = outputScanner.status else { return nil }
        return CommandOutput(
            status: status, standardOutput: String(decoding: output, as: UTF8.self),
            standardError: String(decoding: error.suffix(Self.keptError), as: UTF8.self))
    }

    /// Why there is no result, for an error.
    var missing: String {
        guard outputScanner.hasBegun else { return "the login shell ended before it ran the command" }
        return "the command's output ended without its end mark"
    }
}
