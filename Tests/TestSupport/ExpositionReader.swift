/// Reads the Prometheus text exposition format 0.0.4 strictly; what its description does not allow is an error.
///
/// Stricter than the format where `promtool check metrics` is: every metric has HELP, then TYPE, then its samples, all
/// together; no sample comes twice; a gauge does not end in `_total`; no name carries a unit that is no base unit.
public struct ExpositionReader {
    /// What is wrong, with the line's number from 1.
    public struct Malformed: Error, CustomStringConvertible {
        public let line: Int
        public let reason: String
        public var description: String { "line \(line): \(reason)" }
    }

    /// One line of numbers.
    public struct Sample: Sendable, Equatable {
        public let name: String
        public let labels: [String: String]
        public let value: Double
    }

    private var samples: [Sample] = []
    private var line = 0
    private var current: String?
    private var isTyped = false
    private var finished: Set<String> = []

    /// All samples of a text.
    ///
    /// - Throws: `Malformed`.
    public static func read(_ text: String) throws -> [Sample] {
        var reader = ExpositionReader()
        guard !text.isEmpty, text.hasSuffix("\n") else { throw reader.malformed("the last line has no line feed") }
        for line in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            reader.line += 1
            try reader.take(String(line))
        }
        return reader.samples
    }

    private func malformed(_ reason: String) -> Malformed { Malformed(line: line, reason: reason) }

    private mutating func take(_ text: String) throws {
        if text.hasPrefix("# HELP ") { return try takeHelp(text.dropFirst(7)) }
        if text.hasPrefix("# TYPE ") { return try takeType(text.dropFirst(7)) }
        guard !text.hasPrefix("#") else { throw malformed("a comment that is none of ours") }
        let sample = try sample(text)
        guard sample.name == current, isTyped else { throw malformed("\(sample.name) has no HELP and TYPE before it") }
        guard !samples.contains(where: { $0.name == sample.name && $0.labels == sample.labels }) else {
            throw malformed("\(sample.name) \(sample.labels) came before")
        }
        samples.append(sample)
    }

    private mutating func takeHelp(_ rest: Substring) throws {
        let words = rest.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2, !words[1].isEmpty else { throw malformed("HELP without a text") }
        try checkName(words[0])
        try checkEscapes(words[1], quotes: false)
        guard isTyped || current == nil else { throw malformed("\(current ?? "") has no TYPE") }
        if let current { finished.insert(current) }
        guard !finished.contains(String(words[0])) else { throw malformed("\(words[0]) comes in two places") }
        current = String(words[0])
        isTyped = false
    }

    private mutating func takeType(_ rest: Substring) throws {
        let words = rest.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, String(words[0]) == current, !isTyped else { throw malformed("TYPE without its HELP") }
        guard ["gauge", "counter"].contains(words[1]) else { throw malformed("no such type: \(words[1])") }
        let name = String(words[0])
        guard (words[1] == "counter") == name.hasSuffix("_total") else {
            throw malformed("\(name): counters end in _total, and nothing else does")
        }
        let parts = name.split(separator: "_")
        for unit in ["ms", "milliseconds", "minutes", "hours", "days", "kb", "mb", "gb", "percent", "sec", "pct"] {
            guard !parts.contains(where: { $0 == unit }) else { throw malformed("\(name): \(unit) is no base unit") }
        }
        isTyped = true
    }

    private func sample(_ text: String) throws -> Sample {
        var rest = text[...]
        let name = rest.prefix { $0 != "{" && $0 != " " }
        try checkName(name)
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" { labels = try takeLabels(&rest) }
        guard rest.first == " " else { throw malformed("no blank before the value") }
        rest = rest.dropFirst()
        let isNumber = rest.allSatisfy { $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }
        guard !rest.isEmpty, let value = isNumber ? Double(rest) : special[String(rest)] else {
            throw malformed("'\(rest)' is no value")
        }
        return Sample(name: String(name), labels: labels, value: value)
    }

    private let special: [String: Double] = ["NaN": .nan, "+Inf": .infinity, "-Inf": -.infinity]

    private func takeLabels(_ rest: inout Substring) throws -> [String: String] {
        var labels: [String: String] = [:]
        rest = rest.dropFirst()
        while rest.first != "}" {
            if !labels.isEmpty {
                guard rest.first == "," else { throw malformed("no comma between labels") }
                rest = rest.dropFirst()
            }
            let name = rest.prefix { $0 != "=" }
            try checkLabel(name)
            rest = rest.dropFirst(name.count + 1)
            guard rest.first == "\"" else { throw malformed("the value of \(name) has no quote") }
            rest = rest.dropFirst()
            guard labels.updateValue(try takeQuoted(&rest), forKey: String(name)) == nil else {
                throw malformed("label \(name) comes twice")
            }
        }
        rest = rest.dropFirst()
        return labels
    }

    private func takeQuoted(_ rest: inout Substring) throws -> String {
        var value = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return value
            case "\\":
                switch rest.popFirst() {
                case "n": value.append("\n")
                case "\\": value.append("\\")
                case "\"": value.append("\"")
                default: throw malformed("an escape that is none")
                }
            default: value.append(character)
            }
        }
        throw malformed("a quote is missing")
    }

    private func checkEscapes(_ text: Substring, quotes: Bool) throws {
        var rest = text
        while let character = rest.popFirst() {
            guard character == "\\" else { continue }
            guard let next = rest.popFirst(), "\\n".contains(next) else { throw malformed("an escape that is none") }
        }
    }

    private func checkName(_ name: Substring) throws {
        guard let first = name.first, isLetter(first) || first == ":",
            name.allSatisfy({ isLetter($0) || isDigit($0) || $0 == ":" })
        else { throw malformed("'\(name)' is no metric's name") }
    }

    private func checkLabel(_ name: Substring) throws {
        guard let first = name.first, isLetter(first), !name.hasPrefix("__"),
            name.allSatisfy({ isLetter($0) || isDigit($0) })
        else { throw malformed("'\(name)' is no label's name") }
    }

    private func isLetter(_ character: Character) -> Bool {
        character.isASCII && character.isLetter || character == "_"
    }
    private func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
}

extension [ExpositionReader.Sample] {
    /// The values of a metric whose labels include these.
    public func values(_ name: String, _ labels: [String: String] = [:]) -> [Double] {
        filter { sample in sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value } }
            .map(\.value)
    }
}
