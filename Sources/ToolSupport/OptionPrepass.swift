/// Rewrites arguments from the habits of the original's option parser to the stricter form ArgumentParser takes.
///
/// Bundled short options with values (`-aB4`), unique prefixes of long options, options after positional arguments,
/// octal numbers. A pure function over the arguments and the option list; the errors are the original's.
struct OptionPrepass {
    /// What the arguments ask for.
    enum Outcome: Equatable {
        /// Arguments for ArgumentParser: every option in full, `name=value`, positional ones after `--`.
        case arguments([String])
        case help
        case version
    }

    /// A usage error, in the original's words.
    struct Refusal: Error, Equatable { let message: String }

    private let shapes: [OptionShape]
    private var pending: ArraySlice<String>
    private var options: [String] = []
    private var positionals: [String] = []
    /// The options with an optional value, by name.
    ///
    /// ArgumentParser drops such a value when another option follows it, unless the option says `parsing: .next`.
    private var last: [(name: String, word: String)] = []

    private init(_ arguments: [String], _ shapes: [OptionShape]) {
        self.shapes = shapes + [.help, .version]
        pending = arguments[...]
    }

    /// Rewrites `arguments` for a command with these options.
    static func run(_ arguments: [String], shapes: [OptionShape]) throws(Refusal) -> Outcome {
        var prepass = OptionPrepass(arguments, shapes)
        return try prepass.run()
    }

    private mutating func run() throws(Refusal) -> Outcome {
        while let argument = pending.popFirst() {
            let found: OptionShape?
            if argument == "--" {
                positionals += pending
                break
            } else if argument.hasPrefix("--") {
                found = try takeLong(argument)
            } else if argument.hasPrefix("-"), argument != "-" {
                found = try takeShort(argument)
            } else {
                positionals.append(argument)
                continue
            }
            if found == .help { return .help }
            if found == .version || found?.value == .version { return .version }
        }
        return .arguments(options + last.map(\.word) + (positionals.isEmpty ? [] : ["--"] + positionals))
    }

    private mutating func takeLong(_ argument: String) throws(Refusal) -> OptionShape? {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let attached = parts.count == 2 ? parts[1] : nil
        if Self.builtIns.contains(parts[0]) {
            options.append(argument)
            return nil
        }
        let (shape, name) = try match(parts[0])
        if shape.needsValue {
            let value = if let attached { attached } else { try next(name) }
            try append(name, shape, value: value)
        } else if shape.value == .optional {
            setLast(shape, attached.map { "\(name)=\($0)" } ?? name)
        } else {
            guard attached == nil else { throw Refusal(message: "\(name) option does not take a value") }
            options.append(name)
        }
        return shape
    }

    private mutating func takeShort(_ argument: String) throws(Refusal) -> OptionShape? {
        var rest = argument.dropFirst()
        while let letter = rest.popFirst() {
            let name = "-\(letter)"
            guard let shape = shapes.first(where: { $0.names.contains(name) }) else {
                throw Refusal(message: "no such option: \(name)")
            }
            if shape == .help || shape == .version || shape.value == .version { return shape }
            guard shape.needsValue else {
                if shape.value == .optional { setLast(shape, name) } else { options.append(name) }
                continue
            }
            try append(name, shape, value: rest.isEmpty ? next(name) : String(rest))
            return shape
        }
        return nil
    }

    /// Notes an option with an optional value; the last word about it wins.
    private mutating func setLast(_ shape: OptionShape, _ word: String) {
        let name = shape.names[0]
        last.removeAll { $0.name == name }
        last.append((name, word))
    }

    /// The option that `given` names in full or by a prefix no other option has.
    private func match(_ given: String) throws(Refusal) -> (OptionShape, String) {
        if let exact = shapes.first(where: { $0.names.contains(given) }) { return (exact, given) }
        // Two names of one option are no ambiguity; the first of them speaks for it.
        let candidates = shapes.compactMap { shape in
            shape.names.first { $0.hasPrefix(given) && $0.hasPrefix("--") }.map { (shape, $0) }
        }
        guard let first = candidates.first else { throw Refusal(message: "no such option: \(given)") }
        guard candidates.count == 1 else {
            let names = candidates.map(\.1).sorted().joined(separator: ", ")
            throw Refusal(message: "ambiguous option: \(given) (\(names)?)")
        }
        return first
    }

    private mutating func next(_ name: String) throws(Refusal) -> String {
        guard let value = pending.popFirst() else { throw Refusal(message: "\(name) option requires 1 argument") }
        return value
    }

    private mutating func append(_ name: String, _ shape: OptionShape, value: String) throws(Refusal) {
        switch shape.value {
        case .integer:
            guard let number = IntegerText.value(value) else {
                throw Refusal(message: "option \(name): invalid integer value: '\(value)'")
            }
            options.append("\(name)=\(number)")
        case .number:
            guard let number = Double(value) else {
                throw Refusal(message: "option \(name): invalid floating-point value: '\(value)'")
            }
            options.append("\(name)=\(number)")
        default: options.append("\(name)=\(value)")
        }
    }

    /// Options of ArgumentParser itself, known by their full names only.
    private static let builtIns = ["--generate-completion-script", "--experimental-dump-help", "--help-hidden"]
}
