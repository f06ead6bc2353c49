import ClusterModel
import ClusterOperations
import PostgresClient

/// New values for one row of `gp_segment_configuration`.
struct RowChange {
    var segment: Segment

    init(_ segment: Segment, role: SegmentRole? = nil, status: SegmentStatus? = nil, mode: SegmentMode) {
        self.segment = segment
        self.segment.role = role ?? segment.role
        self.segment.status = status ?? segment.status
        self.segment.mode = mode
    }

    /// The original's history line.
    var history: String {
        "FTS: update role, status, and mode for dbid \(segment.dbid) with contentid \(segment.content) to "
            + "\(segment.role.rawValue), \(segment.status.rawValue), and \(segment.mode.rawValue)"
    }
}

/// Changes the rows of one pair in one transaction, with a history row for each.
struct CatalogChange {
    /// The pair as the decision saw it.
    let pair: SegmentPair
    let changes: [RowChange]

    /// Carries the change out and returns its history lines; rows that already are so are left out.
    ///
    /// The commit is on the coordinator's disk when this returns; it waits for no standby
    /// (`synchronous_commit = local` in this session).
    /// - Parameter killPoint: called when everything but the commit is done, and before its answer is taken note of.
    /// - Throws: `OperationError` when another has changed the rows since they were read; `PostgresError`. Whether a
    ///   commit that broke off took effect is found out by the next cycle, which reads the catalog anew.
    func apply(to session: CoordinatorSession, killPoint: FTSKillPoint) throws -> [String] {
        let now = [pair.primary] + (pair.mirror.map { [$0] } ?? [])
        let real = changes.filter { change in !now.contains(change.segment) }
        guard !real.isEmpty else { return [] }
        try session.use { connection in
            try connection.query("BEGIN")
            do {
                for row in now { try Self.confirm(row, connection) }
                for change in real { try Self.write(change, connection) }
                try killPoint(.catalogChangeWritten)
                try connection.query("COMMIT")
                try killPoint(.catalogChangeCommitted)
            } catch {
                _ = try? connection.query("ROLLBACK")
                throw error
            }
        }
        return real.map(\.history)
    }

    private static func confirm(_ row: Segment, _ connection: borrowing PostgresConnection) throws {
        let found = try connection.query(
            """
            SELECT 1 FROM pg_catalog.gp_segment_configuration
            WHERE dbid = $1::int2 AND content = $2::int2 AND role::text = $3 AND preferred_role::text = $4
                AND mode::text = $5 AND status::text = $6 AND port = $7::int4 AND hostname = $8 AND address = $9
                AND datadir = $10
            FOR UPDATE
            """,
            [
                "\(row.dbid)", "\(row.content)", row.role.rawValue, row.preferredRole.rawValue, row.mode.rawValue,
                row.status.rawValue, "\(row.port)", row.hostname, row.address, row.dataDirectory,
            ])
        guard found.rows.count == 1 else {
            throw OperationError("the row of dbid \(row.dbid) was changed by somebody else; next cycle")
        }
    }

    private static func write(_ change: RowChange, _ connection: borrowing PostgresConnection) throws {
        try connection.query(
            """
            UPDATE pg_catalog.gp_segment_configuration
            SET role = $2::text::"char", status = $3::text::"char", mode = $4::text::"char"
            WHERE dbid = $1::int2
            """,
            [
                "\(change.segment.dbid)", change.segment.role.rawValue, change.segment.status.rawValue,
                change.segment.mode.rawValue,
            ])
        try Catalog.addHistory(change.history, dbid: change.segment.dbid, on: connection)
    }
}
