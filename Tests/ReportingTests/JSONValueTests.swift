import Reporting
import Testing

@Suite("JSON written without a library")
struct JSONValueTests {
    /// Random strings over the characters that need care, the same ones in every run.
    static let strings: [String] = {
        var seed: UInt64 = 42
        func next(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        let special: [Unicode.Scalar] = ["\"", "\\", "/", "\u{7f}", "é", "日", "🦊", "\u{301}", "\u{2028}", "a", " "]
        return (0..<200).map { _ in
            var text = String.UnicodeScalarView()
            for _ in 0..<next(20) {
                text.append(next(2) == 0 ? special[next(special.count)] : Unicode.Scalar(UInt8(next(0x20))))
            }
            return String(text)
        }
    }()

    @Test("any string reads back as it was, control characters included")
    func stringsReadBack() throws {
        #expect(Self.strings.contains { $0.unicodeScalars.contains("\u{1b}") })
        for text in Self.strings {
            let written = JSONValue.object([(text, .string(text))]).text()
            guard case .object(let members) = try JSONReader.read(written), case .string(let value)? = members.first?.1
            else {
                Issue.record("no object: \(written)")
                continue
            }
            #expect(Array(value.unicodeScalars) == Array(text.unicodeScalars))
            #expect(members.first?.0 == text)
            #expect(!written.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        }
    }

    @Test(
        "nested values read back equal",
        arguments: [
            JSONValue.null, .bool(true), .bool(false), .int(.max), .int(.min), .double(1.5), .double(-1e300),
            .array([]),
            .object([]), .array([.array([.array([])]), .object([("a", .object([]))])]),
            .object([("b", .int(1)), ("a", .array([.null, .string("x")]))]),
        ])
    func nestedValues(_ value: JSONValue) throws {
        #expect(try JSONReader.read(value.text()) == value)
    }

    @Test("keys keep their order, one member a line")
    func layout() {
        let value = JSONValue.object([("schema", .int(1)), ("hosts", .array([.string("sdw1")])), ("none", .array([]))])
        #expect(
            value.text() == """
                {
                  "schema": 1,
                  "hosts": [
                    "sdw1"
                  ],
                  "none": []
                }
                """)
    }

    @Test("what JSON cannot say becomes null", arguments: [Double.nan, .infinity, -.infinity])
    func notANumber(_ value: Double) {
        #expect(JSONValue.double(value).text() == "null")
        #expect(JSONValue.optional(nil as String?) == .null)
        #expect(JSONValue.optional(7) == .int(7))
    }
}
