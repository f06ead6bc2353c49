/// A position in the WAL, as the server writes it: `16/B374D848`.
struct LogPosition: Comparable, Sendable, Equatable, CustomStringConvertible {
    let value: UInt64

    /// Nil for any other text.
    init?(_ text: String?) {
        let parts = (text ?? "").split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let high = UInt32(parts[0], radix: 16), let low = UInt32(parts[1], radix: 16) else {
            return nil
        }
        value = UInt64(high) << 32 | UInt64(low)
    }

    static func < (left: LogPosition, right: LogPosition) -> Bool { left.value < right.value }

    /// How many bytes it lies behind another; 0 when it does not.
    func bytes(behind other: LogPosition) -> Int64 { other > self ? Int64(clamping: other.value - value) : 0 }

    var description: String {
        "\(String(value >> 32, radix: 16, uppercase: true))/\(String(value & 0xffff_ffff, radix: 16, uppercase: true))"
    }
}
