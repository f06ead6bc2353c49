public import Reporting

/// Reads a JSON document into the value that the product writes.
public struct JSONReader {
    public struct Malformed: Error {
        public let offset: Int
    }

    private let bytes: [UInt8]
    private var position = 0

    public static func read(_ text: String) throws -> JSONValue {
        var reader = JSONReader(bytes: Array(text.utf8))
        let value = try reader.value()
        reader.skipBlanks()
        guard reader.position == reader.bytes.count else { throw Malformed(offset: reader.position) }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func skipBlanks() {
        while position < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ literal: String) -> Bool {
        guard bytes[position...].starts(with: literal.utf8) else { return false }
        position += literal.utf8.count
        return true
    }

    private mutating func value() throws -> JSONValue {
        skipBlanks()
        if take("null") { return .null }
        if take("true") { return .bool(true) }
        if take("false") { return .bool(false) }
        if take("[") { return .array(try list(until: "]") { try $0.value() }) }
        if take("{") { return .object(try list(until: "}") { try $0.member() }) }
        return bytes[position...].first == UInt8(ascii: "\"") ? .string(try string()) : try number()
    }

    private mutating func list<Element>(
        until end: String, _ element: (inout JSONReader) throws -> Element
    ) throws -> [Element] {
        var elements: [Element] = []
        skipBlanks()
        while !take(end) {
            if !elements.isEmpty { guard take(",") else { throw Malformed(offset: position) } }
            elements.append(try element(&self))
            skipBlanks()
        }
        return elements
    }

    private mutating func member() throws -> (String, JSONValue) {
        skipBlanks()
        let name = try string()
        skipBlanks()
        guard take(":") else { throw Malformed(offset: position) }
        return (name, try value())
    }

    private mutating func string() throws -> String {
        guard take("\"") else { throw Malformed(offset: position) }
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escaped()
            default: text.append(byte)
            }
        }
        throw Malformed(offset: position)
    }

    private mutating func escaped() throws -> [UInt8] {
        guard position < bytes.count else { throw Malformed(offset: position) }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "u"):
            let digits = String(decoding: bytes[position...].prefix(4), as: UTF8.self)
            guard let code = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(code) else {
                throw Malformed(offset: position)
            }
            position += 4
            return Array(String(Character(scalar)).utf8)
        default: throw Malformed(offset: position)
        }
    }

    private mutating func number() throws -> JSONValue {
        let text = bytes[position...].prefix { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
        let digits = String(decoding: text, as: UTF8.self)
        position += text.count
        if let number = Int(digits) { return .int(number) }
        guard let number = Double(digits) else { throw Malformed(offset: position) }
        return .double(number)
    }
}

extension JSONValue {
    /// A member of an object, null if there is none.
    public subscript(name: String) -> JSONValue {
        guard case .object(let members) = self else { return .null }
        return members.first { $0.0 == name }?.1 ?? .null
    }

    /// An element of an array, null if there is none.
    public subscript(index: Int) -> JSONValue { elements.indices.contains(index) ? elements[index] : .null }

    public var elements: [JSONValue] {
        guard case .array(let values) = self else { return [] }
        return values
    }

    public var names: [String] {
        guard case .object(let members) = self else { return [] }
        return members.map(\.0)
    }

    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    public var int: Int? {
        guard case .int(let number) = self else { return nil }
        return number
    }

    public var isNull: Bool { self == .null }
}
