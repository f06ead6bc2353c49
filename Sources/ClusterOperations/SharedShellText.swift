/// Shell text that several scripts have in common.
enum SharedShellText {
    /// `say kind value…` prints an answer: one line, its parts behind `$tab`, which the script sets.
    static let say = #"say() { answer=$1; shift; for v; do answer=$answer$tab$v; done; printf '%s\n' "$answer"; }"#

    /// `room PATH` sets `$device` and `$kilobytes` to the file system there and what is free on it.
    ///
    /// Empty where it does not tell within five seconds. `df -P` answers with seven words of title; then device, blocks, used, free.
    static let room = """
        room() {
          set -f; set -- `timeout 5 df -Pk "$1" 2>/dev/null`; set +f
          device=$8 kilobytes=${11}
        }
        """

    /// Sets `$eight`, a pattern of eight hexadecimal digits: one part of the names of WAL and timeline history files.
    static let eight = "eight='\(String(repeating: "[0-9A-F]", count: 8))'"
}
