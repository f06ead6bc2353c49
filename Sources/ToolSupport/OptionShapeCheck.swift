import ArgumentParser

/// The proof that a command's `optionShapes` say what its ArgumentParser properties say.
extension OptionShape {
    /// What is in one list and not in the other, in words; empty when they agree.
    ///
    /// For each tool's tests.
    ///
    /// Reads the help screen, which ArgumentParser writes from the properties themselves, hidden options included.
    /// Of an option's value only its presence can be compared there.
    public static func differences(of tool: (some Tool).Type) -> [String] {
        let declared = Set(
            (tool.optionShapes + [.help, .version]).map {
                key($0.names, hasValue: $0.value != .none && $0.value != .version)
            })
        let actual = Set(optionLines(tool.helpMessage(includeHidden: true, columns: 1000)).map(shown))
        return declared.subtracting(actual).map { "listed, but the parser has no such option: \($0)" }.sorted()
            + actual.subtracting(declared).map { "known to the parser, but not listed: \($0)" }.sorted()
    }

    private static func key(_ names: [String], hasValue: Bool) -> String {
        names.sorted().joined(separator: " ") + (hasValue ? " <value>" : "")
    }

    /// The help screen's lines `  -l <directory>      Write …`, indented by two blanks under a heading.
    private static func optionLines(_ help: String) -> [Substring] {
        help.split(separator: "\n").filter { $0.hasPrefix("  -") }
    }

    private static func shown(_ line: Substring) -> String {
        // Names and value end where two blanks begin the explanation.
        var words: [Substring] = []
        for word in line.dropFirst(2).split(separator: " ", omittingEmptySubsequences: false) {
            if word.isEmpty { break }
            words.append(word)
        }
        let names = words.filter { $0.hasPrefix("-") }.map { $0.hasSuffix(",") ? $0.dropLast() : $0 }
        return key(names.map(String.init), hasValue: words.contains { $0.contains("<") })
    }
}
