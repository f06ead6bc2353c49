import ClusterModel
import ClusterOperations
import PostgresClient

/// What only the coordinator knows: its versions, an expansion, its standby's replication, a running recovery.
struct CoordinatorQuestion: Sendable {
    let access: ClusterAccess
    /// Where a recovery writes how far it is.
    let logDirectory: String

    /// The versions and the role, for `-s`.
    func session() async throws -> CoordinatorSession {
        let family = access.engine.family
        let (initial, server) = try await access.withCoordinator { connection in
            let server = try connection.query("SHOW server_version").value() ?? ""
            guard family == .greenplum7 else { return (server, server) }
            let initial = try connection.query(
                "SELECT productversion FROM pg_catalog.gp_version_at_initdb LIMIT 1"
            ).value()
            return (initial ?? "", server)
        }
        let isDispatching = (try? await access.withCoordinator(.dispatch) { $0.isAlive }) ?? false
        return CoordinatorSession(
            initialVersion: initial, serverVersion: server, role: isDispatching ? .dispatch : .utility)
    }

    /// The coordinator's walsenders, for `-f`.
    func standbyReplication() async throws -> [StandbyReplicationRow] {
        try await access.withCoordinator { try ReplicationQuestion.standby($0) }
    }

    /// What a running gprecoverseg wrote down; nothing when none runs.
    func recoveries() -> [RecoveryProgress] {
        guard ToolLock.holder(of: "gprecoverseg", dataDirectory: access.location.dataDirectory) != nil,
            let text = try? LocalFiles.read(logDirectory + "/recovery_progress.file")
        else { return [] }
        return RecoveryProgress.parse(text)
    }

    /// Whether the cluster grows; an error counts as no.
    func expansion(withTables: Bool) async -> ExpansionFacts {
        if LocalFiles.exists(access.location.dataDirectory + "/gpexpand.status") { return .replicatingMetadata }
        let found = try? await access.withCoordinator { connection -> ExpansionFacts in
            guard try connection.query("SELECT pg_catalog.to_regclass('gpexpand.status')").value() != nil else {
                return .none
            }
            let status = try connection.query("SELECT status FROM gpexpand.status ORDER BY updated DESC LIMIT 1")
                .rows.first?.first ?? nil
            guard withTables else { return .redistributing(status: status ?? "", tables: []) }
            let tables = try connection.query(
                "SELECT pg_catalog.quote_ident(dbname), fq_name, status FROM gpexpand.status_detail"
            ).rows.map { ExpansionTable(database: $0[0] ?? "", name: $0[1] ?? "", status: $0[2] ?? "") }
            return .redistributing(status: status ?? "", tables: tables)
        }
        return found ?? .none
    }
}
