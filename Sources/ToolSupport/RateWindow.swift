/// How fast something grows, judged by the last seconds.
struct RateWindow {
    private var samples: [(at: ContinuousClock.Instant, bytes: Int64)] = []
    private let span: Duration

    init(span: Duration = .seconds(10)) { self.span = span }

    /// Notes that `bytes` were reached at `instant`; a smaller figure than before starts anew.
    mutating func add(_ bytes: Int64, at instant: ContinuousClock.Instant) {
        if let last = samples.last, bytes < last.bytes { samples = [] }
        samples.append((instant, bytes))
        // The newest sample older than the span stays: the window covers the whole span.
        while samples.count > 2, samples[1].at.duration(to: instant) >= span { samples.removeFirst() }
        // Many updates a second: keep the list short by letting the newest replace its neighbour.
        if samples.count > 64 { samples.remove(at: samples.count - 2) }
    }

    /// Bytes per second, nil before there is anything to tell.
    var bytesPerSecond: Double? {
        guard let first = samples.first, let last = samples.last, last.bytes > first.bytes else { return nil }
        let (seconds, attoseconds) = first.at.duration(to: last.at).components
        let elapsed = Double(seconds) + Double(attoseconds) / 1e18
        return elapsed > 0.2 ? Double(last.bytes - first.bytes) / elapsed : nil
    }
}
