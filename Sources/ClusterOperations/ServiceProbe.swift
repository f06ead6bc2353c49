public import PostgresClient
public import Reporting

extension ClusterAccess {
    /// Makes the fault-tolerance service look at every pair now, and waits for it.
    ///
    /// - Returns: whether it did; `report` gets why it did not.
    public func probe(_ report: (ReportLine) -> Void) async -> Bool {
        report(.info("Triggering FTS probe"))
        do {
            try await withCoordinator(.dispatch) { [engine] in try Catalog.requestProbe(engine, on: $0) }
            return true
        } catch {
            report(.warning("the fault-tolerance service did not probe: \(error)"))
            return false
        }
    }
}

extension Catalog {
    /// Whether a program is the embedded engine's fault-tolerance service of this coordinator.
    ///
    /// It holds an advisory lock in the catalog's database; the first number spells `gpft`. Greenplum's service is part
    /// of the server and shows nothing of the kind.
    /// - Throws: `PostgresError`.
    public static func isServiceRunning(
        on connection: borrowing PostgresConnection, timeout: Duration = .seconds(30)
    ) throws -> Bool {
        try connection.query(
            """
            SELECT count(*) > 0 FROM pg_catalog.pg_locks
            WHERE locktype = 'advisory' AND classid = 1735419508 AND objid = 1 AND objsubid = 2 AND granted
                AND database = (SELECT oid FROM pg_catalog.pg_database
                    WHERE datname = pg_catalog.current_database())
            """, timeout: timeout
        ).value() == "t"
    }
}
