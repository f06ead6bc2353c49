/// What makes a catalog unusable.
public enum ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    case noCoordinator
    case noPrimary(ContentID)
    case duplicateRole(ContentID, SegmentRole, [DatabaseID])
    case duplicateDatabaseID(DatabaseID)
    case unusableHost(DatabaseID, String)
    case unusablePort(DatabaseID, Int)
    case unusableDirectory(DatabaseID, String)
    case invalidPairs(String)

    public var description: String {
        switch self {
        case .noCoordinator: "gp_segment_configuration names no coordinator (content -1, role p)"
        case .noPrimary(let content): "gp_segment_configuration names no primary for content \(content)"
        case .duplicateRole(let content, let role, let dbids):
            "gp_segment_configuration names \(dbids.count) instances with role \(role.rawValue) for content \(content): "
                + dbids.map { "dbid \($0)" }.joined(separator: ", ")
        case .duplicateDatabaseID(let dbid): "gp_segment_configuration names dbid \(dbid) twice"
        case .unusableHost(let dbid, let name): "dbid \(dbid) has an unusable host name or address '\(name)'"
        case .unusablePort(let dbid, let port): "dbid \(dbid) has an unusable port \(port)"
        case .unusableDirectory(let dbid, let path): "dbid \(dbid) has an unusable data directory '\(path)'"
        case .invalidPairs(let text): text
        }
    }
}

/// The rules that a catalog has to keep before a tool works with it.
public enum ConfigurationCheck {
    static func checkRows(_ rows: [Segment]) throws(ConfigurationError) {
        var seen: [DatabaseID: Segment] = [:]
        var parts: [String: [DatabaseID]] = [:]
        for row in rows {
            guard seen.updateValue(row, forKey: row.dbid) == nil else { throw .duplicateDatabaseID(row.dbid) }
            parts["\(row.content):\(row.role.rawValue)", default: []].append(row.dbid)
            for name in [row.hostname, row.address] where !HostName.isUsable(name) {
                throw .unusableHost(row.dbid, name)
            }
            guard (1...65535).contains(row.port) else { throw .unusablePort(row.dbid, row.port) }
            guard DataDirectory.isUsable(row.dataDirectory) else {
                throw .unusableDirectory(row.dbid, row.dataDirectory)
            }
        }
        for row in rows {
            let dbids = parts["\(row.content):\(row.role.rawValue)"] ?? []
            guard dbids.count == 1 else { throw .duplicateRole(row.content, row.role, dbids) }
        }
    }

    /// Whether every pair is in one of the states that the server can have written (utility mode skips this).
    ///
    /// - Throws: `ConfigurationError.invalidPairs` with the original's text.
    public static func checkPairs(_ cluster: ClusterConfiguration) throws(ConfigurationError) {
        let valid = cluster.pairs.allSatisfy { pair in
            let state = (
                pair.primary.status, pair.primary.mode, pair.mirror?.status ?? .down, pair.mirror?.mode ?? .notInSync
            )
            return state == (.up, .inSync, .up, .inSync) || state == (.up, .notInSync, .up, .notInSync)
                || state == (.up, .notInSync, .down, .notInSync)
        }
        guard !valid else { return }
        let pairs = cluster.pairs.map {
            "(Primary: \($0.primary.catalogForm), Mirror: \($0.mirror?.catalogForm ?? "Not Configured"))"
        }
        throw .invalidPairs(
            "Invalid GpArray: Coordinator: \(cluster.coordinator.catalogForm)\n"
                + "Standby: \(cluster.standby?.catalogForm ?? "Not Configured")\n"
                + "Segment Pairs: " + pairs.joined(separator: "\n"))
    }
}

/// Paths of data directories end in command lines, configuration files and the lines of reports.
public enum DataDirectory {
    /// Why no server may be started in `path`; nil when it may.
    ///
    /// `pg_ctl start` hands the path to a shell between double quotes, where `$(…)` would run.
    public static func startProblem(_ path: String) -> String? {
        guard path.contains(where: { "\"$`\\".contains($0) }) else { return nil }
        return "data directory '\(path)' holds a quote, a dollar sign, a backquote or a backslash: "
            + "pg_ctl would hand it to a shell"
    }

    /// Whether `path` is absolute and holds no control character and no line break.
    public static func isUsable(_ path: String) -> Bool {
        path.hasPrefix("/")
            && !path.unicodeScalars.contains {
                $0.value < 0x20 || (0x7f...0x9f).contains($0.value) || $0.value == 0x2028 || $0.value == 0x2029
            }
    }
}

/// Host names and addresses are hostile input: they end in command lines and configuration files.
public enum HostName {
    /// Whether `name` is an IPv4 or IPv6 address and not a name.
    public static func isNumeric(_ name: String) -> Bool {
        name.contains(":")
            || name.split(separator: ".", omittingEmptySubsequences: false).count == 4
                && name.allSatisfy { $0.isASCII && $0.isNumber || $0 == "." }
    }

    /// Whether `name` is a host name, an IPv4 or an IPv6 address, and nothing else.
    ///
    /// A leading `-` would be an option to other programs; quotes, blanks and `$` would be shell.
    public static func isUsable(_ name: String) -> Bool {
        guard let first = name.utf8.first, first != UInt8(ascii: "-"), name.utf8.count <= 253 else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "%"):
                true
            default: false
            }
        }
    }
}
