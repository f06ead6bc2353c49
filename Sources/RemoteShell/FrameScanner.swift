import Glibc

/// Takes one stream apart as it comes: nothing before the begin mark, nothing after the end mark.
struct FrameScanner {
    private enum Phase { case before, inside, ended }

    private let beginMark: [UInt8]
    private let endMark: [UInt8]
    private var phase = Phase.before
    private var pending: [UInt8] = []
    /// The status in the end mark, once it came.
    private(set) var status: Int?

    /// Whether the begin mark has come.
    var hasBegun: Bool { phase != .before }
    /// Whether the end mark has come.
    var hasEnded: Bool { phase == .ended }

    init(_ frame: CommandFrame) {
        beginMark = frame.beginMark
        endMark = frame.endMark
    }

    /// Takes the next bytes of the stream and returns those that are the script's own.
    mutating func feed(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        guard phase != .ended else { return [] }
        pending.append(contentsOf: bytes)
        if phase == .before {
            guard findBegin() else { return [] }
            phase = .inside
        }
        return takeInside()
    }

    private mutating func findBegin() -> Bool {
        var from = 0
        while let at = nextMark(from: from) {
            let rest = pending[at...].prefix(beginMark.count)
            if rest.elementsEqual(beginMark.prefix(rest.count)) {
                pending.removeFirst(rest.count == beginMark.count ? at + beginMark.count : at)
                return rest.count == beginMark.count
            }
            from = at + 1
        }
        pending.removeAll(keepingCapacity: true)
        return false
    }

    private mutating func takeInside() -> [UInt8] {
        var from = 0
        while let at = nextMark(from: from) {
            let rest = pending[at...].prefix(endMark.count)
            if rest.elementsEqual(endMark.prefix(rest.count)) {
                let digits = pending[(at + rest.count)...].prefix(6)
                if let newline = digits.firstIndex(of: UInt8(ascii: "\n")),
                    let number = Int(String(decoding: digits[..<newline], as: UTF8.self))
                {
                    status = number
                    phase = .ended
                    defer { pending = [] }
                    return Array(pending[..<at])
                }
                if digits.count < 6 {
                    defer { pending.removeFirst(at) }
                    return Array(pending[..<at])
                }
            }
            from = at + 1
        }
        defer { pending = [] }
        return pending
    }

    private func nextMark(from: Int) -> Int? {
        pending.withUnsafeBytes { bytes in
            guard from < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + from, Int32(CommandFrame.firstByte), bytes.count - from)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}
