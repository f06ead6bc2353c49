import Reporting

/// A strict JSON reader, to read back what the suite writes.
struct JSONReader {
    struct Malformed: Error { let offset: Int }

    private let bytes: [UInt8]
    private var at = 0

    static func read(_ text: String) throws -> JSONValue {
        var reader = JSONReader(bytes: Array(text.utf8))
        let value = try reader.value()
        guard reader.at == reader.bytes.count else { throw Malformed(offset: reader.at) }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func value() throws -> JSONValue {
        skipBlanks()
        defer { skipBlanks() }
        switch peek {
        case UInt8(ascii: "{"): return .object(try members(until: "}") { ($0, $1) })
        case UInt8(ascii: "["): return .array(try elements())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private var peek: UInt8 { at < bytes.count ? bytes[at] : 0 }

    private mutating func skipBlanks() { while [0x20, 0x0a, 0x0d, 0x09].contains(peek) { at += 1 } }

    private mutating func expect(_ character: Unicode.Scalar) throws {
        guard peek == UInt8(ascii: character) else { throw Malformed(offset: at) }
        at += 1
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws -> JSONValue {
        for scalar in text.unicodeScalars { try expect(scalar) }
        return value
    }

    private mutating func elements() throws -> [JSONValue] {
        try expect("[")
        skipBlanks()
        var found: [JSONValue] = []
        while peek != UInt8(ascii: "]") {
            if !found.isEmpty { try expect(",") }
            found.append(try value())
        }
        try expect("]")
        return found
    }

    private mutating func members<Member>(
        until end: Unicode.Scalar, _ make: (String, JSONValue) -> Member
    ) throws -> [Member] {
        try expect("{")
        skipBlanks()
        var found: [Member] = []
        while peek != UInt8(ascii: end) {
            if !found.isEmpty { try expect(",") }
            skipBlanks()
            let key = try string()
            skipBlanks()
            try expect(":")
            found.append(make(key, try value()))
        }
        try expect(end)
        return found
    }

    private mutating func number() throws -> JSONValue {
        let start = at
        while "+-.eE0123456789".utf8.contains(peek) { at += 1 }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if let whole = Int(text) { return .int(whole) }
        guard let value = Double(text), text.first != "+", text.first != "." else { throw Malformed(offset: start) }
        return .double(value)
    }

    private mutating func string() throws -> String {
        try expect("\"")
        var units: [UInt8] = []
        while peek != UInt8(ascii: "\"") {
            guard peek >= 0x20 else { throw Malformed(offset: at) }
            if peek == UInt8(ascii: "\\") {
                at += 1
                units += String(try escape()).utf8
            } else {
                units.append(peek)
                at += 1
            }
        }
        try expect("\"")
        return String(decoding: units, as: UTF8.self)
    }

    private mutating func escape() throws -> Unicode.Scalar {
        let simple: [UInt8: Unicode.Scalar] = [
            UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "n"): "\n",
            UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t", UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{c}",
        ]
        let letter = peek
        at += 1
        if let scalar = simple[letter] { return scalar }
        guard letter == UInt8(ascii: "u"), at + 4 <= bytes.count,
            let code = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16),
            let scalar = Unicode.Scalar(code)
        else { throw Malformed(offset: at) }
        at += 4
        return scalar
    }
}
