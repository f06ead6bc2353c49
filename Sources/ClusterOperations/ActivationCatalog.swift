public import ClusterModel
public import PostgresClient

/// The catalog's change when a standby becomes the coordinator.
extension Catalog {
    /// Makes the standby's row the coordinator's and takes the old coordinator's away, as Greenplum's server does it:
    /// role and preferred role `p`, dbid, host, port and mode as they were; with a row in the history.
    ///
    /// Done already, it changes nothing. No undo: the old coordinator's row is in the history alone.
    /// - Parameter former: nil leaves the history alone.
    /// - Throws: `PostgresError`; `OperationError` when the standby has no row.
    public static func activateStandby(
        _ dbid: DatabaseID, former: FormerCoordinator?, on connection: borrowing PostgresConnection
    ) throws {
        try connection.transaction { connection in
            try connection.query("LOCK TABLE pg_catalog.gp_segment_configuration IN ACCESS EXCLUSIVE MODE")
            let role = try connection.query(
                "SELECT role FROM pg_catalog.gp_segment_configuration WHERE content = -1 AND dbid = $1::int2",
                ["\(dbid)"]
            ).rows.first?.first.flatMap { $0 }
            guard let role else { throw OperationError("dbid \(dbid) has no row in gp_segment_configuration") }
            guard role == SegmentRole.mirror.rawValue else { return }
            try connection.query(
                """
                DELETE FROM pg_catalog.gp_segment_configuration
                WHERE content = -1 AND role = 'p' AND dbid <> $1::int2
                """, ["\(dbid)"])
            try connection.query(
                """
                UPDATE pg_catalog.gp_segment_configuration SET role = 'p', preferred_role = 'p'
                WHERE content = -1 AND dbid = $1::int2
                """, ["\(dbid)"])
            if let former { try addHistory(former.history, dbid: dbid, on: connection) }
        }
    }

    /// Adds the history's row about the activation of an instance whose row the server itself has changed.
    ///
    /// One row for an activation, however often it is begun.
    /// - Throws: `PostgresError`.
    public static func noteActivation(
        of dbid: DatabaseID, former: FormerCoordinator, on connection: borrowing PostgresConnection
    ) throws {
        guard try formerCoordinator(on: connection)?.successor != dbid else { return }
        try addHistory(former.history, dbid: dbid, on: connection)
    }

    /// The coordinator that the newest activation replaced; nil when there never was one.
    public static func formerCoordinator(
        on connection: borrowing PostgresConnection
    ) throws -> (former: FormerCoordinator, successor: DatabaseID)? {
        let row = try connection.query(
            """
            SELECT "description", dbid FROM pg_catalog.gp_configuration_history WHERE "description" LIKE $1
            ORDER BY "time" DESC LIMIT 1
            """, [FormerCoordinator.historyPattern]
        ).rows.first
        guard let row, let former = row[0].flatMap({ FormerCoordinator(history: $0) }) else { return nil }
        return (former, DatabaseID(row[1].flatMap { Int($0) } ?? 0))
    }

    /// Sets role, mode and status of rows that a test of the instances proved wrong, with a history row each.
    ///
    /// - Throws: `PostgresError`; `OperationError` when somebody changed one of them since; then nothing is changed.
    public static func correct(
        _ corrections: [(old: Segment, new: Segment)], on connection: borrowing PostgresConnection
    ) throws {
        try connection.transaction { connection in
            try connection.query("LOCK TABLE pg_catalog.gp_segment_configuration IN ACCESS EXCLUSIVE MODE")
            let now = try rows(connection)
            for (old, new) in corrections where !now.contains(old) {
                throw OperationError("the row of dbid \(new.dbid) was changed meanwhile")
            }
            for (_, new) in corrections {
                try connection.query(
                    """
                    UPDATE pg_catalog.gp_segment_configuration SET role = $2, mode = $3, status = $4
                    WHERE dbid = $1::int2
                    """, ["\(new.dbid)", new.role.rawValue, new.mode.rawValue, new.status.rawValue])
                try addHistory(
                    "gpactivatestandby: role, mode and status of dbid \(new.dbid) with contentid \(new.content) "
                        + "corrected to \(new.role.rawValue), \(new.mode.rawValue) and \(new.status.rawValue)",
                    dbid: new.dbid, on: connection)
            }
        }
    }
}
