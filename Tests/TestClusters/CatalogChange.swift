import BlockingWork
public import ClusterModel
import ClusterOperations
public import EmbeddedCluster
import PostgresClient
import RemoteShell

/// What tests change behind the tools' backs.
extension DemoCluster {
    /// Runs statements on one instance alone that may change its catalog; nothing of them reaches another one.
    ///
    /// - Parameter instance: nil is the coordinator.
    /// - Throws: `PostgresError`.
    public func queryAlone(_ sql: String, on instance: Segment? = nil) async throws {
        let settings = (state.engine.facts.utilitySetting.map { [$0] } ?? []) + ["allow_system_table_mods=on"]
        let way = connection(to: instance ?? state.layout.coordinator, settings: settings)
        try await BlockingThreads(width: 1).run {
            let session = try PostgresConnection.connect(way)
            _ = try session.query(sql)
        }
    }

    /// Makes a tablespace of one instance: inside its data directory, or, as PostgreSQL 12 has none there, in a directory
    /// of the cluster's.
    ///
    /// - Throws: `PostgresError`.
    public func makeTablespace(_ name: String, on instance: Segment) async throws {
        guard TestEngine.isGreenplum else {
            try await query("ALTER SYSTEM SET allow_in_place_tablespaces = on", on: instance)
            try await query("SELECT pg_reload_conf()", on: instance)
            try await query("CREATE TABLESPACE \(name) LOCATION ''", on: instance)
            return
        }
        let place = tablespacePlace(name)
        _ = try await exec(DemoLayout.coordinatorHost, ["mkdir", "-p", place])
        try await queryAlone("CREATE TABLESPACE \(name) LOCATION '\(place)'", on: instance)
    }

    /// Takes it away again; no mirror may use it any more, nor a table.
    ///
    /// - Throws: `PostgresError`.
    public func dropTablespace(_ name: String, on instance: Segment) async throws {
        try await queryAlone("DROP TABLESPACE \(name)", on: instance)
        guard TestEngine.isGreenplum else {
            try await query("ALTER SYSTEM RESET allow_in_place_tablespaces", on: instance)
            try await query("SELECT pg_reload_conf()", on: instance)
            return
        }
        _ = try await exec(DemoLayout.coordinatorHost, ["rm", "-rf", tablespacePlace(name)])
    }

    /// Whether a table's file is the same in a primary and in its mirror, byte for byte; the primary writes its own first.
    ///
    /// - Throws: `PostgresError`.
    public func isFileEqual(of table: String, _ primary: Segment, _ mirror: Segment) async throws -> Bool {
        try await query("CHECKPOINT", on: primary)
        let path = try await query("SELECT pg_relation_filepath('\(table)')", on: primary).rows.first?.first ?? nil
        guard let path else { return false }
        let script = "[ -s \"$1\" ] && cmp \"$1\" \"$2\" >&2"
        let files = [primary, mirror].map { "\($0.dataDirectory)/\(path)" }
        return try await exec(DemoLayout.coordinatorHost, ["/bin/sh", "-c", script, "sh"] + files).succeeded
    }

    private func tablespacePlace(_ name: String) -> String { "\(directory)/home/\(name)" }
}
