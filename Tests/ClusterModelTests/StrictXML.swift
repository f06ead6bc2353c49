/// A small XML 1.0 reader that takes nothing which is not well-formed: one root, nested elements, quoted attributes
/// that occur once, the five entities, allowed characters only.
struct StrictXML {
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    struct Element: Equatable {
        var name: String
        var attributes: [String: String]
        var children: [Element] = []
        var text = ""

        /// All elements of a name, at any depth, itself included.
        func all(_ wanted: String) -> [Element] {
            (name == wanted ? [self] : []) + children.flatMap { $0.all(wanted) }
        }
    }

    private var rest: Substring.UnicodeScalarView

    static func parse(_ document: String) throws -> Element {
        for scalar in document.unicodeScalars {
            let value = scalar.value
            guard value >= 0x20 && value != 0xfffe && value != 0xffff || [0x09, 0x0a, 0x0d].contains(value) else {
                throw Malformed(description: "character \(value) is not allowed")
            }
        }
        var parser = StrictXML(rest: document[...].unicodeScalars)
        if parser.take("<?xml") { _ = try parser.until("?>") }
        parser.skipSpace()
        let root = try parser.element()
        parser.skipSpace()
        guard parser.rest.isEmpty else { throw Malformed(description: "something stands after the root") }
        return root
    }

    private mutating func element() throws -> Element {
        guard take("<") else { throw Malformed(description: "no element at \(Substring(rest.prefix(20)))") }
        var element = Element(name: try name(), attributes: [:])
        while true {
            let hadSpace = skipSpace()
            if take("/>") { return element }
            if take(">") { break }
            guard hadSpace else { throw Malformed(description: "no blank before an attribute of \(element.name)") }
            let key = try name()
            guard take("="), take("\"") else { throw Malformed(description: "\(key) is not quoted") }
            let value = try unescaped(try until("\""))
            guard element.attributes.updateValue(value, forKey: key) == nil else {
                throw Malformed(description: "\(key) stands twice in \(element.name)")
            }
        }
        while true {
            element.text += try unescaped(String(Substring(rest.prefix { $0 != "<" })))
            rest = rest.drop { $0 != "<" }
            if take("</") {
                guard try name() == element.name, take(">") else {
                    throw Malformed(description: "\(element.name) is not closed")
                }
                return element
            }
            element.children.append(try self.element())
        }
    }

    private mutating func name() throws -> String {
        let found = rest.prefix {
            $0.properties.isAlphabetic || $0.properties.numericType != nil || "-_:.".unicodeScalars.contains($0)
        }
        guard let first = found.first, first.properties.isAlphabetic else { throw Malformed(description: "no name") }
        rest = rest.dropFirst(found.count)
        return String(Substring(found))
    }

    private func unescaped(_ text: String) throws -> String {
        guard !text.contains("<") else { throw Malformed(description: "a bare < in '\(text)'") }
        var result = ""
        var rest = text[...]
        while let mark = rest.firstIndex(of: "&") {
            result += rest[..<mark]
            rest = rest[mark...]
            let known = ["&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": "\"", "&apos;": "'"]
            guard let entity = known.first(where: { rest.hasPrefix($0.key) }) else {
                throw Malformed(description: "a bare & in '\(text)'")
            }
            result += entity.value
            rest = rest.dropFirst(entity.key.count)
        }
        return result + rest
    }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.unicodeScalars) else { return false }
        rest = rest.dropFirst(text.unicodeScalars.count)
        return true
    }

    private mutating func until(_ end: String) throws -> String {
        var found = String.UnicodeScalarView()
        while !take(end) {
            guard let scalar = rest.popFirst() else { throw Malformed(description: "no \(end)") }
            found.append(scalar)
        }
        return String(found)
    }

    @discardableResult
    private mutating func skipSpace() -> Bool {
        let blanks = rest.prefix { [" ", "\n", "\t", "\r"].contains($0) }
        rest = rest.dropFirst(blanks.count)
        return !blanks.isEmpty
    }
}
