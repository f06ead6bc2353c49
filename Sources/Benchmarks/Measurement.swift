import BlockingWork

/// Five pairs of two things, in turn, so that what else the machine does meets both.
struct PairedMeasurement {
    let name: String
    /// The most that the ratio of the medians may be.
    let bar: Double
    private(set) var ours: [Double] = []
    private(set) var floor: [Double] = []

    init(_ name: String, bar: Double) {
        self.name = name
        self.bar = bar
    }

    /// Adds a pair, in seconds.
    mutating func add(ours: Duration, floor: Duration) {
        self.ours.append(ours.inSeconds)
        self.floor.append(floor.inSeconds)
    }

    /// A row of the table in docs/performance.md.
    var row: String {
        let (left, right) = (Statistics.median(ours), Statistics.median(floor))
        let ratio = left / right
        return "| \(name) | \(Statistics.text(left)) s | \(Statistics.text(right)) s | \(Statistics.text(ratio)) | "
            + "\(bar) | \(ratio <= bar ? "met" : "not met") |\n"
            + "    ours \(ours.map(Statistics.text).joined(separator: " ")); "
            + "floor \(floor.map(Statistics.text).joined(separator: " "))"
    }
}

enum Statistics {
    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return .nan }
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    /// Three digits after the point.
    static func text(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        let thousandths = Int((value * 1000).rounded())
        let rest = String(thousandths % 1000)
        return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }

    /// How long `body` takes.
    static func time(_ body: () async throws -> Void) async rethrows -> Duration {
        let start = ContinuousClock.now
        try await body()
        return start.duration(to: .now)
    }
}
