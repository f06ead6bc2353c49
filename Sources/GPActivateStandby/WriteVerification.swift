import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient

/// Proves that the new coordinator works: a real read and a real write, there and on every content.
struct WriteVerification: Sendable {
    let access: ClusterAccess
    let deadline: Deadline

    private static let pause = Duration.milliseconds(200)
    /// How long one try may take: a write may wait for a mirror that is gone.
    private static let tryTime = Duration.seconds(10)

    /// One transaction that leaves nothing behind and has a commit of its own.
    private static let statements = [
        "BEGIN", "CREATE TEMPORARY TABLE gpha_probe (id pg_catalog.int4) ON COMMIT DROP",
        "INSERT INTO gpha_probe SELECT pg_catalog.generate_series(1, 10)",
        "SELECT pg_catalog.count(*) FROM gpha_probe", "COMMIT",
    ]

    /// Tries until everything answered or time is up.
    ///
    /// - Returns: the contents without an answer, and why.
    /// - Throws: `OperationError` when the coordinator itself takes no write in time, and no content is the reason.
    func run() async throws -> [(ContentID, String)] {
        do { try await coordinator() } catch let error as OperationError where access.engine.dispatches {
            // Time is up: each is asked once, by itself.
            let silent = try await contents()
            if silent.isEmpty { throw error }
            return silent
        }
        return access.engine.dispatches ? [] : try await contents()
    }

    /// On Greenplum the write is distributed; right after the promotion its transaction manager still recovers.
    private func coordinator() async throws {
        let dispatches = access.engine.dispatches
        while true {
            do {
                return try await access.withCoordinator(.dispatch) { connection in
                    if dispatches { try Self.writeEverywhere(connection) } else { try Self.write(connection) }
                }
            } catch {
                guard !deadline.isPast else {
                    throw OperationError(
                        "the new coordinator takes no writes: \(error)",
                        hint: "see its log, then run gpactivatestandby again")
                }
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    private static func write(_ connection: borrowing PostgresConnection) throws {
        for statement in statements { try connection.query(statement, timeout: tryTime) }
    }

    /// A distributed table with rows for every content, read back by content.
    private static func writeEverywhere(_ connection: borrowing PostgresConnection) throws {
        let contents =
            try connection.query(
                "SELECT pg_catalog.count(DISTINCT content) FROM pg_catalog.gp_segment_configuration WHERE content >= 0"
            ).value().flatMap { Int($0) } ?? 0
        try connection.query("BEGIN")
        try connection.query(
            "CREATE TEMPORARY TABLE gpha_probe (id pg_catalog.int4) ON COMMIT DROP DISTRIBUTED BY (id)",
            timeout: tryTime)
        try connection.query(
            "INSERT INTO gpha_probe SELECT pg_catalog.generate_series(1, \(100 * contents))", timeout: tryTime)
        let reached = try connection.query(
            "SELECT pg_catalog.count(DISTINCT gp_segment_id) FROM gpha_probe", timeout: tryTime
        ).value()
        try connection.query("COMMIT", timeout: tryTime)
        guard reached == "\(contents)" else {
            throw OperationError("a write reached \(reached ?? "no") of \(contents) contents")
        }
    }

    /// Each content by itself; its primary is looked up anew, since the service may fail over meanwhile.
    private func contents() async throws -> [(ContentID, String)] {
        let all = Set(try await primaries().map(\.content)).sorted()
        return await fanOut(all, limit: 64) { content -> (ContentID, String)? in
            var reason = "it was not tried"
            while true {
                do {
                    guard let primary = try await primaries().first(where: { $0.content == content }) else {
                        return nil
                    }
                    try await access.withSegment(primary) { try Self.write($0) }
                    return nil
                } catch { reason = "\(error)" }
                guard !deadline.isPast else { return (content, reason) }
                try? await Task.sleep(for: Self.pause)
            }
        }.compactMap { $0 }
    }

    private func primaries() async throws -> [Segment] {
        try await access.withCoordinator { try Catalog.rows($0) }.filter {
            !$0.isCoordinatorPair && $0.role == .primary
        }
    }
}
