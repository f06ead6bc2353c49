/// One number of a check with its thresholds: performance data.
struct PerformanceValue: Sendable, Equatable {
    /// Any text; it is quoted where it must be.
    var label: String
    /// In the measure's unit.
    var value: Double
    let measure: Measure
    var threshold: Threshold
    /// The least and the most it can be.
    var range: (least: Double?, most: Double?)

    static func == (left: PerformanceValue, right: PerformanceValue) -> Bool {
        left.label == right.label && left.value == right.value && left.measure == right.measure
            && left.threshold == right.threshold && left.range == right.range
    }

    var status: CheckStatus { threshold.status(value, of: measure) }
}

/// The judgement of one aspect.
struct AspectResult: Sendable, Equatable {
    let aspect: CheckAspect
    var status: CheckStatus
    /// One line, lowercase.
    var summary: String
    /// What it rests on: a line each.
    var details: [String] = []
    var performance: [PerformanceValue] = []
}

extension AspectResult {
    /// Judges by numbers and by what is not known: the gravest counts.
    ///
    /// - Parameter gaps: what could not be found out, a line each; with any the result is UNKNOWN at least.
    init(
        _ aspect: CheckAspect, _ performance: [PerformanceValue], summary: String, details: [String] = [],
        gaps: [String] = [], atLeast: CheckStatus = .ok
    ) {
        var status = max(atLeast, performance.map(\.status).max() ?? .ok)
        if !gaps.isEmpty { status = max(status, .unknown) }
        let missing = status == .unknown ? ", \(gaps.count) not known" : ""
        self.init(
            aspect: aspect, status: status, summary: summary + missing, details: details + gaps,
            performance: performance)
    }

    /// An aspect of which nothing is known.
    static func unknown(_ aspect: CheckAspect, _ reason: String) -> AspectResult {
        AspectResult(aspect: aspect, status: .unknown, summary: reason)
    }
}
