/// Text from anywhere made fit for a terminal and a log file.
public enum PrintableText {
    /// `text` with control characters and direction overrides written as `\x1b`; newlines and tabs stay.
    ///
    /// Names and messages come from other machines: without this they could move the cursor or hide lines.
    public static func of(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) || $0 == 0x0a || $0 == 0x09 }) { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isHarmless(scalar) {
                result.append(scalar)
            } else {
                let hex = String(scalar.value, radix: 16)
                let pad = String(repeating: "0", count: max(0, 2 - hex.count))
                result.append(contentsOf: ((scalar.value < 0x100 ? "\\x" : "\\u") + pad + hex).unicodeScalars)
            }
        }
        return String(result)
    }

    /// `text` as one line: newlines and tabs become blanks.
    public static func oneLine(_ text: String) -> String {
        of(String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 }))
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0a, 0x09: true
        case 0..<0x20, 0x7f..<0xa0: false
        case 0x2028...0x202e, 0x2066...0x2069: false
        default: true
        }
    }
}
