/// The lines of `pg_hba.conf` that replication needs, and how they get into a file.
public enum HostBasedAuthentication {
    /// The lines for one pair, good for either role of both instances: from every address of both hosts.
    ///
    /// - Parameters:
    ///   - user: the role that replicates (the operating-system user's name in this field).
    ///   - peers: addresses or names of the mirror's host, then of the primary's, without prefix lengths.
    ///   - method: `trust` as the original writes, or what the site asks for.
    public static func pairLines(user: String, mirror: [String], primary: [String], method: String) -> [String] {
        var lines = [line("replication", user, "samehost", method)]
        for peer in unique(mirror + primary) { lines.append(line("all", user, withPrefix(peer), method)) }
        for peer in unique(mirror + primary) { lines.append(line("replication", user, withPrefix(peer), method)) }
        return lines
    }

    /// The lines that let sessions in from a host that may become the coordinator's.
    ///
    /// - Parameter peers: addresses or names of the standby's host, without prefix lengths.
    public static func sessionLines(user: String, peers: [String], method: String) -> [String] {
        unique(peers).map { line("all", user, withPrefix($0), method) }
    }

    /// From where an instance's connections come: its catalog address, then all addresses of its host.
    ///
    /// - Parameters:
    ///   - discovered: the addresses that its host has, with or without prefix lengths.
    ///   - usesHostnames: whether its host name is wanted instead.
    public static func peers(of segment: Segment, discovered: [String], usesHostnames: Bool) -> [String] {
        guard !usesHostnames else { return [segment.hostname] }
        let own = segment.address
        // On a loop-back cluster every host has the machine's interfaces: only the catalog's address is its own,
        // and connections come from 127.0.0.1.
        if own.hasPrefix("127.") { return [own, "127.0.0.1"] }
        let bare = discovered.map { String($0.prefix { $0 != "/" }) }
        return bare.isEmpty || HostName.isNumeric(own) ? [own] + bare.filter { $0 != own } : bare
    }

    private static func line(_ database: String, _ user: String, _ address: String, _ method: String) -> String {
        "host \(database) \(quotedUser(user)) \(address) \(method)"
    }

    /// Words that mean more than a name when they stand without quotes (PostgreSQL manual, "The pg_hba.conf File").
    private static let keywords: Set<String> = [
        "all", "replication", "sameuser", "samerole", "samegroup", "samehost", "samenet",
    ]

    /// Whether a name means itself without quotes.
    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && !keywords.contains(name)
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
    }

    /// A role name as the file takes it: in double quotes unless it is plain, a quote in it doubled.
    static func quotedUser(_ user: String) -> String {
        isPlain(user) ? user : quoted(user)
    }

    private static func quoted(_ name: String) -> String {
        var text = String.UnicodeScalarView("\"".unicodeScalars)
        // A line break cannot be part of a name in this file.
        for scalar in name.unicodeScalars where scalar != "\n" && scalar != "\r" {
            text.append(scalar)
            if scalar == "\"" { text.append(scalar) }
        }
        return String(text) + "\""
    }

    /// A single address with its full prefix length; names stay as they are.
    static func withPrefix(_ peer: String) -> String {
        if peer.contains(":") { return "\(peer)/128" }
        return HostName.isNumeric(peer) ? "\(peer)/32" : peer
    }

    private static func unique(_ items: [String]) -> [String] {
        var seen: Set<String> = []
        return items.filter { seen.insert($0).inserted }
    }

    /// The lines among `wanted` that a file's text does not have yet, compared word by word.
    public static func missing(_ wanted: [String], in text: String) -> [String] {
        var present = Set(text.utf8.split(separator: UInt8(ascii: "\n")).map(words))
        return wanted.filter { present.insert(words($0.utf8[...])).inserted }
    }

    /// Each wanted line as a file's text has it, word by word the same; as it is wanted where it has none.
    public static func spelled(_ wanted: [String], as text: String) -> [String] {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n")).map { (words: words($0), line: $0) }
        return wanted.map { line in
            let words = words(line.utf8[...])
            return lines.first { $0.words == words }.flatMap { String($0.line) } ?? line
        }
    }

    /// The file's text with the missing lines at its end; every line that is there stays, byte by byte.
    public static func adding(_ wanted: [String], to text: String, comment: String) -> String? {
        let lines = missing(wanted, in: text)
        guard !lines.isEmpty else { return nil }
        let separator = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
        return text + separator + "# \(comment)\n" + lines.map { $0 + "\n" }.joined()
    }

    /// The words of a line as the server splits it, without quotes that change nothing.
    ///
    /// A quoted part may hold blanks and `#`; two quotes in it are one (`next_token` in PostgreSQL's hba.c).
    static func words(_ line: Substring.UTF8View) -> [String] {
        var words: [String] = []
        var rest = line
        while true {
            rest = rest.drop { isBlank($0) }
            guard let first = rest.first, first != UInt8(ascii: "#") else { return words }
            let isQuoted = first == UInt8(ascii: "\"")
            let word = word(&rest)
            words.append(isQuoted && !isPlain(word) ? quoted(word) : word)
        }
    }

    private static func word(_ rest: inout Substring.UTF8View) -> String {
        var bytes: [UInt8] = []
        var isInside = false
        while let byte = rest.first, isInside || !isBlank(byte) && byte != UInt8(ascii: "#") {
            rest.removeFirst()
            guard byte == UInt8(ascii: "\"") else {
                bytes.append(byte)
                continue
            }
            if isInside, rest.first == byte {
                rest.removeFirst()
                bytes.append(byte)
            } else {
                isInside.toggle()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}
