import BlockingWork
import ClusterModel
import ClusterOperations
import EmbeddedCluster
import FaultTolerance
import PostgresClient
import Synchronization
import TestSupport
import Testing

/// The coordinator's standby of a test's cluster.
extension PairCluster {
    /// Makes the standby from the coordinator's files, before either runs.
    func prepare(_ standby: TestServer, inSync: Bool) throws {
        try Account.run("cp -a \(coordinator.directory) \(standby.directory)")
        try standby.follow(coordinator)
        if inSync { try coordinator.append("synchronous_standby_names = 'gp_walreceiver'") }
    }

    /// Enters the standby's row, and its line where it is in sync; waits until it streams.
    func awaitStandby(_ standby: TestServer, inSync: Bool) throws {
        try OpenSession(coordinator).sql(
            """
            SET synchronous_commit = local;
            SELECT pg_catalog.pg_create_physical_replication_slot('internal_wal_replication_slot', true);
            SET allow_system_table_mods = on;
            INSERT INTO pg_catalog.gp_segment_configuration
                (dbid, content, role, preferred_role, mode, status, port, hostname, address, datadir)
            VALUES (200, -1, 'm', 'm', 's', 'u', \(standby.port), 'scdw', '127.0.0.1', '\(standby.directory)')
            """)
        try awaitStream(from: coordinator, counts: inSync)
        if inSync { try record(.inSync) }
    }

    /// The standby's dbid.
    func standbyID() throws -> DatabaseID {
        let text = try coordinator.sql(
            "SELECT dbid FROM pg_catalog.gp_segment_configuration WHERE content = -1 AND role = 'm'"
        ).value()
        guard let number = text.flatMap({ Int($0) }) else { throw TestFailure("no standby in the catalog") }
        return DatabaseID(number)
    }

    /// Writes a line about the standby, as the service would.
    func record(_ news: StandbyHistory) throws {
        var parameters = coordinator.parameters
        parameters.settings.append("synchronous_commit=local")
        try news.add(standbyID(), on: try PostgresConnection.connect(parameters))
    }

    /// Whether the history says that the standby is in sync.
    func isPromised() throws -> Bool {
        try StandbyHistory.isInSync(standbyID(), on: try PostgresConnection.connect(coordinator.parameters))
    }

    /// The lines of the history about the standby, oldest first, without their common beginning.
    func standbyHistory() throws -> [String] {
        let start = "FTS: standby coordinator dbid \(try standbyID()) "
        return try history().filter { $0.hasPrefix(start) }.map { String($0.dropFirst(start.count)) }
    }

    /// Whole runs of new services, until the history has the standby in sync.
    func cyclesUntilPromised(within limit: Duration = .seconds(20)) async throws {
        let deadline = Deadline.after(limit)
        while true {
            _ = try await service().runOnce()
            if try isPromised() { return }
            guard !deadline.isPast else { throw TestFailure("the standby is not in sync:\n\(log.text)") }
        }
    }

    /// Makes commits on the coordinator wait for nobody, by hand.
    func clearNames() throws {
        try coordinator.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
        try coordinator.sql("SELECT pg_catalog.pg_reload_conf()")
    }
}

/// A writer on the coordinator, which may move to another server.
struct WrittenCoordinator: WrittenDuringTest {
    private final class Place: Sendable {
        let server: Mutex<TestServer>
        init(_ server: TestServer) { self.server = Mutex(server) }
    }

    let cluster: PairCluster
    private let place: Place
    let ledger: Ledger

    init(_ cluster: PairCluster) {
        self.cluster = cluster
        let place = Place(cluster.coordinator)
        self.place = place
        ledger = Ledger(contents: [-1]) { _ in place.server.withLock { $0.parameters } }
    }

    /// From now on this server is the coordinator.
    func move(to server: TestServer) { place.server.withLock { $0 = server } }
}
