import BlockingWork
import Glibc
import PostgresClient
import Synchronization
import TestSupport

/// One PostgreSQL server of a test.
struct TestServer: Sendable {
    let directory: String
    let port: Int

    var parameters: ConnectionParameters {
        ConnectionParameters(
            host: "127.0.0.1", port: port, database: "postgres", user: "postgres",
            settings: ["search_path="], connectTimeout: .seconds(5))
    }

    /// Starts it and waits until it takes sessions.
    func start() throws { try Self.start([self]) }

    /// Starts servers side by side and waits until all take sessions.
    static func start(_ servers: [TestServer]) throws {
        do {
            let starts = servers.map {
                "\"$bin\"/pg_ctl start -w -t 60 -s -D \($0.directory) -l \($0.directory).log -o '-p \($0.port)' &"
            }
            try Account.run(
                starts.map { $0 + " all=\"$all $!\"" }.joined(separator: "\n")
                    + "\nfailed=0; for one in $all; do wait $one || failed=1; done; exit $failed")
        } catch {
            let logs = servers.map { (try? Self.text($0.directory + ".log").suffix(1500)).map { "\($0)" } ?? "no log" }
            throw TestFailure("\(error): \(logs.joined(separator: "\n"))")
        }
    }

    /// Stops it and waits for its end.
    func stop(_ mode: String = "fast") throws {
        try Account.run("\"$bin\"/pg_ctl stop -w -t 60 -s -m \(mode) -D \(directory)")
    }

    /// Ends every process of it as a power cut would.
    func kill() { signal(SIGKILL) }
    /// Stops every process of it; connections stay open and nothing answers.
    func freeze() { signal(SIGSTOP) }
    /// Lets them go on.
    func thaw() { signal(SIGCONT) }

    private func signal(_ number: Int32) {
        guard let postmaster else { return }
        // The children first when they shall stop: the postmaster would otherwise see them die or start new ones.
        let order =
            number == SIGCONT ? children(of: postmaster) + [postmaster] : [postmaster] + children(of: postmaster)
        for process in order { Glibc.kill(process, number) }
        guard number == SIGKILL else { return }
        let deadline = Deadline.after(.seconds(10))
        while order.contains(where: isRunning), !deadline.isPast { usleep(5000) }
        removeSharedMemory()
        // A zombie that nobody reaps yet would count as a running server at the next start.
        unlink("\(directory)/postmaster.pid")
    }

    /// Frees the System V block that a killed server leaves in the system: line 7 of `postmaster.pid` ends in its ID.
    private func removeSharedMemory() {
        let text = (try? Self.text("\(directory)/postmaster.pid")) ?? ""
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > 6, let block = lines[6].split(separator: " ").last.flatMap({ Int32($0) }) else { return }
        shmctl(block, IPC_RMID, nil)
    }

    /// The process ID in `postmaster.pid`, when that process is a PostgreSQL server's.
    var postmaster: pid_t? {
        guard let line = try? Self.text("\(directory)/postmaster.pid").split(separator: "\n").first,
            let process = pid_t(line), process > 1, isRunning(process),
            (try? Self.text("/proc/\(process)/comm"))?.hasPrefix("postgres") == true
        else { return nil }
        return process
    }

    /// The process ID of one of its background processes, by the type that the server gives it.
    func process(_ type: String) throws -> pid_t {
        let text = try sql("SELECT pid FROM pg_catalog.pg_stat_activity WHERE backend_type = '\(type)'").value()
        guard let process = text.flatMap({ pid_t($0) }), process > 1 else { throw TestFailure("no \(type)") }
        return process
    }

    private func children(of process: pid_t) -> [pid_t] {
        ((try? Self.text("/proc/\(process)/task/\(process)/children")) ?? "").split(separator: " ").compactMap {
            pid_t($0)
        }
    }

    static func text(_ path: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TestFailure("cannot read \(path)") }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    }

    /// Runs SQL in a session of its own.
    @discardableResult
    func sql(_ text: String, timeout: Duration = .seconds(20)) throws -> QueryResult {
        try PostgresConnection.connect(parameters).query(text, timeout: timeout)
    }

    /// Whether commits wait for a mirror, by its settings.
    func synchronousNames() throws -> String {
        try sql("SELECT pg_catalog.current_setting('synchronous_standby_names')").value() ?? ""
    }

    /// Drops the slot of its copy as soon as the dead copy's sender has left it.
    func dropSlot() throws {
        for _ in 0..<100 {
            do {
                try sql("SELECT pg_catalog.pg_drop_replication_slot('internal_wal_replication_slot')")
                return
            } catch {
                usleep(50_000)
            }
        }
        throw TestFailure("the slot stays in use")
    }

    /// Adds a line to the settings that `ALTER SYSTEM` changes; the server is stopped.
    func append(_ line: String) throws {
        try Account.run("printf '%s\\n' \"\(line)\" >> \(directory)/postgresql.auto.conf")
    }

    /// Makes it a mirror of `primary`.
    func follow(_ primary: TestServer) throws {
        try Account.run(
            """
            printf '%s\\n' "primary_conninfo = 'host=127.0.0.1 port=\(primary.port) user=postgres \
            application_name=gp_walreceiver'" "primary_slot_name = 'internal_wal_replication_slot'" \
            >> \(directory)/postgresql.auto.conf && : > \(directory)/standby.signal
            """)
    }
}

/// A session that stays open from one statement to the next.
final class OpenSession: Sendable {
    private let connection: Mutex<PostgresConnection>

    init(_ server: TestServer, name: String? = nil) throws {
        var parameters = server.parameters
        if let name { parameters.applicationName = name }
        connection = Mutex(try PostgresConnection.connect(parameters))
    }

    func sql(_ text: String) throws { try use { _ = try $0.query(text) } }

    func use(_ body: (borrowing PostgresConnection) throws -> Void) throws {
        try connection.withLock { try body($0) }
    }
}

/// The operating-system account of the test's servers: PostgreSQL refuses root.
enum Account {
    private static let name = getuid() == 0 ? (getpwnam("postgres") == nil ? "nobody" : "postgres") : nil

    /// Runs shell text as that account; `$bin` is the directory of the server's programs.
    static func run(_ script: String) throws {
        let prelude = "cd / && bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1) || exit 1\n"
        let prefix = name.map { ["/usr/bin/setpriv", "--reuid=\($0)", "--regid=\(group($0))", "--init-groups"] } ?? []
        let status = try runProgram(
            prefix + ["/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "LC_ALL=C", "/bin/sh", "-c", prelude + script])
        guard status == 0 else { throw TestFailure("status \(status): \(script)") }
    }

    /// Makes the account the owner of a directory.
    static func own(_ path: String) throws {
        guard let name, let entry = getpwnam(name) else { return }
        guard chown(path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else { throw TestFailure("chown \(path)") }
    }

    private static func group(_ name: String) -> String {
        getpwnam(name).map { String($0.pointee.pw_gid) } ?? "0"
    }
}
