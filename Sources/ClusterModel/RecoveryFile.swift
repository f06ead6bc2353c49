/// The `-i` and `-o` file of gprecoverseg: `[host name|]address|port|data directory`, once or twice on a line.
///
/// One group recovers a segment in its place; two recover the first in the place of the second.
public enum RecoveryFile {
    /// One group of a line.
    public struct Group: Sendable, Equatable {
        /// Nil in the form with three fields.
        public let hostname: String?
        public let address: String
        public let port: Int
        public let dataDirectory: String

        public init(hostname: String?, address: String, port: Int, dataDirectory: String) {
            self.hostname = hostname
            self.address = address
            self.port = port
            self.dataDirectory = dataDirectory
        }

        /// The group as the original's errors quote it.
        public var text: String { (hostname.map { "\($0)|" } ?? "") + "\(address)|\(port)|\(dataDirectory)" }

        /// Whether this is the place of an instance.
        public func names(_ segment: Segment) -> Bool {
            segment.address == address && segment.port == port
                && MirrorFile.normalized(segment.dataDirectory) == dataDirectory
                && (hostname == nil || hostname == segment.hostname)
        }
    }

    /// One line.
    public struct Entry: Sendable, Equatable {
        public let line: Int
        public let failed: Group
        /// The new place; nil to stay.
        public let target: Group?

        public init(line: Int, failed: Group, target: Group?) {
            self.line = line
            self.failed = failed
            self.target = target
        }
    }

    /// Reads a file.
    ///
    /// - Throws: `InputFileError` naming line and file; nothing is taken from a file with an error.
    public static func parse(_ bytes: [UInt8], file: String) throws(InputFileError) -> [Entry] {
        var entries: [Entry] = []
        for (number, text) in try InputLines.read(bytes, file: file, comments: true) {
            entries.append(try LineReader(number: number, file: file).entry(text))
        }
        try checkConflicts(entries, file)
        return entries
    }

    private static func checkConflicts(_ entries: [Entry], _ file: String) throws(InputFileError) {
        var failed: [String: Int] = [:]
        var targets: [String: Int] = [:]
        func conflict(_ first: Int, _ second: Int, _ text: String) -> InputFileError {
            InputFileError(
                "config file lines \(min(first, second)) and \(max(first, second)) conflict: \(text) (file \(file))")
        }
        for entry in entries {
            let own = entry.failed
            if let earlier = failed.updateValue(entry.line, forKey: own.key) {
                throw conflict(
                    earlier, entry.line,
                    "Cannot recover the same failed segment \(own.address) and data directory \(own.dataDirectory) twice."
                )
            }
            guard let target = entry.target else { continue }
            if let earlier = targets.updateValue(entry.line, forKey: target.key) {
                throw conflict(
                    earlier, entry.line,
                    "Cannot recover to the same segment \(target.address) and data directory \(target.dataDirectory) "
                        + "twice.")
            }
        }
        for entry in entries where entry.target == nil {
            guard let other = targets[entry.failed.key] else { continue }
            throw conflict(
                entry.line, other,
                "Cannot recover segment \(entry.failed.address) with data directory \(entry.failed.dataDirectory) "
                    + "in place if it is used as a recovery segment.")
        }
    }

    /// The file that `-o` writes: one line for each segment.
    ///
    /// In the form with three fields, as the original; with four where the new place's host name is not its address,
    /// which three fields could not say.
    /// - Throws: `InputFileError` for a data directory that the file cannot express.
    public static func text(_ requests: [RecoveryDemand]) throws(InputFileError) -> String {
        var lines = ""
        for request in requests {
            let segments = [request.failed] + (request.target.map { [$0] } ?? [])
            for segment in segments where segment.dataDirectory.contains(where: { $0.isWhitespace || $0 == "|" }) {
                throw InputFileError(
                    "data directory '\(segment.dataDirectory)' of \(segment.label) holds white space or '|', "
                        + "which the file cannot express")
            }
            let isLong = request.target.map { $0.hostname != $0.address } ?? false
            lines += segments.map { group($0, isLong) }.joined(separator: " ") + "\n"
        }
        return lines
    }

    private static func group(_ segment: Segment, _ isLong: Bool) -> String {
        (isLong ? "\(segment.hostname)|" : "") + "\(MirrorFile.bracketed(segment.address))|\(segment.port)|"
            + segment.dataDirectory
    }
}

extension RecoveryFile.Group {
    fileprivate var key: String { "\(address)\u{0}\(dataDirectory)" }
}

/// Reads one line of the file, and says what is wrong with it and where.
private struct LineReader {
    let number: Int
    let file: String

    func entry(_ text: String) throws(InputFileError) -> RecoveryFile.Entry {
        let groups = text.split(whereSeparator: \.isWhitespace)
            .map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
        guard groups.count <= 2, let first = groups.first else {
            throw InputFileError("line \(number) of file \(file): expected 1 or 2 groups but found \(groups.count)")
        }
        guard first.count == 3 || first.count == 4 else {
            throw InputFileError(
                "line \(number) of file \(file): expected 3 or 4 parts on failed segment group, obtained \(first.count)"
            )
        }
        guard groups.count == 2 else {
            return RecoveryFile.Entry(line: number, failed: try group(first), target: nil)
        }
        guard groups[1].count == first.count else {
            throw InputFileError(
                "line \(number) of file \(file): expected equal parts, either 3 or 4 on both segment group, "
                    + "obtained \(first.count) on group1 and \(groups[1].count) on group2")
        }
        return RecoveryFile.Entry(line: number, failed: try group(first), target: try group(groups[1]))
    }

    private func group(_ parts: [String]) throws(InputFileError) -> RecoveryFile.Group {
        let values = parts.suffix(3).map { $0 }
        let address = MirrorFile.unbracketed(values[0])
        guard HostName.isUsable(address) else { throw invalid("address", values[0]) }
        guard values[1].allSatisfy({ $0.isASCII && $0.isNumber }), let port = Int(values[1]), (1...65535).contains(port)
        else { throw invalid("port", values[1]) }
        guard !values[2].isEmpty else { throw invalid("directory", values[2]) }
        let hostname = parts.count == 4 ? MirrorFile.unbracketed(parts[0]) : nil
        if let hostname, !HostName.isUsable(hostname) { throw invalid("hostname", hostname) }
        let path = MirrorFile.normalized(values[2])
        guard path.hasPrefix("/") else {
            throw InputFileError(
                "Path entered \(file) is invalid; it must be a full path.  Path: '\(values[2].prefix(80))' "
                    + "from: \(number)")
        }
        guard DataDirectory.isUsable(path) else { throw invalid("directory", values[2]) }
        return RecoveryFile.Group(hostname: hostname, address: address, port: port, dataDirectory: path)
    }

    private func invalid(_ what: String, _ value: String) -> InputFileError {
        InputFileError("Invalid \(what) on line \(number) of file \(file): '\(value.prefix(80))'")
    }
}
