import BlockingWork
import TestSupport

/// A manual page as its source and as `mandoc` shows it.
struct ManualPage {
    let name: String
    private let lines: [String]

    init(_ name: String) throws {
        self.name = name
        lines = try LocalFiles.read("\(BuiltPrograms.package)/man/\(name)").split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
    }

    /// The lines below a heading, up to the next one.
    func section(_ title: String) -> [String] {
        guard let start = lines.firstIndex(of: ".Sh \(title)") else { return [] }
        return Array(lines[(start + 1)...].prefix { !$0.hasPrefix(".Sh ") })
    }

    /// What a page says of one option: the names and whether a value follows.
    struct Option {
        var names: Set<String>
        let hasValue: Bool
        /// Further names that its explanation gives.
        var alsoNamed: Set<String> = []
    }

    /// The entries of the lists of options.
    var options: [Option] {
        var options: [Option] = []
        for line in section("OPTIONS") {
            if line.hasPrefix(".It Fl") {
                let words = Self.words(line)
                options.append(Option(names: Set(Self.flags(words)), hasValue: words.contains("Ar")))
            } else if line.hasPrefix(".It ") || line.hasPrefix(".Ss ") {
                options.append(Option(names: [], hasValue: false))
            } else if line.hasPrefix(".Fl "), !options.isEmpty {
                options[options.count - 1].alsoNamed.formUnion(Self.flags(Self.words(line)))
            }
        }
        return options.filter { !$0.names.isEmpty }
    }

    /// Every option that is named outside the lists, bundles of letters taken apart.
    var mentionedOptions: Set<String> {
        var mentioned: Set<String> = []
        let others = BuiltPrograms.names.filter { "\($0).8" != name }
        for line in lines where line.hasPrefix(".") && line.contains("Fl ") {
            // Another tool's option, with that tool's name before it.
            if Self.words(line).contains(where: { others.contains($0) }) { continue }
            for flag in Self.flags(Self.words(line)) {
                // `-aB4` in the explanation of bundles: letters and a value.
                mentioned.formUnion(
                    flag.hasPrefix("--") ? [flag] : flag.dropFirst().filter { !$0.isNumber }.map { "-\($0)" })
            }
        }
        return mentioned
    }

    /// The numbers of the section on exit statuses, each once.
    var exitStatuses: [Int32] {
        let numbers = section("EXIT STATUS").compactMap { line in
            line.hasPrefix(".It ") ? Int32(line.dropFirst(4).prefix { $0 != " " }) : nil
        }
        return Set(numbers).sorted()
    }

    private static func words(_ line: String) -> [String] {
        line.dropFirst().split(separator: " ").map(String.init)
    }

    /// The arguments of each `Fl`: up to the next macro, less what stands between them.
    private static func flags(_ words: [String]) -> [String] {
        var flags: [String] = []
        var isFlag = false
        for word in words {
            if word == "Fl" {
                isFlag = true
            } else if word.count == 2, word.first?.isUppercase == true, word.last?.isLowercase == true {
                isFlag = false
            } else if isFlag, !["|", ",", ".", ":", ";", "(", ")", "\\-"].contains(word) {
                flags.append("-" + word.replacing("\\-", with: "-").replacing("\\&", with: ""))
            }
        }
        return flags
    }

    /// The commands of the EXAMPLES as a reader sees them: each group is what stands together, for one shell.
    func examples() async throws -> [[String]] {
        let run = try await FinishedProgram.run(
            ["/usr/bin/env", "mandoc", "-Tascii", "-Owidth=400", "\(BuiltPrograms.package)/man/\(name)"])
        guard run.status == 0 else { throw TestFailure("mandoc: \(run.error)") }
        var groups: [[String]] = []
        var isInside = false, continues = false, isTogether = false
        for line in Self.withoutOverstrikes(run.output).split(separator: "\n", omittingEmptySubsequences: false) {
            let text = line.drop { $0 == " " }
            if line.first?.isLetter == true { isInside = line == "EXAMPLES" }
            guard isInside else { continue }
            if continues {
                groups[groups.count - 1][groups[groups.count - 1].count - 1] += "\n" + text
            } else if text.hasPrefix("$ ") || text.hasPrefix("# ") {
                if !isTogether { groups.append([]) }
                groups[groups.count - 1].append(String(text.dropFirst(2)))
                isTogether = true
            } else {
                isTogether = false
            }
            continues = (continues || isTogether) && text.hasSuffix("\\")
        }
        return groups
    }

    /// A letter that is printed twice is bold; one over a line is underlined.
    private static func withoutOverstrikes(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte == 0x08 { bytes.removeLast() } else { bytes.append(byte) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
