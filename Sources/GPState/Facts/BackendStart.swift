/// Turns a server's timestamp into the form that the original prints.
enum BackendStart {
    /// The text of a `timestamptz` (ISO date style) as Python prints it.
    ///
    /// `2026-11-21 11:22:33.5+00` becomes `2026-11-21 11:22:33.500000+00:00`; whole seconds have no fraction. A text of
    /// another shape is returned as it is.
    static func reportForm(of text: String) -> String {
        guard let sign = text.lastIndex(where: { $0 == "+" || $0 == "-" }),
            let blank = text.firstIndex(of: " "), blank < sign
        else { return text }
        let offset = text[text.index(after: sign)...]
        let offsetParts = offset.split(separator: ":", omittingEmptySubsequences: false)
        guard offsetParts.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isWholeNumber) }) else { return text }
        let clock = text[..<sign].split(separator: ".", omittingEmptySubsequences: false)
        guard let seconds = clock.first, clock.count <= 2 else { return text }
        var fraction = ""
        if clock.count == 2, clock[1].contains(where: { $0 != "0" }) {
            fraction = "." + clock[1] + String(repeating: "0", count: max(0, 6 - clock[1].count))
        }
        let minutes = offsetParts.count == 1 ? ":00" : ""
        return seconds + fraction + String(text[sign]) + offset + minutes
    }
}
