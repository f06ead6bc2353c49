public import ClusterModel
public import PostgresClient

/// The standby's row.
extension Catalog {
    /// Adds the standby's row and its history row in one transaction.
    ///
    /// Undo: `removeStandby`.
    /// - Throws: `PostgresError`; `OperationError` when the server gave it another dbid than was planned.
    public static func addStandby(
        _ standby: Segment, engine: Engine, on connection: borrowing PostgresConnection
    ) throws {
        try connection.transaction { connection in
            let dbid = try connection.query(
                "SELECT pg_catalog.\(engine.addStandbyFunction)($1, $2, $3, $4::int4)",
                [standby.hostname, standby.address, standby.dataDirectory, "\(standby.port)"]
            ).value()
            guard dbid == "\(standby.dbid)" else {
                throw OperationError(
                    "the standby was to be dbid \(standby.dbid), the catalog gives \(dbid ?? "nothing")",
                    hint: "somebody changed the catalog meanwhile: run gpinitstandby again")
            }
            try addHistory(
                "gpinitstandby: added coordinator standby \(standby.hostname):\(standby.port)", dbid: standby.dbid,
                on: connection)
        }
    }

    /// Removes the standby's row, if it is the one with this dbid, and adds a history row.
    ///
    /// - Returns: false when there was no such row.
    public static func removeStandby(
        _ standby: Segment, engine: Engine, on connection: borrowing PostgresConnection
    ) throws -> Bool {
        try connection.transaction { connection in
            let present = try connection.query(
                """
                SELECT dbid FROM pg_catalog.gp_segment_configuration
                WHERE content = -1 AND role = 'm' AND dbid = $1::int2
                """, ["\(standby.dbid)"])
            guard !present.rows.isEmpty else { return false }
            try connection.query("SELECT pg_catalog.\(engine.removeStandbyFunction)()")
            try addHistory(
                "gpinitstandby: removed coordinator standby \(standby.hostname):\(standby.port)", dbid: standby.dbid,
                on: connection)
            return true
        }
    }
}
