public import ClusterModel
public import PostgresClient

/// The word of a tool that it has stopped a primary on purpose, so that its mirror takes over at once.
///
/// It is a session advisory lock at the coordinator, held while the tool asks for a probe: it ends with the session,
/// so nothing of it can stay behind. The embedded engine's fault-tolerance service then tries the stopped primary once
/// and not `gp_fts_probe_retries` times more; everything else it does as ever. Greenplum's service does not know it.
public enum Handover {
    /// `pg_advisory_lock(classid, content)`; the number spells `gpho`.
    static let lockClass = 1_735_420_015

    /// Gives the word for a pair, until the session ends.
    ///
    /// - Throws: `PostgresError`.
    public static func announce(_ content: ContentID, on connection: borrowing PostgresConnection) throws {
        // Shared and not waited for: nobody can make this wait, or two tools each other.
        try connection.query("SELECT pg_catalog.pg_try_advisory_lock_shared(\(lockClass), \(content.rawValue))")
    }

    /// Whether a superuser's session gives the word for a pair.
    ///
    /// - Throws: `PostgresError`.
    public static func isAnnounced(_ content: ContentID, on connection: borrowing PostgresConnection) throws -> Bool {
        try connection.query(
            """
            SELECT pg_catalog.count(*) > 0 FROM pg_catalog.pg_locks AS l
            JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
            JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
            WHERE l.locktype = 'advisory' AND l.classid = \(lockClass) AND l.objid = \(content.rawValue)
                AND l.objsubid = 2 AND l.granted AND r.rolsuper
                AND l.database = (SELECT oid FROM pg_catalog.pg_database
                    WHERE datname = pg_catalog.current_database())
            """
        ).value() == "t"
    }
}
