import BlockingWork
import CLibPQ

/// What a server answers to a connection attempt, without logging in.
public enum ServerPing: Sendable, Equatable {
    /// It accepts connections.
    case accepting
    /// It is alive and refuses: starting up, shutting down, in recovery (SQLSTATE 57P03, or another of class 57).
    case rejecting(String)
    /// It is a Greenplum mirror or standby that refuses connections and says how far it has replayed.
    case mirror(String)
    /// Nothing answered.
    case silent(String)

    /// Asks one server, as `pg_isready` does (libpq `PQping` semantics), within `parameters.connectTimeout`.
    ///
    /// A server that refuses the user or the database is alive: it counts as accepting.
    public static func ask(_ parameters: ConnectionParameters) -> ServerPing {
        do {
            _ = try PostgresConnection.connect(parameters)
            return .accepting
        } catch {
            return classify(error)
        }
    }

    /// What a failed connection attempt says of the server.
    public static func classify(_ error: PostgresError) -> ServerPing {
        let text = error.message
        // Greenplum's own words, never translated.
        if text.contains("last replayed record at") { return .mirror(text) }
        // A server speaks the language of its `lc_messages`; its codes are the same in all of them.
        if let sqlState = error.sqlState { return sqlState.hasPrefix("57") ? .rejecting(text) : .accepting }
        if text.contains("the database system is") { return .rejecting(text) }
        // Without a code a server speaks that cannot start a process: only a server says FATAL.
        if text.contains("FATAL:") { return .accepting }
        return .silent(text)
    }
}
