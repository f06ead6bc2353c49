import Testing

@Suite("the table of deviations in docs/compatibility.md")
struct DeviationTableTests {
    let table: DeviationTable
    let tests: Set<String>

    init() throws {
        table = DeviationTable(try SourceTree.text(of: "docs/compatibility.md"))
        tests = TestNames.names(in: try SourceTree.texts(below: "Tests"))
    }

    @Test("the table and the tests were read")
    func readsSomething() {
        #expect(table.rows.count > 80)
        #expect(tests.count > 400)
        #expect(tests.contains("the table and the tests were read"))
    }

    @Test("every row has its four cells, below the heading of its table")
    func shape() {
        #expect(table.strayLines == [])
        for row in table.rows { #expect(row.cells.count == 4, "\(row.line)") }
    }

    @Test("every row names a test, and every test that is named exists")
    func everyRowHasItsTest() {
        for row in table.rows {
            #expect(!row.tests.isEmpty, "no test: \(row.line)")
            for name in row.tests { #expect(tests.contains(name), "no such test: \(name)") }
        }
    }

    @Test("cells are cut at bars that are neither escaped nor text, names are read in either spelling")
    func reading() {
        let table = DeviationTable(
            """
            ## Deviations
            | a | b \\| c | `d|e` | `one test`, `two|tests` |
            | original | ours | why | test |
            |---|---|---|---|
            | x | y | – | – |

            | lost | after | a gap | `t` |
            ## What all tools share
            | no | row | of | it |
            """)
        #expect(table.rows.map(\.cells.count) == [4])
        #expect(table.rows.map(\.tests) == [[]])
        #expect(table.strayLines.count == 2)
        let row = DeviationTable.Row(line: "| a | b \\| c | `d|e` | `one test`, `two|tests` |")
        #expect(row.cells == ["a", "b \\| c", "`d|e`", "`one test`, `two|tests`"])
        #expect(row.tests == ["one test", "two|tests"])
        let found = TestNames.names(in: [
            "@Test(\n  \"a \\\"quoted\\\" one\", arguments: [\"no\"])\n@Suite(\"no suite\")\n@Test func `a long one`()"
        ])
        #expect(found == ["a \"quoted\" one", "a long one"])
    }
}

/// The rows between the headings "Deviations" and "What all tools share".
struct DeviationTable {
    /// One line of a table.
    struct Row {
        let line: String
        let cells: [String]

        init(line: String) {
            self.line = line
            var cells = [""]
            var isCode = false, isEscaped = false
            for character in line.trimmingBars {
                if character == "|", !isCode, !isEscaped {
                    cells.append("")
                    continue
                }
                if character == "`" { isCode.toggle() }
                isEscaped = character == "\\"
                cells[cells.count - 1].append(character)
            }
            self.cells = cells.map { $0.trimmingBlanks }
        }

        /// What stands in back-ticks in the last cell.
        var tests: [String] {
            cells[cells.count - 1].split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
        }
    }

    private(set) var rows: [Row] = []
    /// Lines that look like rows and stand below no heading of the table, so that no reader sees them as rows.
    private(set) var strayLines: [String] = []

    static let heading = "| original | ours | why | test |"

    init(_ text: String) {
        var isInside = false, isTable = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("## ") { isInside = line == "## Deviations" }
            guard isInside, line.hasPrefix("|") else {
                isTable = false
                continue
            }
            if line == Self.heading {
                isTable = true
            } else if !isTable {
                strayLines.append(line)
            } else if !line.hasPrefix("|---") {
                rows.append(Row(line: line))
            }
        }
    }
}

/// The names of the tests in Swift sources: the text of `@Test("…")`, or a function's name in back-ticks.
enum TestNames {
    static func names(in texts: [String]) -> Set<String> {
        var names: Set<String> = []
        for text in texts {
            for rest in text.components(after: "func `") { names.insert(String(rest.prefix { $0 != "`" })) }
            for rest in text.components(after: "@Test(") {
                let inside = rest.drop { $0.isWhitespace }
                guard inside.first == "\"" else { continue }
                names.insert(literal(inside.dropFirst()))
            }
        }
        return names
    }

    private static func literal(_ text: Substring) -> String {
        var name = ""
        var isEscaped = false
        for character in text {
            if character == "\"", !isEscaped { break }
            if character == "\\", !isEscaped {
                isEscaped = true
                continue
            }
            isEscaped = false
            name.append(character)
        }
        return name
    }
}

extension StringProtocol {
    /// Without the bars at either end.
    fileprivate var trimmingBars: Substring {
        let inside = Substring(trimmingBlanks.drop { $0 == "|" })
        return inside.hasSuffix("|") ? inside.dropLast() : inside
    }

    fileprivate var trimmingBlanks: String {
        let start = drop { $0 == " " }
        return String(start[..<(start.lastIndex { $0 != " " }.map { start.index(after: $0) } ?? start.startIndex)])
    }
}
