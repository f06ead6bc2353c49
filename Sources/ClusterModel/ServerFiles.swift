/// The lines of a running server's `postmaster.pid` (PostgreSQL `pidfile.h`), read and never assumed.
public struct PostmasterFile: Sendable, Equatable {
    /// The postmaster's process ID; a standalone backend writes it negative.
    public let pid: Int
    public let dataDirectory: String
    public let port: Int?
    /// The first socket directory, relative ones resolved against the data directory; nil when there is none.
    public let socketDirectory: String?
    /// The first listen address as configured (`*` for all); nil when TCP is off.
    public let listenAddress: String?
    /// The System V shared memory segment; nil before the server has one.
    public let sharedMemory: Int32?
    /// `starting`, `ready`, `stopping`, or `standby` for one that follows another and takes no sessions (PostgreSQL's
    /// pidfile.h; Greenplum has more words); nil before there is one.
    public let status: String?

    /// Reads the text of the file.
    ///
    /// Returns nil when its first line holds no process ID, as in a file just being written.
    public init?(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let first = lines.first, let pid = Int(first.trimmed) else { return nil }
        self.pid = pid
        func line(_ index: Int) -> String? {
            guard index < lines.count, !lines[index].isEmpty else { return nil }
            return lines[index]
        }
        dataDirectory = line(1) ?? ""
        port = line(3).flatMap { Int($0.trimmed) }
        socketDirectory = line(4).map { [dataDirectory] in $0.hasPrefix("/") ? $0 : dataDirectory + "/" + $0 }
        listenAddress = line(5)
        sharedMemory = line(6).flatMap { $0.split(separator: " ").last.flatMap { Int32($0) } }
        status = line(7).map { String($0.trimmed) }
    }
}

/// The settings of a `postgresql.conf` text: names in lower case, values without their quotes.
public struct ServerSettings: Sendable, Equatable {
    /// One `name = value` line, in file order; `include` lines are among them.
    public let assignments: [(name: String, value: String)]

    public static func == (left: ServerSettings, right: ServerSettings) -> Bool {
        left.assignments.map(\.name) == right.assignments.map(\.name)
            && left.assignments.map(\.value) == right.assignments.map(\.value)
    }

    /// Reads a file's text by the rules of the server's manual ("Setting Parameters").
    public init(text: String) {
        assignments = text.utf8.split(separator: UInt8(ascii: "\n")).compactMap(Self.assignment)
    }

    /// The last value given to `name`.
    public subscript(name: String) -> String? { assignments.last { $0.name == name.lowercased() }?.value }

    private static func assignment(_ line: Substring.UTF8View) -> (name: String, value: String)? {
        var rest = line.drop(while: isBlank)
        let name = rest.prefix { !isBlank($0) && !"=#'".utf8.contains($0) }
        guard !name.isEmpty else { return nil }
        rest = rest.dropFirst(name.count).drop(while: isBlank)
        if rest.first == UInt8(ascii: "=") { rest = rest.dropFirst().drop(while: isBlank) }
        return (String(decoding: name, as: UTF8.self).lowercased(), String(decoding: value(rest), as: UTF8.self))
    }

    private static func value(_ text: Substring.UTF8View) -> [UInt8] {
        let quote = UInt8(ascii: "'")
        guard text.first == quote else { return Array(text.prefix { !isBlank($0) && $0 != UInt8(ascii: "#") }) }
        var value: [UInt8] = []
        var rest = text.dropFirst()
        while let byte = rest.popFirst() {
            if byte == quote {
                guard rest.first == quote else { return value }
                rest.removeFirst()
                value.append(quote)
            } else if byte == UInt8(ascii: "\\") {
                if let escaped = escaped(&rest) { value.append(escaped) }
            } else {
                value.append(byte)
            }
        }
        return value
    }

    /// What stands behind a backslash, as `DeescapeQuotedString` of PostgreSQL's guc-file.l reads it.
    private static func escaped(_ rest: inout Substring.UTF8View) -> UInt8? {
        let octal = rest.prefix(3).prefix { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
        guard octal.isEmpty else {
            rest = rest.dropFirst(octal.count)
            return octal.reduce(0) { $0 << 3 | $1 - UInt8(ascii: "0") }
        }
        guard let byte = rest.popFirst() else { return nil }
        switch byte {
        case UInt8(ascii: "b"): return 8
        case UInt8(ascii: "f"): return 12
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "t"): return 9
        default: return byte
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    /// A value as `postgresql.conf` takes it: in single quotes, quotes and backslashes doubled, on one line.
    public static func quoted(_ value: String) -> String {
        var text = String.UnicodeScalarView("'".unicodeScalars)
        // Scalar by scalar: a quote with a combining mark is one `Character`, and still a quote to the server.
        for scalar in value.unicodeScalars {
            switch scalar {
            case "'", "\\": text.append(contentsOf: [scalar, scalar])
            case "\n": text.append(contentsOf: "\\n".unicodeScalars)
            case "\r": text.append(contentsOf: "\\r".unicodeScalars)
            default: text.append(scalar)
            }
        }
        return String(text) + "'"
    }
}

extension StringProtocol {
    /// Without white space at either end.
    public var trimmed: String {
        let start = drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
