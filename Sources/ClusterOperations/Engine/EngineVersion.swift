import ClusterModel

extension Engine {
    /// Chooses the engine by `PG_VERSION`: Greenplum 7 is PostgreSQL 12 inside, the embedded engine 15 or later.
    ///
    /// `version()` confirms it once the server answers.
    /// - Throws: `OperationError` for any other version: it is refused, not guessed.
    public init(versionFile text: String) throws(OperationError) {
        guard let engine = Self.presumed(versionFile: text), engine.isTried else {
            let presumed = Self.presumed(versionFile: text)?.family.title
            throw OperationError(
                "server version '\(text.trimmed)' in PG_VERSION is not supported",
                hint: (presumed.map { "\($0) has this one: gpha was never tried on it; " } ?? "") + Self.supported)
        }
        self = engine
    }

    /// The engine whose servers have this text in `PG_VERSION`; nil for an unknown one.
    ///
    /// Plain PostgreSQL writes the same there: only `init(version:)` tells the two apart.
    static func presumed(versionFile text: String) -> Engine? {
        switch text.trimmed {
        case "9.4": Engine(family: .greenplum6, postgresMajor: 9)
        case "12": Engine(family: .greenplum7, postgresMajor: 12)
        case "14": Engine(family: .cloudberry, postgresMajor: 14)
        case let number:
            Int(number).flatMap { $0 >= 15 && $0 < 1000 ? Engine(family: .embedded, postgresMajor: $0) : nil }
        }
    }

    /// Chooses the engine by the server's `version()`.
    ///
    /// Greenplum's text has its own name and version in brackets after PostgreSQL's; so have forks that are not known
    /// here, and those are refused.
    /// - Throws: `OperationError` that carries the whole text.
    public init(version text: String) throws(OperationError) {
        guard let engine = Self.named(text) else {
            throw OperationError("server version is not supported: \(text)", hint: Self.supported)
        }
        self = engine
    }

    private static func named(_ text: String) -> Engine? {
        let words = text.split(separator: " ")
        guard words.count > 1, words[0] == "PostgreSQL" else { return nil }
        let number = words[1].prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let major =
            number.hasPrefix("9.")
            ? number.split(separator: ".").prefix(2).joined(separator: ".")
            : String(number.prefix { $0 != "." })
        guard let presumed = presumed(versionFile: major) else { return nil }
        switch presumed.family {
        case .embedded: return isPlain(text) ? presumed : nil
        case .greenplum6: return text.contains("(Greenplum Database 6.") ? presumed : nil
        case .greenplum7: return text.contains("(Greenplum Database 7.") ? presumed : nil
        case .cloudberry:
            let names = [
                "Cloudberry Database 1.", "Cloudberry Database 2.", "Apache Cloudberry 1.", "Apache Cloudberry 2.",
            ]
            return names.contains { text.contains("(\($0)") } ? presumed : nil
        }
    }

    /// Whether nothing in the text names one of PostgreSQL's massively parallel forks; distributions name themselves.
    private static func isPlain(_ text: String) -> Bool {
        let forks = ["greenplum", "cloudberry", "warehousepg", "greengage", "hashdata", "synxdb"]
        let lowercased = text.lowercased()
        return !forks.contains { lowercased.contains($0) }
    }

    /// The engine was chosen by a file; the server itself must say the same.
    ///
    /// - Throws: `OperationError` when `version()` names another engine, or one that is not known.
    public func confirm(version text: String) throws(OperationError) {
        guard try Engine(version: text) == self else {
            throw OperationError("server version is not supported: \(text)", hint: Self.supported)
        }
    }

    static let supported = "gpha works with Greenplum 7 and with the embedded engine on PostgreSQL 15 or later"
}
