/// Shell text that several scripts have in common.
enum SharedShellText {
    /// `say kind value…` prints an answer: one line, its parts behind `$tab`, which the script sets.
    static let say = #"say() { answer=$1; shift; for v; do answer=$answer$tab$v; done; printf '%s\n' "$answer"; }"#

    /// Sets `$eight`, a pattern of eight hexadecimal digits: one part of the names of WAL and timeline history files.
    static let eight = "eight='\(String(repeating: "[0-9A-F]", count: 8))'"
}
