/// libpq's verbose text of a failure, taken apart.
///
/// A failed connection has no result to ask for its fields: the SQLSTATE is in the text alone, and only in the
/// verbose one (`FATAL:  57P03: the database system is starting up`), whatever the server's language.
struct VerboseMessage: Equatable {
    /// The text as the usual verbosity has it: no code, no place in the server's source.
    let text: String
    /// The first code in it; nil where no server spoke.
    let sqlState: String?

    init(_ verbose: String) {
        var lines: [Substring] = []
        var found: String?
        for line in verbose.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("LOCATION:  ") { continue }
            guard found == nil || line.hasPrefix("connection to "), let code = Self.code(in: line) else {
                lines.append(line)
                continue
            }
            found = found ?? String(line[code].prefix(5))
            lines.append(line[..<code.lowerBound] + line[code.upperBound...])
        }
        var text = lines.joined(separator: "\n")[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        self.text = String(text)
        sqlState = found
    }

    /// Where the five characters and their `: ` stand, behind a severity and its `:  `.
    private static func code(in line: Substring) -> Range<Substring.Index>? {
        var rest = line
        while let colon = rest.firstIndex(of: ":") {
            rest = rest[rest.index(after: colon)...]
            guard rest.hasPrefix("  ") else { continue }
            let code = rest.dropFirst(2).prefix(7)
            guard code.count == 7, code.hasSuffix(": "), code.prefix(5).allSatisfy(isCodeCharacter) else { continue }
            return code.startIndex..<code.endIndex
        }
        return nil
    }

    /// Digits and upper-case ASCII letters (PostgreSQL documentation, appendix A).
    private static func isCodeCharacter(_ character: Character) -> Bool {
        ("0"..."9").contains(character) || ("A"..."Z").contains(character)
    }
}
