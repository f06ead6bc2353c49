/// The moment at which a wait gives up.
///
/// Every wait of the suite has one, and says in its error what it waited for.
public struct Deadline: Sendable, Equatable {
    /// The instant after which `isPast` holds.
    public let instant: ContinuousClock.Instant

    /// A deadline `duration` from now.
    public static func after(_ duration: Duration) -> Deadline {
        Deadline(instant: .now.advanced(by: duration))
    }

    /// What is left, never negative.
    public var remaining: Duration { max(.zero, ContinuousClock.now.duration(to: instant)) }

    /// Whether the moment has come.
    public var isPast: Bool { ContinuousClock.now >= instant }

    /// What is left in whole milliseconds, rounded up, in the form `poll(2)` takes.
    public var remainingMilliseconds: Int32 {
        let (seconds, attoseconds) = remaining.components
        guard seconds < 2_000_000 else { return 2_000_000_000 }
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    /// The earlier of two deadlines.
    public func sooner(_ other: Deadline) -> Deadline {
        instant <= other.instant ? self : other
    }
}

extension Duration {
    /// The duration in seconds, for arithmetic and for text.
    public var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
