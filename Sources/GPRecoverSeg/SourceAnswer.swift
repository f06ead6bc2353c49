import ClusterModel
import ClusterOperations
import PostgresClient
import Synchronization

/// What a primary says of itself and of recoveries from it.
struct SourceAnswer: Sendable {
    /// Nil when a deadline ran out.
    var facts: SourceRecoveryFacts?
    /// What recovers from it already; nil when nothing does.
    var running: RunningRecovery?

    private static let rewindName = SegmentRecovery.sessionName(of: .rewind)
    private static let differentialName = SegmentRecovery.sessionName(of: .differential)

    /// Asks over an open session; blocks.
    ///
    /// - Parameter known: what it has just said of its sizes; nil asks for them.
    static func ask(_ engine: Engine, _ connection: borrowing PostgresConnection, known: SourceSurvey?) -> SourceAnswer
    {
        let running = (try? running(engine, connection)) ?? nil
        // A session that ran into a deadline there is lost, and says so here.
        return SourceAnswer(facts: try? SourceRecoveryFacts.ask(connection, known: known), running: running)
    }

    private static func running(
        _ engine: Engine, _ connection: borrowing PostgresConnection
    ) throws -> RunningRecovery? {
        var names = try connection.query(
            """
            SELECT application_name FROM pg_catalog.pg_stat_activity
            WHERE application_name IN ('pg_basebackup', $1, $2) AND pid <> pg_catalog.pg_backend_pid()
            """, [rewindName, differentialName]
        ).rows.map { $0[0] ?? "" }
        if engine.hasExclusiveBackups,
            try connection.query("SELECT pg_catalog.pg_is_in_backup()").value() == "t"
        {
            names.append(differentialName)
        }
        if names.contains("pg_basebackup") { return .baseBackup }
        if names.contains(rewindName) { return .rewind }
        return names.contains(differentialName) ? .differential : nil
    }
}

/// The answers of primaries while they come in, by content ID.
final class SourceAnswers: Sendable {
    private let answers = Mutex<[ContentID: SourceAnswer]>([:])

    var all: [ContentID: SourceAnswer] { answers.withLock { $0 } }

    func note(_ answer: SourceAnswer, of content: ContentID) { answers.withLock { $0[content] = answer } }
}
