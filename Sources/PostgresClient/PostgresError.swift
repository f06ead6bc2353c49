/// Why the server did not do what was asked.
public struct PostgresError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind, for callers that branch.
    public enum Kind: Sendable, Equatable {
        /// No connection came about.
        case connection
        /// The connection was lost while a statement ran: it may or may not have taken effect.
        case lost
        /// The deadline passed.
        case timeout
        /// The server refused the statement.
        case statement
        /// The answer had another shape than asked for.
        case shape
    }

    public let kind: Kind
    /// One line or more, as the server or libpq said it, trimmed.
    public let message: String
    /// The five-character SQLSTATE, when the server gave one.
    public let sqlState: String?
    public let detail: String?

    public init(_ kind: Kind, _ message: String, sqlState: String? = nil, detail: String? = nil) {
        self.kind = kind
        self.message = message
        self.sqlState = sqlState
        self.detail = detail
    }

    public var description: String { message }

    /// Whether the server said that it is starting up, shutting down or in recovery (SQLSTATE 57P03).
    ///
    /// The words count only where there is no code: a server that cannot start a process sends none.
    public var isServerStarting: Bool {
        guard let sqlState else { return kind == .connection && message.contains("the database system is") }
        return sqlState == "57P03"
    }
}
