import BlockingWork
import CLibPQ

/// What a server answers to a connection attempt, without logging in.
public enum ServerPing: Sendable, Equatable {
    /// It accepts connections.
    case accepting
    /// It is alive and refuses: starting up, shutting down, in recovery (SQLSTATE 57P03).
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
        if text.contains("last replayed record at") { return .mirror(text) }
        if text.contains("the database system is") { return .rejecting(text) }
        // Only a server says FATAL: a missing database, a refused user, too many clients.
        if text.contains("FATAL:") { return .accepting }
        return .silent(text)
    }
}
