import ToolSupport

/// Why the arguments of a check make no sense, in one line.
struct ThresholdError: Error, Sendable, Equatable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = PrintableText.oneLine(description) }
}

/// The thresholds of all measures.
struct Thresholds: Sendable, Equatable {
    private var changed: [Measure: Threshold] = [:]

    init() {}

    subscript(measure: Measure) -> Threshold { changed[measure] ?? measure.defaults }

    /// Takes `aspect=value,…`: a number with a unit that fits the aspect, or `off`.
    ///
    /// An aspect with two measures (retained-wal: bytes, or a time) is told by the unit which one is meant; `off` is
    /// for both.
    ///
    /// - Throws: `ThresholdError` that names the option and the word.
    mutating func set(
        _ level: WritableKeyPath<Threshold, Double?>, _ text: String, option: String
    ) throws(ThresholdError) {
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw ThresholdError("option \(option): '\(word)' is not of the form aspect=value")
            }
            guard let aspect = CheckAspect(rawValue: String(parts[0])) else {
                throw ThresholdError("option \(option): no such aspect: '\(parts[0])' (\(CheckAspect.list))")
            }
            let measures = Measure.allCases.filter { $0.aspect == aspect }
            if parts[1] == "off" {
                for measure in measures { put(nil, level, measure) }
                continue
            }
            let found = measures.compactMap { measure in
                Self.value(parts[1], measure.unit).map { (measure, $0) }
            }
            guard let (measure, value) = found.first else {
                let forms = measures.map { Self.form($0.unit) }.joined(separator: ", or ")
                throw ThresholdError("option \(option): \(aspect.rawValue) takes \(forms), or off; not '\(parts[1])'")
            }
            put(value, level, measure)
        }
    }

    private mutating func put(_ value: Double?, _ level: WritableKeyPath<Threshold, Double?>, _ measure: Measure) {
        var threshold = self[measure]
        threshold[keyPath: level] = value
        changed[measure] = threshold
    }

    private static func form(_ unit: Measure.Unit) -> String {
        switch unit {
        case .count: "a whole number"
        case .bytes: "a size with a unit (64MB, 10GB)"
        case .seconds: "a time with a unit (500ms, 30s, 10min, 4h, 2d)"
        case .percent: "a percentage from 0% to 100%"
        }
    }

    private static func value(_ text: Substring, _ unit: Measure.Unit) -> Double? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        // Fifteen digits are exact in a Double.
        guard !digits.isEmpty, digits.count <= 15, digits.first != ".", digits.last != ".",
            let number = Double(digits)
        else { return nil }
        let name = text.dropFirst(digits.count).lowercased()
        switch unit {
        case .count: return name.isEmpty && !digits.contains(".") ? number : nil
        case .percent: return name == "%" && number <= 100 ? number : nil
        case .bytes: return byteUnits[name].map { number * $0 }
        case .seconds: return timeUnits[name].map { number * $0 }
        }
    }

    /// PostgreSQL's: 1 kB is 1024 bytes.
    private static let byteUnits: [String: Double] = [
        "b": 1, "kb": 1024, "mb": 1_048_576, "gb": 1_073_741_824, "tb": 1_099_511_627_776,
    ]
    private static let timeUnits: [String: Double] = [
        "ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86_400,
    ]
}
