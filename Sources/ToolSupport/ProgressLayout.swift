/// One piece of long work, as the board knows it.
struct ProgressItem {
    let label: String
    var phase: String
    var total: Int64?
    var isFinished = false
    var lastPrinted: ContinuousClock.Instant?
    private(set) var done: Int64 = 0
    private(set) var rate = RateWindow()

    init(label: String, phase: String, total: Int64?) {
        self.label = label
        self.phase = PrintableText.oneLine(phase)
        self.total = total
    }

    mutating func reach(_ bytes: Int64, at instant: ContinuousClock.Instant) {
        done = max(0, bytes)
        rate.add(done, at: instant)
    }

    /// Whether ten seconds have passed since its last plain line.
    func isDue(at instant: ContinuousClock.Instant) -> Bool {
        guard let lastPrinted else { return true }
        return lastPrinted.duration(to: instant) >= .seconds(10)
    }
}

/// The text of a progress board.
enum ProgressLayout {
    /// A line for each item and, for more than one, a line for all; fits `size`.
    ///
    /// Where there are more items than rows, finished and waiting ones give way, and a line says how many.
    static func block(_ items: [ProgressItem], size: TerminalSize) -> [String] {
        let room = max(1, size.rows - 1 - (items.count > 1 ? 1 : 0))
        let shown = items.count <= room ? items : Array(items.filter(isMoving).prefix(max(0, room - 1)))
        let width = shown.map { columns(of: $0.label) }.max() ?? 0
        var lines = shown.map { line($0, labelWidth: min(width, size.columns / 2)) }
        if shown.count < items.count { lines.append("(\(items.count - shown.count) more)") }
        if items.count > 1 { lines.append(total(items)) }
        return lines.suffix(max(1, size.rows - 1)).map { clipped($0, to: size.columns - 1) }
    }

    /// The line of one item where lines are not redrawn.
    static func plainLine(_ item: ProgressItem) -> String { line(item, labelWidth: 0) }

    private static func isMoving(_ item: ProgressItem) -> Bool { !item.isFinished && item.done > 0 }

    private static func line(_ item: ProgressItem, labelWidth: Int) -> String {
        let label = clipped(item.label, to: labelWidth == 0 ? .max : labelWidth)
        let pad = String(repeating: " ", count: max(0, labelWidth - columns(of: label)))
        let rate = item.isFinished ? nil : item.rate.bytesPerSecond
        return "\(label)\(pad)  \(item.phase)" + figures(done: item.done, total: item.total, rate: rate)
    }

    private static func total(_ items: [ProgressItem]) -> String {
        let finished = items.count { $0.isFinished }
        let known = items.compactMap(\.total)
        let rate = items.filter { !$0.isFinished }.compactMap(\.rate.bytesPerSecond).reduce(0, +)
        return "total: \(finished) of \(items.count)"
            + figures(
                done: items.reduce(0) { $0 + $1.done }, total: known.count == items.count ? known.reduce(0, +) : nil,
                rate: rate > 0 ? rate : nil)
    }

    /// `  42%  512 MB of 1.2 GB  85 MB/s  1m 20s left`, as far as it is known.
    private static func figures(done: Int64, total: Int64?, rate: Double?) -> String {
        var parts: [String] = []
        if let total, total > 0 {
            parts.append("\(min(100, done * 100 / total))%")
            parts.append("\(ByteCount.text(done)) of \(ByteCount.text(total))")
        } else if done > 0 {
            parts.append(ByteCount.text(done))
        }
        if let rate {
            parts.append("\(ByteCount.text(Int64(rate)))/s")
            if let total, total > done {
                parts.append("\(ElapsedTime.text(.seconds(max(1, (Double(total - done) / rate).rounded())))) left")
            }
        }
        return parts.map { "  " + $0 }.joined()
    }

    /// `text` cut to `width` columns of a terminal.
    static func clipped(_ text: String, to width: Int) -> String {
        guard columns(of: text) > width else { return text }
        var result = ""
        var used = 0
        for character in text {
            used += columns(of: character)
            if used > width { break }
            result.append(character)
        }
        return result
    }

    /// The columns `text` takes on a terminal.
    static func columns(of text: String) -> Int {
        text.utf8.allSatisfy { $0 < 0x80 } ? text.utf8.count : text.reduce(0) { $0 + columns(of: $1) }
    }

    private static func columns(of character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        if scalar.properties.generalCategory == .nonspacingMark || scalar.value == 0x200b { return 0 }
        switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
            0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
            return 2
        default: return 1
        }
    }
}
