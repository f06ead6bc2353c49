/// What standard output can show.
extension ToolContext {
    /// Whether colour is wanted there: a terminal that is not `dumb`, and no `NO_COLOR` (no-color.org).
    public var hasColour: Bool {
        guard isTerminal, let kind = environment["TERM"], !kind.isEmpty, kind != "dumb" else { return false }
        return (environment["NO_COLOR"] ?? "").isEmpty
    }

    /// Whether characters beyond ASCII are understood: the locale's encoding is UTF-8.
    public var isUnicode: Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let encoding = locale.lowercased().split(separator: ".").dropFirst().first ?? ""
        return encoding.hasPrefix("utf-8") || encoding.hasPrefix("utf8")
    }

    /// Rows and columns of the terminal behind standard output; nil when there is none.
    public var terminalSize: TerminalSize? { terminal.size }
}
