import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient
import Synchronization

/// The service's one session with the coordinator.
///
/// It holds the advisory lock that makes this process the service, and every change of the catalog goes through it:
/// when the session is lost, the lock and the right to change anything are lost with it.
final class CoordinatorSession: Sendable {
    /// `pg_advisory_lock(classid, objid)`; the first number spells `gpft`.
    static let lock = (1_735_419_508, 1)

    /// SQLSTATE of a statement that ran into `lock_timeout`.
    private static let lockNotAvailable = "55P03"

    /// How an attempt to become the service ended.
    enum Opening {
        case ready(CoordinatorSession)
        /// Another process holds the lock.
        case taken
        /// The server there is a standby.
        case standby
    }

    let location: CoordinatorLocation
    private struct Held: ~Copyable {
        var connection: PostgresConnection
        var isLost = false
    }
    private let held: Mutex<Held>

    private init(_ location: CoordinatorLocation, _ connection: consuming sending PostgresConnection) {
        self.location = location
        held = Mutex(Held(connection: connection))
    }

    /// Connects to the coordinator of a data directory on this machine and takes the lock, without waiting.
    ///
    /// - Parameter lockPatience: how long a statement may wait for a lock that somebody else has on the catalog.
    /// - Throws: `OperationError`, `LocalFileError`, `PostgresError` when there is no coordinator to talk to.
    static func open(
        dataDirectory: String, environment: [String: String], lockPatience: Duration
    ) throws -> Opening {
        let location = try CoordinatorLocation(dataDirectory: dataDirectory)
        guard location.engine.family == .embedded else {
            throw OperationError(
                "the coordinator in \(dataDirectory) is a Greenplum server",
                hint: "it has a fault-tolerance service of its own")
        }
        var parameters = location.parameters(.catalogChange, environment: environment)
        parameters.applicationName = "gpftsd"
        parameters.settings += [
            "lock_timeout=\(Int(lockPatience.inSeconds * 1000))ms", "idle_session_timeout=0",
        ]
        let connection = try PostgresConnection.connect(parameters)
        guard try connection.query("SELECT pg_catalog.pg_is_in_recovery()").value() == "f" else { return .standby }
        let locked = try connection.query("SELECT pg_catalog.pg_try_advisory_lock(\(lock.0), \(lock.1))").value()
        guard locked == "t" else { return .taken }
        return .ready(CoordinatorSession(location, connection))
    }

    /// Whether the session broke; nothing can be done through it any more.
    var isLost: Bool { held.withLock { $0.isLost } }

    /// Uses the session, one caller at a time.
    ///
    /// - Throws: what `body` throws; `OperationError` for a lock that was waited for in vain. After a broken connection
    ///   or a statement out of time the session is lost.
    func use<Result: Sendable>(_ body: (borrowing PostgresConnection) throws -> Result) throws -> Result {
        try held.withLock { held in
            guard !held.isLost else { throw PostgresError(.lost, "the session with the coordinator is lost") }
            do {
                return try body(held.connection)
            } catch let error as PostgresError where error.sqlState == Self.lockNotAvailable {
                throw OperationError("another session holds a lock on the catalog: \(error)")
            } catch let error as PostgresError where error.kind != .statement && error.kind != .shape {
                held.isLost = true
                throw error
            }
        }
    }

    /// The catalog's pairs, each judged by itself.
    func pairs() throws -> CatalogPairs {
        let rows = try use { try $0.query(CatalogPairs.question) }.rows
        return CatalogPairs(rows: rows, coordinator: location)
    }

    /// Whether a primary may commit without its mirror: the catalog has it as the acting primary, and the pair not in
    /// sync.
    ///
    /// Asked anew, not remembered: the outcome of a commit that broke off is not known to whoever sent it. That this
    /// session answers proves that nobody else is the service.
    func mayCommitAlone(_ primary: Segment) throws -> Bool {
        try use {
            try $0.query(
                """
                SELECT pg_catalog.count(*) FILTER (WHERE mode = 's') < 2
                    AND pg_catalog.count(*) FILTER (WHERE dbid = $2::int2 AND role = 'p') = 1
                FROM pg_catalog.gp_segment_configuration WHERE content = $1::int2
                """, ["\(primary.content)", "\(primary.dbid)"]
            ).value() == "t"
        }
    }

    /// The number of the newest probe request; nil when nobody has asked since the server started.
    func newestRequest() throws -> Int? {
        let row = try use {
            try $0.query("SELECT last_value, is_called FROM pg_catalog.gp_fts_probe_request").row()
        }
        guard row.count == 2, row[1] == "t" else { return nil }
        return row[0].flatMap { Int($0) }
    }

    /// Whether a request waits that no finished cycle has answered.
    func hasOpenRequest() throws -> Bool {
        try use {
            try $0.query(
                """
                SELECT request.is_called AND NOT (done.is_called AND done.last_value >= request.last_value)
                FROM pg_catalog.gp_fts_probe_request AS request, pg_catalog.gp_fts_probe_done AS done
                """
            ).value() == "t"
        }
    }

    /// Tells whoever asked up to this request that a cycle which began after it is over.
    ///
    /// Writes no WAL.
    func answer(request: Int) throws {
        _ = try use { try $0.query("SELECT pg_catalog.setval('pg_catalog.gp_fts_probe_done', \(request))") }
    }
}
