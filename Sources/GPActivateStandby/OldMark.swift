import ClusterModel
import ClusterOperations
import RemoteShell
import ToolSupport

/// Leaves the mark beside the old coordinator's data directory.
struct OldMark: Sendable {
    let shell: any Shell
    let former: FormerCoordinator
    let mark: SupersededMark

    /// Writes it, if the directory is still there; one that is there stays.
    ///
    /// Undo: remove the file.
    /// - Returns: its path.
    /// - Throws: `ShellError`; `OperationError` in the host's words.
    @discardableResult
    func leave() async throws -> String {
        guard let directory = former.dataDirectory else {
            throw OperationError("the old coordinator's data directory is not known")
        }
        let path = SupersededMark.path(directory)
        let script = """
            umask 022
            directory=\(ShellQuoting.word(directory)); mark=\(ShellQuoting.word(path))
            [ -e "$mark" ] && exit 0
            [ -e "$directory/PG_VERSION" ] || { echo "$directory is not there" >&2; exit 3; }
            printf '%s' \(ShellQuoting.word(mark.text)) > "$mark.$$" && mv "$mark.$$" "$mark"
            """
        let output = try await shell.run(
            ShellCommand(script, purpose: "marking the old coordinator"), onHostOf: former)
        guard output.succeeded else { throw OperationError("\(former.hostname): \(output.lastErrorLine)") }
        return path
    }
}
