import BlockingWork
import ClusterModel
import PostgresClient
import RemoteShell
import Testing

@testable import ClusterOperations

@Suite struct CoordinatorLocationTests {
    /// Writes the files of a running coordinator; `change` sees the directory before it is read.
    private func location(
        configuration: String = "port = 6000\n", version: String? = "15\n",
        pid: String? = "4711\n/data/c\n1790000000\n6000\n/run/sockets\n127.0.0.1\n",
        options: String = "/usr/lib/postgresql/15/bin/postgres \"-D\" \"/data/c\"\n",
        change: (TemporaryDirectory) throws -> Void = { _ in }
    ) async throws -> CoordinatorLocation {
        try await TemporaryDirectory.with { directory in
            try directory.file("postgresql.conf", configuration)
            if let version { try directory.file("PG_VERSION", version) }
            if let pid { try directory.file("postmaster.pid", pid) }
            try directory.file("postmaster.opts", options)
            try change(directory)
            return try CoordinatorLocation(dataDirectory: directory.path)
        }
    }

    @Test func `a running coordinator's files tell port, engine, programs and socket`() async throws {
        let location = try await location()
        #expect(location.port == 6000)
        #expect(location.engine == Engine(family: .embedded, postgresMajor: 15))
        #expect(location.binaryDirectory == "/usr/lib/postgresql/15/bin")
        #expect(location.startMode == .normal)
        let parameters = location.parameters(.utility, environment: ["USER": "gpadmin"])
        #expect(parameters.host == "/run/sockets")
        #expect(parameters.port == 6000)
        #expect(parameters.user == "gpadmin")
        #expect(location.parameters(.utility, environment: ["PGHOST": "10.0.0.1"]).host == "10.0.0.1")
        #expect(location.parameters(.utility, environment: ["PGHOST": ""]).host == "/run/sockets")
    }

    @Test func `the database user is PGUSER, else USER, else the account that runs the tool`() async throws {
        let location = try await location()
        func user(_ environment: [String: String]) -> String {
            ClusterAccess(location: location, environment: environment, shell: HereShell()).user
        }
        #expect(user(["PGUSER": "dba", "USER": "gpadmin"]) == "dba")
        #expect(user(["PGUSER": "", "USER": "gpadmin"]) == "gpadmin")
        let account = try await shell("id -un").standardOutput.trimmed
        #expect(!account.isEmpty && user([:]) == account)
        // Sessions are that user's too, so the entries of pg_hba.conf and what connects agree.
        #expect(location.parameters(.utility, environment: ["PGUSER": "dba"]).user == "dba")
    }

    @Test(arguments: [
        ("", 5432), ("port = 6000\nport = 6001", 6001), ("port = nonsense", 5432),
        ("include 'extra.conf'", 7001), ("port = 6000\ninclude 'extra.conf'", 7001),
        ("include 'extra.conf'\nport = 6000", 6000), ("include_if_exists 'missing.conf'\nport = 6002", 6002),
        ("include_if_exists = 'extra.conf'", 7001), ("include 'conf.d/nested.conf'", 7002),
    ])
    func `the last assignment of the port wins, includes read where they stand`(text: String, port: Int) async throws {
        let location = try await location(configuration: text) { directory in
            try directory.file("extra.conf", "port = 7001\n")
            try directory.directory("conf.d")
            try directory.file("conf.d/nested.conf", "include 'beside.conf'\n")
            try directory.file("conf.d/beside.conf", "port = 7002\n")
        }
        #expect(location.port == port)
    }

    @Test func `a file that includes itself is an error, not an endless loop`() async throws {
        await #expect(throws: OperationError.self) { try await location(configuration: "include 'postgresql.conf'") }
    }

    @Test(arguments: ["postgresql.conf", "PG_VERSION"])
    func `a missing file is named`(name: String) async throws {
        let error = try await #require(throws: LocalFileError.self) {
            try await TemporaryDirectory.with { directory in
                for other in ["postgresql.conf", "PG_VERSION"] where other != name { try directory.file(other, "15\n") }
                _ = try CoordinatorLocation(dataDirectory: directory.path)
            }
        }
        #expect(error.description.hasPrefix("[Errno 2] No such file or directory: '"))
        #expect(error.path.hasSuffix("/" + name))
    }

    @Test func `a missing included file is named`() async throws {
        let error = try await #require(throws: LocalFileError.self) {
            try await location(configuration: "include 'gone.conf'")
        }
        #expect(error.path.hasSuffix("/gone.conf"))
    }

    @Test(arguments: ["14", "13", "9.4", "", "twelve", "1200000000000000000000"])
    func `any other server version is refused, not guessed`(version: String) async throws {
        let error = try await #require(throws: OperationError.self) { try await location(version: version + "\n") }
        #expect(error.message == "server version '\(version)' in PG_VERSION is not supported")
    }

    @Test(arguments: [nil, "", "starting\n"])
    func `a coordinator that is not running is said to be stopped`(pid: String?) async throws {
        let error = try await #require(throws: OperationError.self) { try await location(pid: pid) }
        #expect(error.message == "Greenplum database appears to be stopped")
        #expect(error.hint != nil)
    }

    @Test(arguments: [
        ("postgres \"-c\" \"gp_role=utility\"", CoordinatorLocation.StartMode.utility),
        ("postgres \"-c\" \"superuser_reserved_connections=5\" \"-c\" \"gp_role=utility\"", .restricted),
        ("postgres", .normal),
        ("", .normal),
    ])
    func `the start mode is what postmaster.opts says`(options: String, mode: CoordinatorLocation.StartMode)
        async throws
    {
        #expect(try await location(options: options).startMode == mode)
    }

    @Test(arguments: [
        ("/usr/lib/postgresql/15/bin/postgres \"-D\" \"/data\"\n", "/usr/lib/postgresql/15/bin"),
        ("/opt/my pg/bin/postgres \"-D\" \"/data\"\n", "/opt/my pg/bin"), ("/opt/pg/bin/postgres\n", "/opt/pg/bin"),
        ("postgres \"-D\" \"/data\"\n", ""), ("", ""),
    ])
    func `the programs are where the running postmaster's program is`(options: String, directory: String) {
        #expect(CoordinatorLocation.binaryDirectory(options) == directory)
    }
}
