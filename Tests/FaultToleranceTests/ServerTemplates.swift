import BlockingWork
import ClusterOperations
import Glibc
import Synchronization
import TestSupport

/// Stopped servers that tests copy: made once for a test run.
struct ServerTemplates: Sendable {
    private let directory: ServerDirectory

    private static let made = Mutex<ServerTemplates?>(nil)

    /// The templates; the first caller makes them.
    static func shared() throws -> ServerTemplates {
        try made.withLock { made in
            if let made { return made }
            let templates = try ServerTemplates()
            made = templates
            // A global is never torn down; the directory goes when the process ends.
            atexit { ServerTemplates.made.withLock { $0 = nil } }
            return templates
        }
    }

    private init() throws {
        directory = try ServerDirectory()
        let primary = try server("primary", in: directory.path)
        try Self.initialize(primary)
        try primary.start()
        try primary.sql("CREATE TABLE public.ledger (id bigint PRIMARY KEY, note text NOT NULL)")
        // Copies are cheaper without them.
        try primary.sql("UPDATE pg_catalog.pg_database SET datistemplate = false")
        for name in ["template0", "template1"] { try primary.sql("DROP DATABASE \(name)") }
        try primary.stop()
        let coordinator = try server("coordinator", in: directory.path)
        try Account.run("cp -a \(primary.directory) \(coordinator.directory)")
        try TestServer.start([primary, coordinator])
        try coordinator.sql(Self.catalogSQL())
        try coordinator.sql(
            """
            SET allow_system_table_mods = on;
            INSERT INTO pg_catalog.gp_segment_configuration
                (dbid, content, role, preferred_role, mode, status, port, hostname, address, datadir)
            VALUES (1, -1, 'p', 'p', 'n', 'u', 5432, 'cdw', '127.0.0.1', '/coordinator')
            """)
        try coordinator.stop()
        try Account.run(
            """
            "$bin"/pg_basebackup -h 127.0.0.1 -p \(primary.port) -U postgres -D \(directory.path)/mirror -c fast \
            -X stream -C -S internal_wal_replication_slot -R
            """)
        try primary.stop()
    }

    private static func initialize(_ server: TestServer) throws {
        let settings = [
            "fsync = off", "wal_level = replica", "wal_log_hints = on", "shared_buffers = 8MB", "max_connections = 30",
            "listen_addresses = '127.0.0.1'", "unix_socket_directories = ''", "wal_retrieve_retry_interval = 200ms",
            "wal_receiver_status_interval = 1s", "autovacuum = off", "jit = off",
            // In the data directory, and gone with it, even when the server is killed.
            "dynamic_shared_memory_type = mmap",
        ]
        try Account.run(
            """
            "$bin"/initdb -N -U postgres -A trust --locale=C -E UTF8 --wal-segsize=1 -D \(server.directory) >/dev/null \
            && printf '%s\\n' \(settings.map { "\"\($0)\"" }.joined(separator: " ")) \
            >> \(server.directory)/postgresql.conf
            """)
    }

    /// A server with a port of its own; there is nothing in its directory yet.
    func server(_ name: String, in parent: String, number: Int? = nil) throws -> TestServer {
        TestServer(directory: "\(parent)/\(name)\(number.map { "\($0)" } ?? "")", port: try ServerPort.free())
    }

    /// Shell text that fills a server's directory from the template of its name.
    func copying(to server: TestServer) -> String {
        let name = server.directory.split(separator: "/").last.map(String.init) ?? ""
        return "cp -a \(directory.path)/\(name.prefix { !$0.isNumber }) \(server.directory)"
    }

    /// The embedded engine's real catalog.
    private static func catalogSQL(file: String = #filePath) throws -> String {
        let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        return try LocalFiles.read(root + "/Sources/EmbeddedCluster/embedded_catalog.sql")
    }
}
