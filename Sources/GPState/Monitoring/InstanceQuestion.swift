import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient

/// What a monitor asks one instance, in one session.
struct InstanceQuestion: Sendable {
    let engine: Engine
    let segment: Segment
    let mirrorIsDown: Bool
    /// When the answer has to be there.
    let deadline: Deadline

    /// How long the WAL's growth is watched where an idle slot keeps some.
    private static let watch = Duration.seconds(1)
    /// What is left of the time for the answer's way.
    private static let reserve = Duration.milliseconds(500)

    private var timeout: Duration { max(.milliseconds(100), min(.seconds(5), deadline.remaining)) }

    /// Asks; blocks until the deadline at most, and a moment.
    func ask(_ parameters: ConnectionParameters) -> InstanceAnswer {
        do {
            return ask(try PostgresConnection.connect(parameters))
        } catch {
            let answer = DatabaseQuestion(engine: engine, segment: segment)
                .refused(ServerPing.classify(error), reason: "\(error)")
            return InstanceAnswer(status: answer.status, reason: Self.line(error), version: answer.version)
        }
    }

    /// Asks in a session that stands already.
    func ask(_ connection: borrowing PostgresConnection) -> InstanceAnswer {
        let said = DatabaseQuestion(engine: engine, segment: segment).ask(connection)
        var answer = InstanceAnswer(status: said.status, version: said.version)
        guard said.version != nil else {
            answer.reason = "it took the connection and said nothing"
            return answer
        }
        do {
            try askSlots(connection, &answer)
            if segment.role == .primary, said.status == .up {
                answer.stream = try ReplicationQuestion.standbyStream(connection, engine)
                if mirrorIsDown { answer.rebuild = try rebuild(connection) }
            }
            answer.isComplete = true
        } catch {
            answer.reason = Self.line(error)
        }
        return answer
    }

    private func askSlots(_ connection: borrowing PostgresConnection, _ answer: inout InstanceAnswer) throws {
        let rows = try connection.query(Self.slots, ["gpftsd"], timeout: timeout).rows
        guard let first = rows.first, first.count == 7 else {
            throw PostgresError(.shape, "no answer about replication slots")
        }
        // In megabytes (PostgreSQL manual, 20.6.1); below 0 there is no limit.
        answer.slotLimit = first[0].flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 << 20 }
        answer.secondsSinceProbe = first[2].flatMap { Double($0) }.map { max(0, $0) }
        answer.slots = rows.compactMap { row in
            row[3].map { name in
                SlotFacts(
                    name: name, isActive: row[4] == "t", walStatus: row[5],
                    retainedBytes: row[6].flatMap { Int($0) }.map { max(0, $0) })
            }
        }
        let grows = answer.slots.contains { !$0.isActive && ($0.retainedBytes ?? 0) > 0 }
        guard grows, let place = first[1], deadline.remaining > Self.watch + Self.reserve else { return }
        let start = ContinuousClock.now
        Thread.sleep(Self.watch)
        let bytes = try connection.query(
            "SELECT own.place - $1::pg_lsn FROM (\(Self.place)) AS own", [place], timeout: timeout
        ).value().flatMap { Int($0) }
        answer.growth = bytes.map { WALGrowth(bytes: max(0, $0), seconds: start.duration(to: .now).inSeconds) }
    }

    private func rebuild(_ connection: borrowing PostgresConnection) throws -> MirrorRebuild? {
        let facts = ReplicationFacts.answered(try ReplicationQuestion.replication(connection, mirrorIsDown: true))
        return PairReplication(SegmentPair(primary: segment, mirror: nil), facts).rebuild
    }

    /// The first line: libpq's further ones only ask whether the server runs.
    private static func line(_ error: any Error) -> String {
        "\(error)".split(whereSeparator: \.isNewline).first.map { String($0) } ?? ""
    }

    /// Where the server's WAL is, on a primary and on a standby.
    private static let place = """
        SELECT CASE WHEN pg_catalog.pg_is_in_recovery()
            THEN coalesce(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())
            ELSE pg_catalog.pg_current_wal_flush_lsn() END AS place
        """

    /// The service keeps its newest session with each acting primary open: its beginning is the newest probe.
    private static let slots = """
        SELECT (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'max_slot_wal_keep_size'), own.place,
            (SELECT EXTRACT(epoch FROM pg_catalog.clock_timestamp() - max(backend_start))
                FROM pg_catalog.pg_stat_activity WHERE application_name = $1),
            s.slot_name, s.active, pg_catalog.to_jsonb(s) ->> 'wal_status', own.place - s.restart_lsn
        FROM (\(place)) AS own LEFT JOIN pg_catalog.pg_replication_slots AS s ON true
        ORDER BY s.slot_name
        """
}
