/// The name of a WAL file: 24 hexadecimal digits for timeline and place.
public struct WALFileName: Sendable, Equatable {
    public let timeline: UInt32
    /// The file's number, counted from the beginning of the log.
    public let number: UInt64

    /// Reads a name.
    ///
    /// - Parameter size: bytes per WAL file, a power of two from 1 MiB to 1 GiB.
    public init?(_ name: String, size: Int) {
        let digits = Array(name.utf8)
        guard digits.count == 24, Self.possibleSizes.contains(size),
            let timeline = Self.hexadecimal(digits[..<8]), let high = Self.hexadecimal(digits[8..<16]),
            let low = Self.hexadecimal(digits[16...]), UInt64(low) < Self.perHigh(size)
        else { return nil }
        self.timeline = timeline
        number = UInt64(high) * Self.perHigh(size) + UInt64(low)
    }

    /// What a server can be built with.
    public static let possibleSizes = (20...30).map { 1 << $0 }

    private static func perHigh(_ size: Int) -> UInt64 { (1 << 32) / UInt64(size) }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt32? {
        let text = String(decoding: digits, as: UTF8.self)
        return text.contains("+") ? nil : UInt32(text, radix: 16)
    }

    /// The number of the file that holds a place.
    public static func number(of position: WALPosition, size: Int) -> UInt64 {
        position.rawValue / UInt64(max(1, size))
    }
}

/// WAL files of one timeline that follow each other without a gap.
public struct WALRun: Sendable, Equatable {
    public var timeline: UInt32
    public var files: ClosedRange<UInt64>

    public init(timeline: UInt32, files: ClosedRange<UInt64>) {
        self.timeline = timeline
        self.files = files
    }
}

extension [WALRun] {
    /// The first file's number from which on all up to `last` are there, whatever their timelines.
    ///
    /// - Returns: nil when `last` itself is missing.
    public func firstWithoutGap(before last: UInt64) -> UInt64? {
        var first: UInt64?
        var wanted = last
        while let found = filter({ $0.files.contains(wanted) }).map(\.files.lowerBound).min() {
            first = found
            guard found > 0 else { break }
            wanted = found - 1
        }
        return first
    }
}
