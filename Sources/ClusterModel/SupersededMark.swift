/// What is left beside the data directory of a coordinator whose standby took its place.
///
/// Beside and never inside: no backup copies it. Whoever wants to start or use that coordinator finds it.
public struct SupersededMark: Sendable, Equatable {
    /// The host and port of the coordinator that took over.
    public var host: String
    public var port: Int
    /// When, as `YYYYmmdd_HHMMSS`.
    public var time: String
    /// The cluster's coordinator's, which both share.
    public var systemIdentifier: String

    public init(host: String, port: Int, time: String, systemIdentifier: String) {
        self.host = host
        self.port = port
        self.time = time
        self.systemIdentifier = systemIdentifier
    }

    /// Where the mark of a data directory is.
    public static func path(_ dataDirectory: String) -> String {
        var directory = dataDirectory[...]
        while directory.count > 1, directory.hasSuffix("/") { directory.removeLast() }
        return directory + ".gpha-superseded"
    }

    /// The file's text: one line for programs, then what a reader needs to know.
    public var text: String {
        """
        gpha-superseded 1 \(host) \(port) \(time) \(systemIdentifier)
        The standby on \(host):\(port) was activated and is the coordinator now.
        Do not start the server in the directory beside this file: the cluster would have two coordinators.
        gpinitstandby -s, run on the new coordinator, moves that directory aside and makes a standby here.

        """
    }

    /// Reads the file's text; nil when its first line is no mark.
    public init?(text: String) {
        let words = (text.split(whereSeparator: \.isNewline).first ?? "").split(separator: " ")
        guard words.count == 6, words[0] == "gpha-superseded", words[1] == "1", let port = Int(words[3]) else {
            return nil
        }
        self.init(host: String(words[2]), port: port, time: String(words[4]), systemIdentifier: String(words[5]))
    }

    /// Why the data directory must not be used.
    ///
    /// - Parameter mark: nil for a file that holds no mark: its presence counts.
    public static func refusal(_ dataDirectory: String, _ mark: SupersededMark?) -> String {
        let who = mark.map { "the standby on \($0.host):\($0.port), activated \($0.time)" } ?? "its standby"
        return "the coordinator in \(dataDirectory) is superseded by \(who)"
    }

    /// What to do then.
    public static func hint(_ dataDirectory: String) -> String {
        "work on the new coordinator; gpinitstandby -s, run there, makes this host its standby "
            + "(see \(path(dataDirectory)))"
    }
}
