/// Pauses between tries: doubling, capped, each with a random part so that many hosts do not return in step.
public struct Backoff: Sendable {
    private var pause: Duration
    private let longest: Duration

    /// Starts with pauses around `first`, doubling up to `longest`.
    public init(first: Duration, longest: Duration) {
        pause = first
        self.longest = longest
    }

    /// The next pause: between half of and one and a half of the current step.
    public mutating func next() -> Duration {
        let current = pause
        pause = min(longest, pause * 2)
        return current / 2 + current * Double.random(in: 0...1)
    }
}
