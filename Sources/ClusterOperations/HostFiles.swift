public import RemoteShell

/// Files on a host of the cluster, read and replaced over the shell.
public enum HostFiles {
    /// A file's text and the checksum under which it was read.
    public struct Snapshot: Sendable, Equatable {
        public let text: String
        public let checksum: String
    }

    /// Reads a text file.
    ///
    /// - Throws: `ShellError`; `OperationError` with the host's own words.
    public static func read(_ path: String, on host: String, _ shell: any Shell) async throws -> Snapshot {
        let file = ShellQuoting.word(path)
        let output = try await shell.run(
            ShellCommand("cksum < \(file) && cat \(file)", purpose: "reading \(path)"), on: host)
        guard output.succeeded, let end = output.standardOutput.firstIndex(of: "\n") else {
            throw OperationError("\(host): unable to read \(path): \(output.lastErrorLine)")
        }
        let text = output.standardOutput[output.standardOutput.index(after: end)...]
        return Snapshot(text: String(text), checksum: String(output.standardOutput[..<end]))
    }

    /// Replaces a file by rename, keeping owner, mode and a link to it, unless somebody changed it since it was read.
    ///
    /// A text that only grew is appended, so that bytes which are no UTF-8 stay as they are.
    /// Undo: write the old text back the same way.
    /// - Throws: `ShellError`; `OperationError`, also when the file changed meanwhile or would lose such bytes.
    public static func replace(
        _ path: String, _ old: Snapshot, with text: String, on host: String, _ shell: any Shell
    ) async throws {
        let grew = text.utf8.starts(with: old.text.utf8)
        guard grew || !old.text.unicodeScalars.contains("\u{FFFD}") else {
            throw OperationError("\(host): unable to write \(path): it holds bytes that are not UTF-8 text")
        }
        let written = grew ? String(decoding: text.utf8.dropFirst(old.text.utf8.count), as: UTF8.self) : text
        let script = """
            file=`readlink -f \(ShellQuoting.word(path))`; new="$file.gpha.$$"
            [ "`cksum < "$file"`" = \(ShellQuoting.word(old.checksum)) ] || { echo 'it changed meanwhile' >&2; exit 3; }
            trap 'rm -f "$new"' EXIT
            cp -p "$file" "$new" && printf '%s' \(ShellQuoting.word(written)) \(grew ? ">>" : ">") "$new" && mv "$new" "$file"
            """
        let output = try await shell.run(ShellCommand(script, purpose: "writing \(path)"), on: host)
        guard output.succeeded else {
            throw OperationError("\(host): unable to write \(path): \(output.lastErrorLine)")
        }
    }
}
