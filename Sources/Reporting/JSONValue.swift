/// A JSON document as a value, written without Foundation.
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSONValue])
    /// Keys keep their order.
    case object([(String, JSONValue)])

    public static func == (left: JSONValue, right: JSONValue) -> Bool { left.text() == right.text() }

    /// A string, or null.
    public static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    /// A whole number, or null.
    public static func optional(_ number: Int?) -> JSONValue { number.map { .int($0) } ?? .null }

    /// The document with two-blank indentation, without a final newline.
    public func text() -> String {
        var output = ""
        write(to: &output, indent: 0)
        return output
    }

    private func write(to output: inout String, indent: Int) {
        switch self {
        case .null: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .int(let value): output += String(value)
        case .double(let value): output += value.isFinite ? String(value) : "null"
        case .string(let value): Self.quote(value, to: &output)
        case .array(let values):
            Self.list("[", "]", values, to: &output, indent: indent) { $0.write(to: &$1, indent: indent + 2) }
        case .object(let members):
            Self.list("{", "}", members, to: &output, indent: indent) {
                Self.quote($0.0, to: &$1)
                $1 += ": "
                $0.1.write(to: &$1, indent: indent + 2)
            }
        }
    }

    private static func list<Element>(
        _ open: String, _ close: String, _ elements: [Element], to output: inout String, indent: Int,
        _ write: (Element, inout String) -> Void
    ) {
        guard !elements.isEmpty else {
            output += open + close
            return
        }
        let pad = String(repeating: " ", count: indent + 2)
        output += open
        for (index, element) in elements.enumerated() {
            output += index == 0 ? "\n" + pad : ",\n" + pad
            write(element, &output)
        }
        output += "\n" + String(repeating: " ", count: indent) + close
    }

    private static func quote(_ text: String, to output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let hex = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}
