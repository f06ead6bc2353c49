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

    private static func line(_ database: String, _ user: String, _ address: String, _ method: String) -> String {
        "host \(database) \(quotedUser(user)) \(address) \(method)"
    }

    /// A role name as the file takes it; keywords and names with blanks need double quotes.
    static func quotedUser(_ user: String) -> String {
        let plain = user.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
        return plain && !["all", "replication", "sameuser", "samerole"].contains(user)
            ? user : "\"" + user.filter { $0 != "\"" && !$0.isNewline } + "\""
    }

    /// A single address with its full prefix length; names stay as they are.
    static func withPrefix(_ peer: String) -> String {
        if peer.contains(":") { return "\(peer)/128" }
        let isIPv4 = peer.split(separator: ".", omittingEmptySubsequences: false).count == 4
            && peer.allSatisfy { $0.isASCII && $0.isNumber || $0 == "." }
        return isIPv4 ? "\(peer)/32" : peer
    }

    private static func unique(_ items: [String]) -> [String] {
        var seen: Set<String> = []
        return items.filter { seen.insert($0).inserted }
    }

    /// The lines among `wanted` that a file's text does not have yet, compared word by word.
    public static func missing(_ wanted: [String], in text: String) -> [String] {
        var present: Set<[Substring]> = []
        for line in text.split(whereSeparator: \.isNewline) {
            present.insert(words(line.prefix { $0 != "#" }))
        }
        return unique(wanted).filter { !present.contains(words(Substring($0))) }
    }

    /// The file's text with the missing lines at its end; every line that is there stays, byte by byte.
    public static func adding(_ wanted: [String], to text: String, comment: String) -> String? {
        let lines = missing(wanted, in: text)
        guard !lines.isEmpty else { return nil }
        let separator = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
        return text + separator + "# \(comment)\n" + lines.map { $0 + "\n" }.joined()
    }

    private static func words(_ line: Substring) -> [Substring] { line.split(whereSeparator: \.isWhitespace) }
}
