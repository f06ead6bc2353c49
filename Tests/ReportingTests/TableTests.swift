import Reporting
import Testing

@Suite("the original's table printer")
struct TableTests {
    @Test("cells are padded to the column's width plus three, the last of each row is not")
    func padding() {
        var table = Table(marksWarnings: false)
        table.add(["a title longer than the cells"])
        table.add(["Host", "Port", "x"])
        table.add(["sdw1", "6000", ""])
        let width = "a title longer than the cells".count + 3
        #expect(
            table.lines == [
                .info("   a title longer than the cells"),
                .info("   " + "Host".filled(width) + "Port   x"),
                .info("   " + "sdw1".filled(width) + "6000   "),
            ])
        #expect(!table.hasWarnings)
    }

    @Test("a warning row starts at the margin and carries arrows where asked for")
    func warnings() {
        var table = Table(marksWarnings: true)
        table.add(["Mirror", "= Up"])
        table.warn(["Mirror", "= Down in configuration"])
        #expect(table.hasWarnings)
        #expect(
            table.lines == [
                .info("   Mirror   = Up"), .warning("Mirror   = Down in configuration   <<<<<<<<"),
            ])

        var plain = Table(marksWarnings: false)
        plain.add(["a", "b"], warn: true)
        #expect(plain.lines == [.warning("a   b")])
    }

    @Test("a rule is 52 dashes and does not widen a column")
    func rules() {
        var table = Table(marksWarnings: true)
        table.addRule()
        table.add(["a", "b"])
        #expect(table.lines == [.info(String(repeating: "-", count: 52)), .info("   a   b")])
        #expect(ReportLine.rule(3).text == "---")
    }

    @Test("every column starts at the same place in all rows of one kind", arguments: 1...20)
    func columnsLineUp(_ seed: Int) {
        var table = Table(marksWarnings: false)
        let rows = (0..<5).map { row in (0..<4).map { String(repeating: "x", count: (row * 7 + $0 * seed) % 13 + 1) } }
        for row in rows { table.add(row) }
        let lines = table.lines.map { Array($0.text) }
        var start = 3
        for column in 0..<3 {
            let width = rows.map { $0[column].count }.max() ?? 0
            for line in lines {
                #expect(line[start] == "x" && line[start + width..<start + width + 3] == [" ", " ", " "])
            }
            start += width + 3
        }
    }
}

extension String {
    fileprivate func filled(_ width: Int) -> String { self + String(repeating: " ", count: width - count) }
}
