import Synchronization

/// Cuts a stream of bytes into lines; a carriage return ends a line too.
public final class ProgressReader: Sendable {
    private let rest = Mutex<[UInt8]>([])
    private let onLine: @Sendable (String) -> Void

    /// - Parameter onLine: called with each line that is not empty, on the thread that brings the bytes.
    public init(_ onLine: @escaping @Sendable (String) -> Void) { self.onLine = onLine }

    /// Takes the next piece of the stream.
    public func take(_ bytes: [UInt8]) {
        let lines = rest.withLock { rest -> [[UInt8]] in
            rest += bytes
            var pieces = rest.split(omittingEmptySubsequences: false) { $0 == 10 || $0 == 13 }.map(Array.init)
            rest = Array((pieces.popLast() ?? []).suffix(65536))
            return pieces
        }
        for line in lines where !line.isEmpty { onLine(String(decoding: line, as: UTF8.self)) }
    }
}
