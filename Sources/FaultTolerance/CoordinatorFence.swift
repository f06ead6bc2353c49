import ClusterModel
import ClusterOperations
import PostgresClient
import Synchronization

/// A segment remembers a coordinator on a later timeline: a standby was activated in this one's place.
struct Superseded: Error, CustomStringConvertible {
    let segment: String
    let remembered: UInt32
    let own: UInt32

    var description: String {
        """
        \(segment) remembers a coordinator on timeline \(remembered), this one is on timeline \(own): another \
        coordinator was activated in its place
        """
    }
}

/// Keeps the service of a coordinator that was replaced away from the segments.
///
/// Every segment has one row with the highest timeline of a coordinator whose service came by. It is a table in its
/// database `postgres`, so that it reaches the mirror and survives restart and failover. Three rules make it hold:
///
/// 1. A session reads the row before the service does anything through it, and a lower timeline than the row's ends
///    the service.
/// 2. Whoever raises the row ends all other sessions of the service there afterwards, and waits for their end. A
///    session that was let in before by rule 1 does nothing any more, however long its process was stopped.
/// 3. The row is raised on a primary at the first probe, before anything else, and on a mirror by promoting it.
///    A mirror that streams is waited for, and rule 2 holds there too.
final class CoordinatorFence: Sendable {
    /// The timeline that the coordinator writes.
    let timeline: UInt32
    private let found = Mutex<Superseded?>(nil)

    init(timeline: UInt32) { self.timeline = timeline }

    /// What ended the service's rights; nil while it has them.
    var refusal: Superseded? { found.withLock { $0 } }

    private static let table = "pg_catalog.gp_coordinator_timeline"

    /// Lets a session pass, or not.
    ///
    /// - Returns: the timeline that the segment remembers, nil when none.
    /// - Throws: `Superseded`, from the first time on at every call; `PostgresError`.
    @discardableResult
    func check(
        _ connection: borrowing PostgresConnection, _ segment: Segment, timeout: Duration
    ) throws -> UInt32? {
        if let refusal { throw refusal }
        guard
            try connection.query(
                "SELECT pg_catalog.to_regclass('\(Self.table)') IS NOT NULL", timeout: timeout
            ).value() == "t"
        else { return nil }
        let rows = try connection.query("SELECT timeline FROM \(Self.table)", timeout: timeout).rows
        guard let remembered = rows.first?.first.flatMap({ $0 }).flatMap({ UInt32($0) }) else { return nil }
        guard remembered <= timeline else {
            let refusal = Superseded(segment: segment.label, remembered: remembered, own: timeline)
            found.withLock { $0 = $0 ?? refusal }
            throw refusal
        }
        return remembered
    }

    /// Makes a segment that takes writes remember this coordinator, where it does not yet.
    ///
    /// Waits for no mirror: the session's `synchronous_commit` is `local`.
    /// - Returns: whether it did not know it.
    /// - Throws: `Superseded`; `PostgresError`.
    func raise(
        _ connection: borrowing PostgresConnection, _ segment: Segment, timeout: Duration, killPoint: FTSKillPoint
    ) throws -> Bool {
        guard try check(connection, segment, timeout: timeout) != timeline else { return false }
        try connection.transaction(timeout: timeout) { connection in
            for statement in Self.making { try connection.query(statement, timeout: timeout) }
            try connection.query(
                """
                INSERT INTO \(Self.table) AS known (is_only, timeline, noted) VALUES (true, $1::int8, pg_catalog.now())
                ON CONFLICT (is_only) DO UPDATE SET timeline = excluded.timeline, noted = excluded.noted
                WHERE known.timeline < excluded.timeline
                """, ["\(timeline)"], timeout: timeout)
        }
        try killPoint(.timelineRemembered)
        try check(connection, segment, timeout: timeout)
        try endOlderSessions(connection, timeout: timeout)
        try killPoint(.olderSessionsEnded)
        return true
    }

    /// Ends every other session of a service at an instance, and waits for that.
    func endOlderSessions(_ connection: borrowing PostgresConnection, timeout: Duration) throws {
        try connection.query(
            """
            SELECT pg_catalog.pg_terminate_backend(pid, 1000) FROM pg_catalog.pg_stat_activity
            WHERE application_name = $1 AND pid <> pg_catalog.pg_backend_pid()
            """, [CoordinatorSession.applicationName], timeout: timeout)
    }

    // In pg_catalog, where only a superuser who means it can make anything: the service runs as one, and must not
    // find somebody else's table with somebody else's triggers.
    private static let making = [
        "SET LOCAL allow_system_table_mods = on",
        "SET LOCAL client_min_messages = error",
        """
        CREATE TABLE IF NOT EXISTS \(table) (
            is_only bool PRIMARY KEY CHECK (is_only), timeline int8 NOT NULL, noted timestamptz NOT NULL)
        """,
        "REVOKE ALL ON \(table) FROM PUBLIC",
        "GRANT SELECT ON \(table) TO PUBLIC",
    ]
}
