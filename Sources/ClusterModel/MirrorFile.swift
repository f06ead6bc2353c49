/// A line of an input file that cannot be used: what, where, and the text.
public struct InputFileError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ text: String) { description = text }
}

/// The lines of an input file that hold something, with their numbers.
enum InputLines {
    /// Longer lines are refused: no address, port and path (at most 4096 bytes) are that long.
    static let longest = 8192

    /// Splits a file; comment lines (`#`) and blank ones are left out, white space at both ends is cut.
    static func read(
        _ bytes: [UInt8], file: String, comments: Bool
    ) throws(InputFileError) -> [(number: Int, text: String)] {
        var lines: [(Int, String)] = []
        for (index, piece) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        {
            let number = index + 1
            guard piece.count <= longest else {
                throw InputFileError("line \(number) of file \(file): \(piece.count) bytes, more than \(longest)")
            }
            guard let text = String(validating: piece, as: UTF8.self), !piece.contains(0) else {
                throw InputFileError("line \(number) of file \(file): not UTF-8 text")
            }
            let trimmed = text.trimmingBlanks
            if trimmed.isEmpty || comments && trimmed.hasPrefix("#") { continue }
            lines.append((number, trimmed))
        }
        return lines
    }
}

extension StringProtocol {
    /// Without white space at either end.
    var trimmingBlanks: String {
        let start = drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}

/// The `-i` and `-o` file of gpaddmirrors: `content|address|port|data directory`.
public enum MirrorFile {
    /// One line.
    public struct Entry: Sendable, Equatable {
        public let line: Int
        public let content: ContentID
        public let address: String
        public let port: Int
        public let dataDirectory: String
    }

    /// Reads a file.
    ///
    /// - Throws: `InputFileError` naming the line and the file; nothing is taken from a file with an error.
    public static func parse(_ bytes: [UInt8], file: String) throws(InputFileError) -> [Entry] {
        var entries: [Entry] = []
        var lines: [ContentID: Int] = [:]
        for (number, text) in try InputLines.read(bytes, file: file, comments: true) {
            let entry = try entry(number, text, file)
            if let earlier = lines.updateValue(number, forKey: entry.content) {
                throw InputFileError(
                    "lines \(earlier) and \(number) of file \(file): content \(entry.content) is given twice")
            }
            entries.append(entry)
        }
        return entries
    }

    private static func entry(_ number: Int, _ text: String, _ file: String) throws(InputFileError) -> Entry {
        let parts = text.split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmingBlanks }
        guard parts.count == 4 else {
            throw InputFileError("line \(number) of file \(file): expected 4 parts, obtained \(parts.count)")
        }
        func refuse(_ what: String, _ value: String) -> InputFileError {
            InputFileError("Invalid \(what) on line \(number) of file \(file): '\(value.prefix(80))'")
        }
        let address = unbracketed(parts[1])
        guard HostName.isUsable(address) else { throw refuse("address", parts[1]) }
        guard let port = Int(parts[2]), (1...65535).contains(port) else { throw refuse("port", parts[2]) }
        guard !parts[3].isEmpty else { throw refuse("directory", parts[3]) }
        guard let content = Int(parts[0]), content >= -1 else { throw refuse("content ID", parts[0]) }
        let path = Self.normalized(parts[3])
        guard path.hasPrefix("/") else {
            throw InputFileError(
                "Path entered in config file is invalid; it must be a full path.  Path: '\(parts[3].prefix(80))' "
                    + "from: line \(number) of file \(file)")
        }
        guard DataDirectory.isUsable(path) else { throw refuse("directory", parts[3]) }
        return Entry(
            line: number, content: ContentID(content), address: address, port: port, dataDirectory: path)
    }

    /// Matches the lines with the primaries that lack a mirror; lines of contents that have one are passed over, so
    /// that a second run can take the same file.
    ///
    /// - Throws: `InputFileError` for an unknown content or a missing one.
    public static func place(
        _ entries: [Entry], primaries: [Segment], mirrored: Set<ContentID>, file: String
    ) throws(InputFileError) -> [MirrorPlacement] {
        var placements: [MirrorPlacement] = []
        let wanted = primaries.filter { !mirrored.contains($0.content) }
        let byContent = Dictionary(primaries.map { ($0.content, $0) }) { first, _ in first }
        for entry in entries {
            guard let primary = byContent[entry.content] else {
                throw InputFileError(
                    "line \(entry.line) of file \(file): content \(entry.content) is not in the cluster")
            }
            if mirrored.contains(entry.content) { continue }
            placements.append(
                MirrorPlacement(
                    primary: primary, hostname: entry.address, address: entry.address, port: entry.port,
                    dataDirectory: entry.dataDirectory))
        }
        guard placements.count == wanted.count else {
            throw InputFileError(
                "Wrong number of mirrors specified (specified \(entries.count) mirror(s) for \(primaries.count) primarie(s))"
            )
        }
        return placements
    }

    /// The file that `-o` writes.
    public static func text(_ placements: [MirrorPlacement]) -> String {
        placements.map {
            "\($0.primary.content)|\(bracketed($0.address))|\($0.port)|\($0.dataDirectory)\n"
        }.joined()
    }

    static func bracketed(_ address: String) -> String {
        address.contains(":") && !address.contains("[") ? "[\(address)]" : address
    }

    /// An address without the brackets that `-o` puts around IPv6, so that its files can be read again.
    static func unbracketed(_ address: String) -> String {
        address.hasPrefix("[") && address.hasSuffix("]") ? String(address.dropFirst().dropLast()) : address
    }

    /// A path without doubled or trailing slashes and without `.` and `..` parts.
    public static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        let joined = parts.joined(separator: "/")
        return path.hasPrefix("/") ? "/" + joined : joined
    }
}

/// The `-m` file of gpaddmirrors: one absolute directory a line.
public enum MirrorDirectoryFile {
    /// Reads exactly `count` directories.
    ///
    /// - Throws: `InputFileError` in the original's words, with the file's name and line.
    public static func parse(_ bytes: [UInt8], file: String, count: Int) throws(InputFileError) -> [String] {
        var directories: [String] = []
        for (number, text) in try InputLines.read(bytes, file: file, comments: false) {
            guard directories.count < count else {
                throw InputFileError("Number of data directories must equal \(count) but more were read from \(file)")
            }
            guard text.hasPrefix("/") else {
                throw InputFileError(
                    "Path entered config file is invalid; it must be a full path.  Path: '\(text.prefix(80))' "
                        + "from: line \(number) of file \(file)")
            }
            guard DataDirectory.isUsable(text) else {
                throw InputFileError("line \(number) of file \(file): a control character in the path")
            }
            directories.append(MirrorFile.normalized(text))
        }
        guard directories.count == count else {
            throw InputFileError(
                "Number of data directories must equal \(count) but \(directories.count) were read from \(file)")
        }
        return directories
    }
}
