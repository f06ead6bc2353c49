/// A place in the write-ahead log (an LSN).
public struct WALPosition: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Reads the server's form, `16/B374D848`.
    public init?(_ text: String) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let high = UInt32(halves[0], radix: 16), let low = UInt32(halves[1], radix: 16) else {
            return nil
        }
        self.init(rawValue: UInt64(high) << 32 | UInt64(low))
    }

    public static func < (left: WALPosition, right: WALPosition) -> Bool { left.rawValue < right.rawValue }

    public var description: String {
        String(rawValue >> 32, radix: 16, uppercase: true) + "/"
            + String(rawValue & 0xffff_ffff, radix: 16, uppercase: true)
    }
}
