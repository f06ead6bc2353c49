/// The head of a new coordinator's `pg_hba.conf` that lets in nobody but the administrator, on its own host, until the
/// segments turn the old coordinator away.
///
/// Its lines stand first, since the server obeys the first line that fits, and each ends with our mark: whoever finds
/// one in the file knows that an activation was cut off there.
public struct ActivationGate: Sendable, Equatable {
    /// What every line of the head ends with.
    public static let mark = "# gpha-gate"

    /// The head's lines, each with its line break.
    public let text: String

    /// The head for a file.
    ///
    /// The administrator gets in as that file lets them in on this host, no easier way: its own lines for the local
    /// socket and for this host's addresses, narrowed to the one user. Where there is none the socket takes whoever has
    /// the user's name in the operating system (`peer`).
    ///
    /// - Parameters:
    ///   - user: the role of the tool's sessions.
    ///   - file: the file's text; lines of an earlier head in it do not count.
    public init(user: String, file: String) {
        let name = HostBasedAuthentication.quotedUser(user)
        var own = file.unicodeScalars.split(separator: "\n").map { String($0) }
            .filter { !Self.isOurs($0) }.compactMap { Self.narrowed($0, to: user, as: name) }
        if own.isEmpty { own = ["local all \(name) peer"] }
        let refusals = [
            "local all all reject", "local replication all reject", "host all all all reject",
            "host replication all all reject",
        ]
        let comment =
            "# gpactivatestandby lets nobody else in until the segments are fenced; run it again to take this out"
        text = ([comment] + own + refusals).map { "\($0) \(Self.mark)\n" }.joined()
    }

    /// Whether a file has lines of the head.
    public static func isIn(_ file: String) -> Bool {
        file.unicodeScalars.split(separator: "\n").contains { isOurs(String($0)) }
    }

    private static func isOurs(_ line: String) -> Bool { line.contains(mark) }

    /// A line that concerns this host's own sessions and this user, for this user alone; nil for any other.
    private static func narrowed(_ line: String, to user: String, as name: String) -> String? {
        var words = HostBasedAuthentication.words(line.utf8[...])
        // A list with blanks in it is no single word: such a line is rare, and not guessed at.
        guard words.count >= 4, !words.contains(where: { $0.hasSuffix(",") }), words[1] != "replication" else {
            return nil
        }
        guard words[2].split(separator: ",").contains(where: { $0 == "all" || $0 == name }) else { return nil }
        words[2] = name
        switch words[0] {
        case "local": return Self.line(words)
        case "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc":
            guard words.count >= 5, let address = ownAddress(words) else { return nil }
            let hasMask = HostName.isNumeric(words[3]) && HostName.isNumeric(words[4])
            return Self.line(words[..<3] + [address] + words[(hasMask ? 5 : 4)...])
        default: return nil
        }
    }

    /// The words as a line; quotes around a part of a word are around all of it then.
    private static func line(_ words: some Sequence<String>) -> String {
        words.map { !$0.hasPrefix("\"") && $0.contains(where: { $0 == " " || $0 == "\t" }) ? "\"\($0)\"" : $0 }
            .joined(separator: " ")
    }

    /// What of a line's addresses is this host's; nil when none is for sure.
    private static func ownAddress(_ words: [String]) -> String? {
        switch words[3] {
        case "127.0.0.1/32", "127.0.0.0/8", "::1/128", "localhost": words[3]
        case "samehost", "all", "0.0.0.0/0", "::/0", "::0/0": "samehost"
        case "127.0.0.1" where words[4] == "255.255.255.255": "127.0.0.1/32"
        default: nil
        }
    }
}
