import ClusterModel
import PostgresClient
import Synchronization

/// One open session per acting primary, from one cycle to the next.
///
/// A primary whose mirror died fills up with commits that wait, until it turns new sessions away. Only the service
/// can release them, so it keeps a foot in the door. A session is used by one thread at a time.
final class KeptSessions: Sendable {
    /// A session belongs to an instance in its place, not to a content: roles swap.
    private struct Key: Hashable {
        let dbid: DatabaseID
        let address: String
        let port: Int

        init(_ segment: Segment) {
            dbid = segment.dbid
            address = segment.address
            port = segment.port
        }
    }

    private let sessions = Mutex<[Key: SharedSession]>([:])

    /// Keeps a session; the one before is closed.
    func keep(_ connection: consuming sending PostgresConnection, with segment: Segment) {
        let session = SharedSession(connection)
        let before = sessions.withLock { $0.updateValue(session, forKey: Key(segment)) }
        // Closed here and not under the lock: closing writes to a socket.
        _ = before
    }

    /// Uses the session with an instance; nil when there is none.
    ///
    /// - Throws: what `body` throws; the session is not kept then.
    func use<Result: Sendable>(
        with segment: Segment, _ body: (borrowing PostgresConnection) throws -> Result
    ) throws -> Result? {
        guard let session = sessions.withLock({ $0[Key(segment)] }) else { return nil }
        do {
            return try session.use { try body($0) }
        } catch {
            sessions.withLock { sessions in
                if sessions[Key(segment)] === session { sessions[Key(segment)] = nil }
            }
            throw error
        }
    }

    /// Closes the sessions with all other instances.
    func keepOnly(_ segments: [Segment]) {
        let keys = Set(segments.map { Key($0) })
        let closed = sessions.withLock { sessions in
            defer { sessions = sessions.filter { keys.contains($0.key) } }
            return sessions.filter { !keys.contains($0.key) }
        }
        _ = closed
    }
}

/// A session that more than one thread can use, one after the other.
final class SharedSession: Sendable {
    private let connection: Mutex<PostgresConnection>

    init(_ connection: consuming sending PostgresConnection) { self.connection = Mutex(connection) }

    func use<Result>(_ body: (borrowing PostgresConnection) throws -> sending Result) throws -> sending Result {
        try connection.withLock { try body($0) }
    }
}
