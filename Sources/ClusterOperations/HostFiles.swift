import ClusterModel
public import RemoteShell

/// Files on a host of the cluster, read and replaced over the shell.
public enum HostFiles {
    /// A file's text and the checksum under which it was read.
    public struct Snapshot: Sendable, Equatable {
        public let text: String
        public let checksum: String
        /// The size of the file, in bytes: the second word of what `cksum` prints.
        var size: Int? { checksum.split(separator: " ").last.flatMap { Int($0) } }
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
    /// Undo: write the old text back the same way, or for a text that grew `takeBack`.
    /// - Returns: the checksum of the new file.
    /// - Throws: `ShellError`; `OperationError`, also when the file changed meanwhile or would lose such bytes.
    @discardableResult
    public static func replace(
        _ path: String, _ old: Snapshot, with text: String, on host: String, _ shell: any Shell
    ) async throws -> String {
        let grew = text.utf8.starts(with: old.text.utf8)
        guard grew || !old.text.unicodeScalars.contains("\u{FFFD}") else {
            throw OperationError("\(host): unable to write \(path): it holds bytes that are not UTF-8 text")
        }
        let written = grew ? String(decoding: text.utf8.dropFirst(old.text.utf8.count), as: UTF8.self) : text
        let script = """
            file=`readlink -f \(ShellQuoting.word(path))`; new="$file.gpha.$$"
            [ "`cksum < "$file"`" = \(ShellQuoting.word(old.checksum)) ] || { echo 'it changed meanwhile' >&2; exit 3; }
            trap 'rm -f "$new"' EXIT
            cp -p "$file" "$new" && printf '%s' \(ShellQuoting.word(written)) \(grew ? ">>" : ">") "$new" && cksum < "$new" && mv "$new" "$file"
            """
        let output = try await shell.run(ShellCommand(script, purpose: "writing \(path)"), on: host)
        guard output.succeeded else {
            throw OperationError("\(host): unable to write \(path): \(output.lastErrorLine)")
        }
        return output.standardOutput.trimmed
    }

    /// Takes lines away again that `replace` put at the end of a file.
    ///
    /// A file that nobody changed since gets its old bytes back; of any other only these lines go, wherever they are.
    /// - Parameters:
    ///   - old: the file as it was read before.
    ///   - written: what `replace` returned; nil when it is not known whether it came to writing.
    /// - Throws: `ShellError`; `OperationError`.
    public static func takeBack(
        _ lines: [String], from path: String, old: Snapshot, written: String?, on host: String, _ shell: any Shell
    ) async throws {
        let script = """
            file=`readlink -f \(ShellQuoting.word(path))`; new="$file.gpha.$$"
            trap 'rm -f "$new"' EXIT
            LC_ALL=C; export LC_ALL
            now=`cksum < "$file"` || exit 3
            [ "$now" = \(ShellQuoting.word(old.checksum)) ] && exit 0
            cp -p "$file" "$new" || exit 3
            if [ "$now" = \(ShellQuoting.word(written ?? "")) ]; then
              head -c \(old.size ?? 0) "$file" > "$new" || exit 3
            else
              grep -vxF \(lines.map { "-e " + ShellQuoting.word($0) }.joined(separator: " ")) "$file" > "$new"
              [ $? -le 1 ] || exit 3
            fi
            [ "`cksum < "$file"`" = "$now" ] || { echo 'it changed meanwhile' >&2; exit 3; }
            mv "$new" "$file"
            """
        let output = try await shell.run(ShellCommand(script, purpose: "restoring \(path)"), on: host)
        guard output.succeeded else {
            throw OperationError("\(host): unable to restore \(path): \(output.lastErrorLine)")
        }
    }
}
