@testable import ToolSupport

/// A terminal of endless size that obeys the few sequences the suite writes.
struct TerminalModel {
    private(set) var lines: [String] = []
    /// The widest a line ever was, in columns.
    private(set) var width = 0
    /// How often the cursor was sent above the first line.
    private(set) var escapedAbove = 0
    private var row = 0
    private var column = 0

    /// Lines written to.
    var height: Int { lines.count }

    init(_ output: String) {
        var rest = output.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\n": (row, column) = (row + 1, 0)
            case "\r": column = 0
            case "\u{1b}":
                let sequence = rest.prefix { !("A"..."Z").contains($0) }
                rest = rest.dropFirst(sequence.count)
                obey(rest.popFirst() ?? " ", Int(String(sequence.dropFirst())) ?? 1)
            default: put(scalar)
            }
        }
    }

    private mutating func obey(_ command: Unicode.Scalar, _ count: Int) {
        switch command {
        case "A":
            escapedAbove += max(0, count - row)
            row = max(0, row - count)
        case "J": lines.removeLast(max(0, lines.count - row))
        case "K":
            if row < lines.count {
                lines[row] = String(String.UnicodeScalarView(lines[row].unicodeScalars.prefix(column)))
            }
        default: break
        }
    }

    private mutating func put(_ scalar: Unicode.Scalar) {
        while lines.count <= row { lines.append("") }
        var line = Array(lines[row].unicodeScalars)
        if column < line.count { line[column] = scalar } else { line.append(scalar) }
        column += 1
        lines[row] = String(String.UnicodeScalarView(line))
        width = max(width, ProgressLayout.columns(of: lines[row]))
    }
}
