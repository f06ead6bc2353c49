/// What Package.swift declares: each target, and the modules it depends on.
struct PackageManifest {
    private(set) var dependencies: [String: [String]] = [:]

    init(_ text: String) {
        let products = Self.products(text)
        for start in ["room(", "program(", "tool(", ".systemLibrary(name:"] {
            for call in text.components(after: start) {
                let inside = call.drop { $0.isWhitespace }
                // The functions' own declarations have no name in quotes here.
                guard inside.first == "\"" else { continue }
                let name = String(inside.dropFirst().prefix { $0 != "\"" })
                let rest = inside.dropFirst(name.count + 2).prefix { $0 != ")" }
                dependencies[name] = start == "tool(" ? Self.strings(rest) + ["ToolSupport"] : Self.list(rest, products)
            }
        }
    }

    /// `let logging: … = .product(name: "Logging", …)` as `logging: Logging`.
    private static func products(_ text: String) -> [String: String] {
        var products: [String: String] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("let ") {
            guard let name = String(line).components(after: ".product(name: \"").first?.prefix(while: { $0 != "\"" })
            else { continue }
            products[String(line.dropFirst(4).prefix { $0 != ":" })] = String(name)
        }
        return products
    }

    /// The elements of the first `[…]`.
    private static func list(_ text: Substring, _ products: [String: String]) -> [String] {
        guard let open = text.firstIndex(of: "["), let close = text.firstIndex(of: "]"), open < close,
            !text[..<open].contains(":")
        else { return [] }
        return text[text.index(after: open)..<close].split { $0 == "," || $0.isWhitespace }.map { word in
            word.hasPrefix("\"") ? String(word.dropFirst().dropLast()) : products[String(word)] ?? "unknown \(word)"
        }
    }

    private static func strings(_ text: Substring) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    }
}

extension String {
    /// What follows each occurrence of `mark`.
    func components(after mark: String) -> [Substring] {
        var found: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: mark) {
            rest = rest[range.upperBound...]
            found.append(rest)
        }
        return found
    }
}
