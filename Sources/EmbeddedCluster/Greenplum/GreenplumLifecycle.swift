import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import PostgresClient

/// What is different where the servers are Greenplum's: its rows, its order of starting, its own service.
extension DemoCluster {
    /// Enters the coordinator and the primaries into the catalog of a coordinator that serves utility sessions only,
    /// then starts it as one that dispatches.
    ///
    /// Blank as initdb leaves it, the catalog has no rows, and a coordinator without them cannot dispatch.
    func enterGreenplumRows() async throws {
        let coordinator = state.layout.coordinator
        try await threads.run { [self] in
            let session = try PostgresConnection.connect(aloneConnection)
            for instance in state.layout.instances {
                try session.query(
                    "SELECT pg_catalog.gp_add_segment($1::int2, $2::int2, 'p', 'p', 'n', 'u', $3::int4, $4, $5, $6)",
                    Self.rowValues(instance))
            }
        }
        try await restart(coordinator)
        try await awaitDispatch()
    }

    private static func rowValues(_ instance: Segment) -> [String?] {
        [
            "\(instance.dbid)", "\(instance.content)", "\(instance.port)", instance.hostname, instance.address,
            instance.dataDirectory,
        ]
    }

    /// A utility session with the coordinator.
    private var aloneConnection: ConnectionParameters {
        connection(
            to: state.layout.coordinator, settings: state.engine.facts.utilitySetting.map { [$0] } ?? [])
    }

    /// Ends a coordinator that was alone and starts it to dispatch.
    private func restart(_ coordinator: Segment) async throws {
        try await threads.run { [servers] in
            if let server = DataDirectories.server(coordinator.dataDirectory) { try servers.stop(server, mode: "fast") }
            try servers.start(coordinator)
        }
    }

    /// Waits until a statement reaches every content.
    private func awaitDispatch() async throws {
        let deadline = Deadline.after(.seconds(60))
        while true {
            do {
                try await query("SELECT count(*) FROM gp_dist_random('pg_class')")
                return
            } catch {
                guard !deadline.isPast else {
                    throw DemoError("the coordinator does not reach every content after 60 s: \(error)")
                }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    /// Makes and starts the mirrors that the specification asks for; they are not in sync yet.
    ///
    /// All rows come first and together: `Engine.addsMirrorRowsTogether`.
    func addGreenplumMirrors(_ progress: @escaping DemoProgress) async throws {
        let pairs = try MirrorBuilding.mirrors(of: state)
        guard !pairs.isEmpty else { return }
        progress("copying \(pairs.count) primaries to their mirrors")
        try await threads.run { [self] in
            let session = try PostgresConnection.connect(connection(to: state.layout.coordinator))
            try session.query("BEGIN")
            for (_, mirror) in pairs {
                let row = MirrorBuilding.row(of: mirror)
                try session.query(row.sql, row.values)
            }
            try session.query("COMMIT")
        }
        let building = MirrorBuilding(launcher: launcher, files: files)
        try await each(pairs, on: BlockingThreads(width: 4)) { [servers] primary, mirror in
            try building.admit(primary, mirror)
            try building.copy(primary, mirror)
            try servers.start(mirror)
        }
    }

    /// Starts what is not running: the catalog is read from a coordinator that is alone, for the service of one that
    /// dispatches would take every primary for lost; then segments, the coordinator, its standby.
    func startGreenplum(_ progress: @escaping DemoProgress) async throws {
        let coordinator = state.layout.coordinator
        let wasRunning = process(of: coordinator) != nil
        let rows = try await threads.run { [self] in
            try servers.start(coordinator, isAlone: true)
            return try PostgresConnection.connect(aloneConnection).query(
                "SELECT \(Segment.catalogColumns) FROM pg_catalog.gp_segment_configuration")
        }
        let others = rows.rows.compactMap { Segment(catalogRow: $0) }.filter {
            $0.dataDirectory != coordinator.dataDirectory && Self.mayStart($0)
        }
        progress("starting \(others.count) instances")
        try await each(others.filter { !$0.isCoordinatorPair }, on: threads) { [servers] in try servers.start($0) }
        if !wasRunning { try await restart(coordinator) }
        try await each(others.filter(\.isCoordinatorPair), on: threads) { [servers] in try servers.start($0) }
        try await awaitDispatch()
    }

    /// Waits until the coordinator's standby streams in sync; the server arranges that by itself.
    func awaitGreenplumStandby() throws {
        let session = try PostgresConnection.connect(connection(to: state.layout.coordinator))
        let deadline = Deadline.after(.seconds(60))
        while try session.query(
            "SELECT count(*) FROM pg_catalog.pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'"
        ).value() != "1" {
            guard !deadline.isPast else { throw DemoError("the coordinator's standby is not in sync after 60 s") }
            usleep(50_000)
        }
    }
}
