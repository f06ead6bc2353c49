/// A metric with its samples, in the terms of the Prometheus text exposition format 0.0.4.
struct MetricFamily: Sendable, Equatable {
    /// One number with its labels, in order.
    struct Sample: Sendable, Equatable {
        var labels: [(name: String, value: String)]
        var value: Double

        static func == (left: Sample, right: Sample) -> Bool {
            left.value == right.value && left.labels.map(\.name) == right.labels.map(\.name)
                && left.labels.map(\.value) == right.labels.map(\.value)
        }
    }

    let name: String
    /// One sentence.
    let help: String
    var samples: [Sample] = []

    init(_ name: String, _ help: String) {
        self.name = name
        self.help = help
    }

    /// Adds a sample; one that is not known is none.
    mutating func add(_ value: Double?, _ labels: [(name: String, value: String)] = []) {
        if let value { samples.append(Sample(labels: labels, value: value)) }
    }

    /// Adds 1 or 0; nothing where it is not known.
    mutating func add(_ holds: Bool?, _ labels: [(name: String, value: String)] = []) {
        add(holds.map { $0 ? 1 : 0 }, labels)
    }

    /// All families that have samples, as text; each is a gauge, since every run begins anew.
    static func text(_ families: [MetricFamily]) -> String {
        families.filter { !$0.samples.isEmpty }.map(\.text).joined()
    }

    private var text: String {
        let head = "# HELP \(name) \(Self.escaped(help))\n# TYPE \(name) gauge\n"
        return head
            + samples.map { sample in
                let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
                let braces = labels.isEmpty ? "" : "{" + labels.joined(separator: ",") + "}"
                return "\(name)\(braces) \(PlainNumber.text(sample.value))\n"
            }.joined()
    }

    /// Backslashes and line feeds, and double quotes in a label's value.
    private static func escaped(_ text: String, quotes: Bool = false) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped.append(contentsOf: #"\\"#.unicodeScalars)
            case "\n": escaped.append(contentsOf: #"\n"#.unicodeScalars)
            case "\"" where quotes: escaped.append(contentsOf: #"\""#.unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
