/// The original's table of left-aligned columns, as log lines (docs/compatibility.md, table printer).
public struct Table: Sendable {
    private enum Row {
        case cells([String], isWarning: Bool)
        case rule
    }

    private var rows: [Row] = []
    private let marksWarnings: Bool

    /// - Parameter marksWarnings: whether warning rows end in `<<<<<<<<`.
    public init(marksWarnings: Bool) { self.marksWarnings = marksWarnings }

    /// Whether a warning row was added.
    public var hasWarnings: Bool {
        rows.contains {
            guard case .cells(_, isWarning: true) = $0 else { return false }
            return true
        }
    }

    /// Adds an ordinary row.
    public mutating func add(_ cells: [String]) { rows.append(.cells(cells, isWarning: false)) }

    /// Adds a row that reports trouble.
    public mutating func warn(_ cells: [String]) {
        rows.append(.cells(marksWarnings ? cells + ["<<<<<<<<"] : cells, isWarning: true))
    }

    /// Adds a row, a warning one when `isWarning`.
    public mutating func add(_ cells: [String], warn isWarning: Bool) {
        if isWarning { warn(cells) } else { add(cells) }
    }

    /// Adds a line of 52 dashes.
    public mutating func addRule() { rows.append(.rule) }

    /// The table as report lines: every cell but the last of its row is padded to its column's width plus three.
    public var lines: [ReportLine] {
        var widths: [Int] = []
        for case .cells(let cells, _) in rows {
            for (column, cell) in cells.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.count)
            }
        }
        return rows.map { row in
            guard case .cells(let cells, let isWarning) = row else { return .rule() }
            let padded = cells.enumerated().map { column, cell in
                column == cells.count - 1
                    ? cell : cell + String(repeating: " ", count: widths[column] + 3 - cell.count)
            }
            return isWarning ? .warning(padded.joined()) : .info("   " + padded.joined())
        }
    }
}
