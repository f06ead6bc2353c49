import BlockingWork
import ClusterModel
import ClusterOperations
import FaultTolerance
import Glibc
import Logging
import PostgresClient
import Synchronization
import TestSupport

/// A coordinator and pairs of primary and mirror on 127.0.0.1, copied from the stopped templates, started.
///
/// Contents count from 0; a primary's dbid is 2 + content, its mirror's 102 + content, the standby's 200.
final class PairCluster: Sendable {
    let coordinator: TestServer
    let primaries: [TestServer]
    let mirrors: [TestServer]
    /// The coordinator's, where one was asked for; its row is there.
    let standby: TestServer?
    let log = CapturedLog()
    private let directory: ServerDirectory

    /// Short times: a cycle with a dead primary takes no second attempt.
    static let quick = FTSSettings(
        probeInterval: .milliseconds(500), probeTimeout: .seconds(2), probeRetries: 0,
        mirrorGracePeriod: .milliseconds(400))

    /// - Parameters:
    ///   - mirrored: whether mirrors exist and run; their rows are `m, n, d` as a new mirror's are.
    ///   - inSync: whether the pairs are in sync already, as the service would have left them.
    ///   - standby: whether the coordinator has a standby that streams, in sync as the pairs are.
    init(pairs: Int = 1, mirrored: Bool = true, inSync: Bool = false, standby hasStandby: Bool = false) throws {
        let templates = try ServerTemplates.shared()
        directory = try ServerDirectory()
        let parent = directory.path
        coordinator = try templates.server("coordinator", in: parent)
        primaries = try (0..<pairs).map { try templates.server("primary", in: parent, number: $0) }
        mirrors = try (0..<(mirrored ? pairs : 0)).map { try templates.server("mirror", in: parent, number: $0) }
        standby = try hasStandby ? templates.server("standby", in: parent) : nil
        try Account.run(
            ([coordinator] + primaries + mirrors).map { templates.copying(to: $0) }.joined(separator: " && "))
        if let standby { try prepare(standby, inSync: inSync) }
        for (content, mirror) in mirrors.enumerated() { try mirror.follow(primaries[content]) }
        if inSync { for primary in primaries { try primary.append("synchronous_standby_names = 'gp_walreceiver'") } }
        try TestServer.start(servers)
        if let standby { try awaitStandby(standby, inSync: inSync) }
        for content in 0..<pairs { try addRows(content) }
        for content in mirrors.indices {
            try awaitStream(content, counts: inSync)
            if inSync { try setRows(mode: "s", mirror: "u", content: content) }
        }
    }

    /// Waits until a mirror streams, and commits count it.
    private func awaitStream(_ content: Int, counts: Bool) throws {
        try awaitStream(from: primaries[content], counts: counts)
    }

    func awaitStream(from primary: TestServer, counts: Bool) throws {
        let deadline = Deadline.after(.seconds(30))
        let question = """
            SELECT 1 FROM pg_catalog.pg_stat_replication
            WHERE state = 'streaming' AND flush_lsn IS NOT NULL AND (NOT \(counts) OR sync_state = 'sync')
            """
        while try primary.sql(question).rows.isEmpty {
            guard !deadline.isPast else { throw TestFailure("nobody streams from \(primary.directory)") }
            usleep(20_000)
        }
    }

    deinit { for server in servers { server.kill() } }

    var servers: [TestServer] { [coordinator] + primaries + mirrors + (standby.map { [$0] } ?? []) }

    private func addRows(_ content: Int) throws {
        try insertRow(dbid: 2 + content, content, "p", "u", primaries[content])
        if mirrors.indices.contains(content) { try insertRow(dbid: 102 + content, content, "m", "d", mirrors[content]) }
    }

    func insertRow(
        dbid: Int, _ content: Int, _ role: String, _ status: String, _ server: TestServer
    ) throws {
        try coordinator.sql(
            """
            SET allow_system_table_mods = on;
            INSERT INTO pg_catalog.gp_segment_configuration
                (dbid, content, role, preferred_role, mode, status, port, hostname, address, datadir)
            VALUES (\(dbid), \(content), '\(role)', '\(role)', 'n', '\(status)', \(server.port), 'sdw1',
                '127.0.0.1', '\(server.directory)')
            """)
    }

    /// Writes mode of both and status of the mirror into the catalog, as a tool or a hand could.
    func setRows(mode: String, mirror status: String, content: Int = 0) throws {
        try coordinator.sql(
            """
            SET allow_system_table_mods = on;
            UPDATE pg_catalog.gp_segment_configuration
            SET mode = '\(mode)', status = CASE role WHEN 'm' THEN '\(status)' ELSE 'u' END::"char"
            WHERE content = \(content)
            """)
    }

    /// A service as a new process would be: without memory.
    func service(
        _ settings: FTSSettings = quick, of server: TestServer? = nil, stop: FTSStop = FTSStop(),
        killPoint: @escaping FTSKillPoint = { _ in }
    ) -> FaultToleranceService {
        FaultToleranceService(
            dataDirectory: (server ?? coordinator).directory, environment: ["PGUSER": "postgres"], settings: settings,
            logger: log.logger, stop: stop, killPoint: killPoint)
    }

    /// Whole runs of new services, until the pair's rows read so; for example `p n u, m n d`.
    func cycles(until expected: String, content: Int = 0, within limit: Duration = .seconds(20)) async throws {
        let deadline = Deadline.after(limit)
        while true {
            _ = try await service().runOnce()
            let rows = try state(content)
            if rows == expected { return }
            guard !deadline.isPast else {
                throw TestFailure("rows are '\(rows)', not '\(expected)':\n\(log.text)")
            }
        }
    }

    /// Role, mode and status of a content's rows, the acting primary first.
    func state(_ content: Int = 0) throws -> String {
        try coordinator.sql(
            """
            SELECT role::text || ' ' || mode::text || ' ' || status::text
            FROM pg_catalog.gp_segment_configuration WHERE content = \(content) ORDER BY role DESC
            """
        ).rows.compactMap { $0[0] }.joined(separator: ", ")
    }

    /// Where the catalog has the acting primary of a content.
    func actingPrimary(_ content: Int = 0) throws -> TestServer {
        let port = try coordinator.sql(
            "SELECT port FROM pg_catalog.gp_segment_configuration WHERE content = \(content) AND role = 'p'"
        ).value()
        guard let server = servers.first(where: { "\($0.port)" == port }) else {
            throw TestFailure("no server on port \(port ?? "none")")
        }
        return server
    }

    /// The descriptions in `gp_configuration_history`, oldest first.
    func history() throws -> [String] {
        try coordinator.sql("SELECT description FROM pg_catalog.gp_configuration_history ORDER BY time, dbid").rows
            .compactMap { $0[0] }
    }
}

/// Collects log lines.
final class CapturedLog: Sendable {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    var logger: Logger {
        var logger = Logger(label: "gpftsd") { _ in Handler(log: self) }
        logger.logLevel = .debug
        return logger
    }

    private struct Handler: LogHandler {
        let log: CapturedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.lines.withLock { $0.append("\(event.level) \(event.message)") }
        }
    }
}
