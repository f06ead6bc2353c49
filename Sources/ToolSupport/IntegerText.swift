/// Whole numbers as the original's option parser reads them.
enum IntegerText {
    /// The value of `text`: decimal, `0x…` hexadecimal, `0b…` binary, or octal after a leading 0, with an optional
    /// sign and blanks around it; nil when it is none of these.
    static func value(_ text: String) -> Int? {
        var digits = text[...]
        while digits.first?.isWhitespace == true { digits.removeFirst() }
        while digits.last?.isWhitespace == true { digits.removeLast() }
        var sign = ""
        if let first = digits.first, first == "-" || first == "+" {
            sign = first == "-" ? "-" : ""
            digits.removeFirst()
        }
        var radix = 10
        let start = digits.prefix(2).lowercased()
        if start == "0x" || start == "0b" {
            radix = start == "0x" ? 16 : 2
            digits.removeFirst(2)
        } else if digits.count > 1, digits.first == "0" {
            radix = 8
        }
        guard digits.first != "-", digits.first != "+" else { return nil }
        return Int(sign + digits, radix: radix)
    }
}
