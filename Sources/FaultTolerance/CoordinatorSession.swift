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
        /// The coordinator there was replaced by its activated standby: why it must not be used.
        case superseded(OperationError)
    }

    /// The name of the service's sessions everywhere; a newer service ends those of an older one by it.
    static let applicationName = "gpftsd"

    let location: CoordinatorLocation
    let fence: CoordinatorFence
    private struct Held: ~Copyable {
        var connection: PostgresConnection
        var isLost = false
    }
    private let held: Mutex<Held>

    private init(
        _ location: CoordinatorLocation, _ fence: CoordinatorFence, _ connection: consuming sending PostgresConnection
    ) {
        self.location = location
        self.fence = fence
        held = Mutex(Held(connection: connection))
    }

    /// Connects to the coordinator of a data directory on this machine and takes the lock, without waiting.
    ///
    /// - Parameter lockPatience: how long a statement may wait for a lock that somebody else has on the catalog.
    /// - Throws: `OperationError`, `LocalFileError`, `PostgresError` when there is none to talk to.
    static func open(
        dataDirectory: String, environment: [String: String], lockPatience: Duration
    ) throws -> Opening {
        do { try CoordinatorLocation.refuseSuperseded(dataDirectory) } catch { return .superseded(error) }
        let location = try CoordinatorLocation(dataDirectory: dataDirectory)
        guard location.engine.hasFaultToleranceProgram else {
            throw OperationError(
                "the coordinator in \(dataDirectory) is a Greenplum server",
                hint: "it has a fault-tolerance service of its own")
        }
        var parameters = location.parameters(.catalogChange, environment: environment)
        parameters.applicationName = applicationName
        parameters.settings += [
            "lock_timeout=\(Int(lockPatience.inSeconds * 1000))ms", "idle_session_timeout=0",
        ]
        let connection = try PostgresConnection.connect(parameters)
        guard try connection.query("SELECT pg_catalog.pg_is_in_recovery()").value() == "f" else { return .standby }
        let locked = try connection.query("SELECT pg_catalog.pg_try_advisory_lock(\(lock.0), \(lock.1))").value()
        guard locked == "t" else { return .taken }
        return .ready(CoordinatorSession(location, CoordinatorFence(timeline: try timeline(connection)), connection))
    }

    /// The timeline that the coordinator writes now.
    ///
    /// It stays the same for as long as the server runs. `pg_control_checkpoint()` would know a new one only after the
    /// first checkpoint on it.
    private static func timeline(_ connection: borrowing PostgresConnection) throws -> UInt32 {
        let name = try connection.query(
            "SELECT pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn())"
        ).value()
        guard let timeline = name.flatMap({ UInt32($0.prefix(8), radix: 16) }) else {
            throw OperationError("the coordinator does not tell its timeline: \(name ?? "no answer")")
        }
        return timeline
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

    /// Proves that this process is the service at this moment: the session, and with it the lock, answers.
    ///
    /// A server that took writes when the session began does so for as long as the session lasts.
    /// - Throws: `PostgresError` when it does not; the session is lost then.
    func prove(timeout: Duration) throws { _ = try use { try $0.query("SELECT 1", timeout: timeout) } }

    /// The catalog's pairs and the coordinator's, each judged by itself.
    func pairs() throws -> CatalogPairs {
        let rows = try use { try $0.query(CatalogPairs.question) }.rows
        var pairs = CatalogPairs(rows: rows, coordinator: location)
        let own = Result { try ownPair() }
        if isLost { _ = try own.get() }
        pairs.add(coordinator: own)
        return pairs
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

    /// The coordinator and its standby as a pair.
    ///
    /// The standby's row never changes, so mode and status are those of the newest line in the history.
    /// - Throws: `ConfigurationError` for rows that make no sense; `OperationError`, `PostgresError`.
    func ownPair() throws -> SegmentPair {
        let rows = try use { try $0.query(CatalogPairs.question + " WHERE content = -1") }.rows
        let configuration = try ClusterConfiguration(rows: rows.map(CatalogPairs.segment))
        var (coordinator, standby) = (configuration.coordinator, configuration.standby)
        let isInSync = try standby.map { standby in try use { try StandbyHistory.isInSync(standby.dbid, on: $0) } }
        coordinator.mode = isInSync == true ? .inSync : .notInSync
        standby?.mode = coordinator.mode
        standby?.status = isInSync == true ? .up : .down
        return SegmentPair(primary: coordinator, mirror: standby)
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
