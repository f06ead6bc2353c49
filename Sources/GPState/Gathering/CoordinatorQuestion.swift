import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient

/// What only the coordinator knows: its versions, an expansion, its standby's replication, a running recovery.
struct CoordinatorQuestion: Sendable {
    let access: ClusterAccess
    /// Where a recovery writes how far it is.
    let logDirectory: String

    /// The answers that were asked for, from one session.
    struct Answer: Sendable {
        /// The coordinator as an instance among others; nil when it did not say.
        var instance: DatabaseQuestion.Answer?
        var session: CoordinatorSession?
        var standbyReplication: [StandbyReplicationRow] = []
        var standbyStream: StandbyStreamFacts?
        var expansion = ExpansionFacts.none
        var history: [HistoryEntry] = []
    }

    /// Asks what `needs` names, in the session that has just read the catalog.
    ///
    /// - Parameter since: from when on the history is wanted; nil is all of it.
    /// - Throws: `PostgresError`; an error about an expansion counts as none.
    static func ask(
        _ needs: Needs, _ connection: borrowing PostgresConnection, engine: Engine, coordinator: Segment,
        dataDirectory: String, since: HistoryStart? = nil
    ) throws -> Answer {
        var answer = Answer()
        if !needs.isDisjoint(with: [.instanceStatus, .versions]) {
            answer.instance = DatabaseQuestion(engine: engine, segment: coordinator).ask(connection)
        }
        if needs.contains(.session) { answer.session = try session(connection, engine) }
        if needs.contains(.standbyReplication) {
            answer.standbyReplication = try ReplicationQuestion.standby(connection)
        }
        if needs.contains(.standbyStream) {
            // Ours, not the original's: where it fails, the original's lines must not.
            answer.standbyStream = try? ReplicationQuestion.standbyStream(connection, engine)
        }
        if needs.contains(.expansion) {
            let found = try? expansion(connection, withTables: needs.contains(.expansionTables))
            let hasStatusFile = LocalFiles.exists(dataDirectory + "/gpexpand.status")
            answer.expansion = hasStatusFile ? .replicatingMetadata : found ?? .none
        }
        if needs.contains(.history) { answer.history = try Catalog.history(since: since, on: connection) }
        return answer
    }

    /// The role of the coordinator's sessions: whether an ordinary one, which dispatches, is let in.
    func role() async -> CoordinatorRole {
        guard access.engine.hasUtilityMode else { return .dispatch }
        let isDispatching = (try? await access.withCoordinator(.dispatch) { $0.isAlive }) ?? false
        return isDispatching ? .dispatch : .utility
    }

    private static func session(
        _ connection: borrowing PostgresConnection, _ engine: Engine
    ) throws -> CoordinatorSession {
        let server = try connection.query("SHOW server_version").value() ?? ""
        guard engine.isGreenplum else {
            return CoordinatorSession(initialVersion: server, serverVersion: server, role: .dispatch)
        }
        let initial = try connection.query("SELECT productversion FROM pg_catalog.gp_version_at_initdb LIMIT 1").value()
        return CoordinatorSession(initialVersion: initial ?? "", serverVersion: server, role: .utility)
    }

    private static func expansion(
        _ connection: borrowing PostgresConnection, withTables: Bool
    ) throws -> ExpansionFacts {
        guard try connection.query("SELECT pg_catalog.to_regclass('gpexpand.status')").value() != nil else {
            return .none
        }
        let status =
            try connection.query("SELECT status FROM gpexpand.status ORDER BY updated DESC LIMIT 1")
            .rows.first?.first ?? nil
        guard withTables else { return .redistributing(status: status ?? "", tables: []) }
        let tables = try connection.query(
            "SELECT pg_catalog.quote_ident(dbname), fq_name, status FROM gpexpand.status_detail"
        ).rows.map { ExpansionTable(database: $0[0] ?? "", name: $0[1] ?? "", status: $0[2] ?? "") }
        return .redistributing(status: status ?? "", tables: tables)
    }

    /// What a running gprecoverseg wrote down; nothing when none runs.
    func recoveries() -> [RecoveryProgress] {
        Self.recoveries(dataDirectory: access.location.dataDirectory, logDirectory: logDirectory)
    }

    /// The same for the coordinator of a data directory.
    static func recoveries(dataDirectory: String, logDirectory: String) -> [RecoveryProgress] {
        guard ToolLock.holder(of: "gprecoverseg", dataDirectory: dataDirectory) != nil,
            let text = try? LocalFiles.read(logDirectory + "/recovery_progress.file")
        else { return [] }
        return RecoveryProgress.parse(text)
    }
}
