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
        var session: CoordinatorSession?
        var standbyReplication: [StandbyReplicationRow] = []
        var expansion = ExpansionFacts.none
    }

    /// Asks what `needs` names.
    ///
    /// - Throws: `PostgresError`; an error about an expansion counts as none.
    func ask(_ needs: Needs) async throws -> Answer {
        guard !needs.isDisjoint(with: [.session, .standbyReplication, .expansion]) else { return Answer() }
        let engine = access.engine
        let hasStatusFile = LocalFiles.exists(access.location.dataDirectory + "/gpexpand.status")
        var answer = try await access.withCoordinator { connection in
            var answer = Answer()
            if needs.contains(.session) { answer.session = try Self.session(connection, engine) }
            if needs.contains(.standbyReplication) {
                answer.standbyReplication = try ReplicationQuestion.standby(connection)
            }
            if needs.contains(.expansion) {
                let found = try? Self.expansion(connection, withTables: needs.contains(.expansionTables))
                answer.expansion = hasStatusFile ? .replicatingMetadata : found ?? .none
            }
            return answer
        }
        if engine.hasUtilityMode, answer.session != nil {
            let isDispatching = (try? await access.withCoordinator(.dispatch) { $0.isAlive }) ?? false
            answer.session?.role = isDispatching ? .dispatch : .utility
        }
        return answer
    }

    private static func session(
        _ connection: borrowing PostgresConnection, _ engine: Engine
    ) throws -> CoordinatorSession {
        let server = try connection.query("SHOW server_version").value() ?? ""
        guard engine.family == .greenplum7 else {
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
        guard ToolLock.holder(of: "gprecoverseg", dataDirectory: access.location.dataDirectory) != nil,
            let text = try? LocalFiles.read(logDirectory + "/recovery_progress.file")
        else { return [] }
        return RecoveryProgress.parse(text)
    }
}
