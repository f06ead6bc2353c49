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
        assignments = text.split(whereSeparator: \.isNewline).compactMap { Self.assignment(Substring($0)) }
    }

    /// The last value given to `name`.
    public subscript(name: String) -> String? { assignments.last { $0.name == name.lowercased() }?.value }

    private static func assignment(_ line: Substring) -> (name: String, value: String)? {
        var rest = line.drop(while: \.isWhitespace)
        let name = rest.prefix { !$0.isWhitespace && $0 != "=" && $0 != "#" && $0 != "'" }
        guard !name.isEmpty else { return nil }
        rest = rest.dropFirst(name.count).drop(while: \.isWhitespace)
        if rest.first == "=" { rest = rest.dropFirst().drop(while: \.isWhitespace) }
        return (name.lowercased(), value(rest))
    }

    private static func value(_ text: Substring) -> String {
        guard text.first == "'" else { return String(text.prefix { !$0.isWhitespace && $0 != "#" }) }
        var value = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            if character == "'" {
                guard rest.first == "'" else { return value }
                rest.removeFirst()
                value.append("'")
            } else if character == "\\", let next = rest.popFirst() {
                value.append(next)
            } else {
                value.append(character)
            }
        }
        return value
    }

    /// A value as `postgresql.conf` takes it: in single quotes, quotes and backslashes doubled.
    public static func quoted(_ value: String) -> String {
        "'" + value.flatMap { $0 == "'" || $0 == "\\" ? [$0, $0] : [$0] } + "'"
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
