import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import PostgresClient
import RemoteShell

/// Gives a new cluster its mirrors, as `gpaddmirrors` would, without a tool.
struct MirrorBuilding: Sendable {
    let launcher: HostLauncher
    let files: PrivateFiles
    private var state: ClusterState { launcher.state }

    /// The slot that a mirror streams from, under Greenplum's name.
    private static let slot = "internal_wal_replication_slot"
    /// The name of a mirror's walreceiver, under Greenplum's name.
    private static let receiver = "gp_walreceiver"

    /// Each primary's mirror: where the layout puts it, numbered after the instances there are.
    static func mirrors(of state: ClusterState) throws -> [(primary: Segment, mirror: Segment)] {
        let layout: MirrorLayout
        switch state.mirrors {
        case .none: return []
        case .group: layout = .group
        case .spread: layout = .spread
        case .block(let size): layout = .block(size)
        }
        let rules = PlacementRules(
            portOffset: DemoLayout.portStep, baseDirectories: state.layout.mirrorDirectories,
            directoryPrefix: "gpseg")
        let first = state.layout.instances.count + 1
        return try layout.place(state.layout.primaries, rules: rules)
            .sorted { $0.primary.content < $1.primary.content }
            .enumerated().map { ($1.primary, $1.segment(dbid: DatabaseID(first + $0))) }
    }

    /// Lets the mirror's host connect to the primary and, should they swap, the other way round.
    func admit(_ primary: Segment, _ mirror: Segment) throws(DemoError) {
        let path = "\(primary.dataDirectory)/pg_hba.conf"
        let lines = HostBasedAuthentication.pairLines(
            user: state.account, mirror: [mirror.address], primary: [primary.address], method: "trust")
        let text = try PrivateFiles.read(path)
        guard let changed = HostBasedAuthentication.adding(lines, to: text, comment: "gpdemo: mirror") else { return }
        try files.write(changed, to: path)
        if let server = DataDirectories.server(primary.dataDirectory) { kill(server.process, SIGHUP) }
    }

    /// Copies the primary to the mirror's place and gives the copy its own settings.
    func copy(_ primary: Segment, _ mirror: Segment) throws(DemoError) {
        let source = "host=\(primary.address) port=\(primary.port) user=\(state.account)"
        let program = launcher.program(
            on: mirror.hostname,
            [
                "\(state.serverPrograms)/pg_basebackup", "-D", mirror.dataDirectory, "-d", source, "-c", "fast",
                "-X", "stream", "--create-slot", "--slot", Self.slot, "--write-recovery-conf", "--no-sync",
            ] + state.engine.facts.identityOptions(dbid: mirror.dbid),
            purpose: "copying \(primary.label) to \(mirror.label)", timeout: .seconds(300))
        let output = try program.run()
        guard output.succeeded else { throw DemoError("\(program.purpose): \(output.lastErrorLine)") }
        try files.append(
            """
            listen_addresses = \(ServerSettings.quoted(mirror.address))
            port = \(mirror.port)
            unix_socket_directories = \(ServerSettings.quoted(state.layout.socketDirectory(mirror.hostname)))

            """, to: "\(mirror.dataDirectory)/postgresql.conf")
        guard state.engine == .embedded else { return }
        // A promoted copy must be able to commit alone: whoever watches turns synchronous commit on again.
        try files.append(
            """
            primary_conninfo = \(ServerSettings.quoted("\(source) application_name=\(Self.receiver)"))
            synchronous_standby_names = ''

            """, to: "\(mirror.dataDirectory)/postgresql.auto.conf")
    }

    /// The statement that enters a mirror: not in sync, down.
    static func row(of mirror: Segment) -> (sql: String, values: [String]) {
        (
            "SELECT pg_catalog.gp_add_segment($1::int2, $2::int2, 'm', 'm', 'n', 'd', $3::int4, $4, $5, $6)",
            [
                "\(mirror.dbid)", "\(mirror.content)", "\(mirror.port)", mirror.hostname, mirror.address,
                mirror.dataDirectory,
            ]
        )
    }

    /// What makes the primary's commits wait for the mirror.
    static var waitForMirror: [String] {
        ["ALTER SYSTEM SET synchronous_standby_names = '\(receiver)'", "SELECT pg_reload_conf()"]
    }
}

extension DemoCluster {
    /// Makes and starts the mirrors that the specification asks for; they are not in sync yet.
    func addMirrors(_ progress: @escaping DemoProgress) async throws {
        let pairs = try MirrorBuilding.mirrors(of: state)
        guard !pairs.isEmpty else { return }
        let building = MirrorBuilding(launcher: launcher, files: files)
        progress("copying \(pairs.count) primaries to their mirrors")
        let copies = BlockingThreads(width: 4)
        try await each(pairs, on: copies) { [servers] primary, mirror in
            try building.admit(primary, mirror)
            try building.copy(primary, mirror)
            try servers.start(mirror)
        }
        try await threads.run { [self] in
            let session = try PostgresConnection.connect(connection(to: state.layout.coordinator))
            for (_, mirror) in pairs {
                let row = MirrorBuilding.row(of: mirror)
                try session.query(row.sql, row.values)
            }
        }
    }

    /// Waits until every pair is in sync in the catalog: by `gpftsd`, or by hand where none runs.
    func awaitMirrors(_ progress: @escaping DemoProgress) async throws {
        let pairs = try MirrorBuilding.mirrors(of: state)
        guard !pairs.isEmpty else { return }
        progress("waiting until \(pairs.count) mirrors are in sync")
        if !state.faultTolerance && state.engine == .embedded {
            try await each(pairs, on: threads) { [self] primary, _ in try awaitSynchronous(primary) }
            try await query(
                "UPDATE pg_catalog.gp_segment_configuration SET mode = 's', status = 'u' WHERE content >= 0")
            return
        }
        let deadline = Deadline.after(.seconds(60))
        while true {
            try await query("SELECT pg_catalog.gp_request_fts_probe_scan()", timeout: .seconds(60))
            let waiting = try await instances().filter { $0.content.rawValue >= 0 && $0.mode == .notInSync }
            if waiting.isEmpty { return }
            guard !deadline.isPast else {
                throw DemoError(
                    "not in sync after 60 s: \(waiting.map(\.label).joined(separator: ", "))",
                    hint: "see the newest log in the coordinator's log directory")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Makes a primary's commits wait for its mirror, and waits until the mirror counts.
    func awaitSynchronous(_ primary: Segment) throws {
        let session = try PostgresConnection.connect(connection(to: primary))
        for statement in MirrorBuilding.waitForMirror { try session.query(statement) }
        let deadline = Deadline.after(.seconds(30))
        while try session.query(
            "SELECT count(*) FROM pg_catalog.pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'"
        ).value() != "1" {
            guard !deadline.isPast else { throw DemoError("the mirror of \(primary.label) is not in sync after 30 s") }
            usleep(50_000)
        }
    }
}
