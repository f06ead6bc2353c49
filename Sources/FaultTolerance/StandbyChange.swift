import ClusterModel
import ClusterOperations
import PostgresClient

/// Writes what became of the coordinator's standby to the history; its row stays as it is.
struct StandbyChange {
    /// The pair as the decision saw it.
    let pair: SegmentPair
    let changes: [RowChange]

    /// What the standby's new values mean; nil when they are no news.
    private var news: StandbyHistory? {
        guard let old = pair.mirror, let new = changes.first(where: { $0.segment.dbid == old.dbid })?.segment,
            new.mode != old.mode
        else { return nil }
        return new.mode == .inSync ? .inSync : new.status == .up ? .notInSync : .gone
    }

    /// Carries the change out and returns its history line; nothing when the history says so already.
    ///
    /// The commit waits for no standby, as all of this session.
    /// - Parameter killPoint: called when everything but the commit is done, and before its answer is taken note of.
    /// - Throws: `OperationError` when the standby's row or its history are not as they were; `PostgresError`.
    func apply(to session: CoordinatorSession, killPoint: FTSKillPoint) throws -> [String] {
        guard let standby = pair.mirror, let news else { return [] }
        try session.withStandbyRow(standby) { connection in
            guard try StandbyHistory.isInSync(standby.dbid, on: connection) == (standby.mode == .inSync) else {
                throw OperationError("the history of standby \(standby.label) was written by somebody else; next cycle")
            }
            try news.add(standby.dbid, on: connection)
            try killPoint(.standbyHistoryWritten)
        }
        try killPoint(.standbyHistoryCommitted)
        return [news.line(standby.dbid)]
    }
}

extension CoordinatorSession {
    /// Runs `body` in a transaction in which the standby's row is locked as it was read: no tool can remove it.
    ///
    /// - Throws: what `body` throws; `OperationError` when the row is gone or another.
    func withStandbyRow<Result: Sendable>(
        _ standby: Segment, _ body: (borrowing PostgresConnection) throws -> Result
    ) throws -> Result {
        try use { connection in
            try connection.transaction { connection in
                let found = try connection.query(
                    """
                    SELECT 1 FROM pg_catalog.gp_segment_configuration
                    WHERE dbid = $1::int2 AND content = -1 AND role = 'm' AND port = $2::int4 AND hostname = $3
                        AND address = $4 AND datadir = $5
                    FOR SHARE
                    """,
                    [
                        "\(standby.dbid)", "\(standby.port)", standby.hostname, standby.address, standby.dataDirectory,
                    ])
                guard found.rows.count == 1 else {
                    throw OperationError("the row of standby \(standby.label) was changed by somebody else; next cycle")
                }
                return try body(connection)
            }
        }
    }
}
