import Glibc

/// What the configuration says that libssh does not: who may write it, `StrictHostKeyChecking`, `IdentitiesOnly`.
///
/// libssh reads the files too, and applies everything else. It reads `StrictHostKeyChecking` as yes or no and has no
/// way to tell which; it passes over `IdentitiesOnly`; and it opens a file that anyone may have written, whose `ProxyCommand` and `Match exec` run.
struct SSHConfigurationFile {
    /// What to do with a host whose key is not known.
    enum UnknownKeyPolicy { case refuse, accept }

    /// What holds for one host.
    struct Rules {
        var unknownKey = UnknownKeyPolicy.refuse
        /// Whether only configured keys are offered, and none of the agent's.
        var identitiesOnly = false
    }

    private let host: String
    private let home: String
    private var isMatching = true
    private var policy: UnknownKeyPolicy?
    private var identitiesOnly: Bool?

    /// Reads `paths` in order, the first word on a matter counts; missing files are skipped.
    ///
    /// - Throws: `ShellError` of kind `configuration` for a file, or an included one, that others can write or that
    ///   is no regular file.
    static func rules(for host: String, paths: [String], home: String) throws(ShellError) -> Rules {
        var reader = SSHConfigurationFile(host: host, home: home)
        for path in paths {
            reader.isMatching = true
            try reader.read(path, base: path.hasPrefix("/etc/") ? "/etc/ssh" : home + "/.ssh", depth: 0)
        }
        return Rules(unknownKey: reader.policy ?? .refuse, identitiesOnly: reader.identitiesOnly ?? false)
    }

    private init(host: String, home: String) {
        self.host = host.lowercased()
        self.home = home
    }

    private mutating func read(_ path: String, base: String, depth: Int) throws(ShellError) {
        guard depth < 16, let text = try contents(of: path) else { return }
        for line in text.split(whereSeparator: \.isNewline) {
            let words = Self.words(of: line)
            guard let keyword = words.first?.lowercased() else { continue }
            switch keyword {
            case "host": isMatching = Self.matches(host, patterns: words.dropFirst())
            case "match": isMatching = matches(criteria: Array(words.dropFirst()))
            case "include":
                let wasMatching = isMatching
                for pattern in words.dropFirst() {
                    for file in files(pattern, base: base) { try read(file, base: base, depth: depth + 1) }
                }
                isMatching = wasMatching
            case "stricthostkeychecking" where isMatching && policy == nil && words.count > 1:
                policy = ["no", "off", "accept-new"].contains(words[1].lowercased()) ? .accept : .refuse
            case "identitiesonly" where isMatching && identitiesOnly == nil && words.count > 1:
                identitiesOnly = ["yes", "true"].contains(words[1].lowercased())
            default: break
            }
        }
    }

    /// The text of a regular file that only its owner or root can have written; nil when there is none.
    ///
    /// libssh reads whatever the name opens: a pipe could tell it something else than it told us. The null device
    /// says nothing to anybody.
    private func contents(of path: String) throws(ShellError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var facts = stat()
        let isKnown = fstat(descriptor, &facts) == 0
        if isKnown, facts.st_mode & S_IFMT == S_IFCHR, facts.st_rdev == Self.nullDevice { return nil }
        guard isKnown, facts.st_mode & S_IFMT == S_IFREG else {
            throw ShellError(
                .configuration, host: host, reason: "the SSH configuration \(path) is not a regular file",
                hint: "put the configuration into a file of your own")
        }
        let word = ShellQuoting.word(path)
        guard facts.st_mode & 0o022 == 0 else {
            throw ShellError(
                .configuration, host: host, reason: "others can write the SSH configuration \(path)",
                hint: "chmod go-w \(word)")
        }
        guard facts.st_uid == geteuid() || facts.st_uid == 0 else {
            throw ShellError(
                .configuration, host: host, reason: "another user owns the SSH configuration \(path)",
                hint: "chown \(geteuid()) \(word) && chmod go-w \(word)")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count < 4 << 20 {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The number of `/dev/null`: major 1, minor 3 (Linux, Documentation/admin-guide/devices.txt).
    private static let nullDevice: dev_t = 1 << 8 | 3

    /// The files that an `Include` names, as libssh finds them: `~`, or relative to the user's or the system's folder.
    private func files(_ pattern: String, base: String) -> [String] {
        let path = pattern.hasPrefix("~/") ? home + pattern.dropFirst() : pattern
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(path.hasPrefix("/") ? path : base + "/" + path, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }

    /// `Match all`, `host` and `originalhost` are understood; a block on anything else counts as not matching.
    private func matches(criteria: [String]) -> Bool {
        var index = 0
        while index < criteria.count {
            let criterion = criteria[index].lowercased()
            index += 1
            if criterion == "all" { continue }
            guard ["host", "originalhost"].contains(criterion), index < criteria.count else { return false }
            let patterns = criteria[index].split(separator: ",").map(String.init)
            guard Self.matches(host, patterns: patterns[...]) else { return false }
            index += 1
        }
        return !criteria.isEmpty
    }

    private static func matches(_ host: String, patterns: ArraySlice<String>) -> Bool {
        var isMatching = false
        for pattern in patterns {
            let isNegated = pattern.hasPrefix("!")
            guard fnmatch((isNegated ? String(pattern.dropFirst()) : pattern).lowercased(), host, 0) == 0 else {
                continue
            }
            if isNegated { return false }
            isMatching = true
        }
        return isMatching
    }

    /// The words of a line: separated by blanks, one `=` after the keyword, double quotes hold a word together.
    static func words(of line: Substring) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        var isStarted = false
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
                isStarted = true
            } else if !isQuoted && (character.isWhitespace || (character == "=" && words.count < 2 && !isStarted)) {
                if isStarted { words.append(word) }
                (word, isStarted) = ("", false)
            } else if !isQuoted && character == "=" && words.isEmpty {
                words.append(word)
                (word, isStarted) = ("", false)
            } else if !isQuoted && !isStarted && character == "#" {
                break
            } else {
                word.append(character)
                isStarted = true
            }
        }
        if isStarted { words.append(word) }
        return words
    }
}
