import BlockingWork
public import ClusterModel
import ClusterOperations
import Glibc
public import PostgresClient
public import RemoteShell

/// Called with one short line at the start of each step; on any thread.
public typealias DemoProgress = @Sendable (String) -> Void

/// A cluster of servers on this machine, plain PostgreSQL's or Greenplum's, each host with its own address, sockets and sshd.
///
/// A value of this type only knows where the cluster is: several may describe the same one, in several processes.
public struct DemoCluster: Sendable {
    /// What `cluster.conf` says.
    public let state: ClusterState
    let account: Account
    let threads = BlockingThreads(width: 16)

    init(state: ClusterState, account: Account) {
        self.state = state
        self.account = account
    }

    /// Finds the cluster in a directory.
    ///
    /// - Throws: `DemoError` when there is none, or its account is gone.
    public static func open(directory: String) throws -> DemoCluster {
        let state = try readState(directory)
        guard let account = Account.isRoot ? Account.find(state.account) : Account.current else {
            throw DemoError(
                "the account \(state.account) of the cluster in \(directory) does not exist",
                hint: "gpdemo destroy --dir \(ShellQuoting.word(directory))")
        }
        guard account.name == state.account else {
            throw DemoError("the cluster in \(directory) belongs to \(state.account)")
        }
        return DemoCluster(state: state, account: account)
    }

    static func readState(_ directory: String) throws(DemoError) -> ClusterState {
        let path = "\(directory)/\(ClusterState.fileName)"
        guard PrivateFiles.exists(path) else {
            throw DemoError("no cluster in \(directory)", hint: "gpdemo create --dir \(ShellQuoting.word(directory))")
        }
        return try ClusterState(text: try PrivateFiles.read(path), directory: directory)
    }

    /// The directory that holds everything.
    public var directory: String { state.layout.directory }
    /// All hosts: the coordinator's, the standby's, the segments'.
    public var hosts: [DemoHost] { state.layout.hosts }
    /// The file to source before using the tools.
    public var environmentScript: String { "\(directory)/env.sh" }
    /// The list that `gpaddmirrors -m` reads.
    public var mirrorDirectoryList: String { "\(directory)/mirror_directories" }
    /// The client configuration for `--ssh-config`.
    public var secureShellConfiguration: String { "\(directory)/ssh/config" }
    /// The account that everything runs as.
    public var accountName: String { account.name }
    /// The variables of `env.sh`, PATH without the caller's own.
    public var environment: [String: String] {
        Dictionary(uniqueKeysWithValues: ToolEnvironment.variables(of: state).map { ($0.name, $0.value) })
    }

    var launcher: HostLauncher { HostLauncher(state: state, account: account) }
    var files: PrivateFiles { PrivateFiles(owner: Account.isRoot ? (account.user, account.group) : nil) }
    var servers: Servers { Servers(launcher: launcher, files: files) }
    var secureShells: SecureShellServers { SecureShellServers(launcher: launcher, files: files) }
    var faultTolerance: FaultToleranceDaemon { FaultToleranceDaemon(launcher: launcher, files: files) }

    /// How to reach an instance from this process: through its socket, which works from any namespace.
    ///
    /// A Greenplum segment takes sessions of its own in utility mode only.
    public func connection(
        to instance: Segment, database: String = "postgres", settings: [String] = []
    ) -> ConnectionParameters {
        let socket = socketDirectory(of: instance)
        let own = instance.isCoordinatorPair ? nil : state.engine.facts.utilitySetting
        return ConnectionParameters(
            host: socket, port: instance.port, database: database, user: account.name, applicationName: "gpdemo",
            settings: (own.map { [$0] } ?? []) + settings)
    }

    /// Where an instance's socket is: as its `postmaster.pid` says, else where its host has them.
    private func socketDirectory(of instance: Segment) -> String {
        DataDirectories.postmasterFile(instance.dataDirectory)?.socketDirectory
            ?? state.layout.socketDirectory(instance.hostname)
    }

    /// Runs one statement on an instance.
    ///
    /// - Throws: `PostgresError`.
    @discardableResult
    public func query(
        _ sql: String, _ parameters: [String?] = [], on instance: Segment? = nil, timeout: Duration = .seconds(30)
    ) async throws -> QueryResult {
        let connection = connection(to: instance ?? state.layout.coordinator)
        return try await threads.run {
            let session = try PostgresConnection.connect(connection)
            return try session.query(sql, parameters, timeout: timeout)
        }
    }

    /// The instances as the catalog names them now; the coordinator must run.
    public func instances() async throws -> [Segment] {
        let answer = try await query(
            """
            SELECT \(Segment.catalogColumns)
              FROM pg_catalog.gp_segment_configuration ORDER BY content, preferred_role DESC
            """)
        return try answer.rows.map { row throws(DemoError) in
            guard let segment = Segment(catalogRow: row) else {
                throw DemoError("gp_segment_configuration has a row that makes no sense: \(row)")
            }
            return segment
        }
    }

    /// The host with this name or address.
    ///
    /// - Throws: `DemoError` that lists the hosts.
    public func host(_ name: String) throws(DemoError) -> DemoHost {
        guard let host = state.layout.host(name) else {
            throw DemoError("no host '\(name)' in this cluster: \(hosts.map(\.name).joined(separator: ", "))")
        }
        return host
    }

    /// Runs a command on a host, as the cluster's account, with the tools' environment.
    public func exec(
        _ host: String, _ arguments: [String], timeout: Duration = .seconds(60)
    ) async throws -> CommandOutput {
        let name = try self.host(host).name
        var program = launcher.program(
            on: name, Self.plainly(arguments), purpose: arguments.first ?? "a command", timeout: timeout)
        program.workingDirectory = account.home
        let ready = program
        return try await threads.run { try ready.run() }
    }

    /// The command as it is: `env` would take a first word with `=` for a variable.
    private static func plainly(_ arguments: [String]) -> [String] {
        ["/bin/sh", "-c", "exec \"$@\"", "sh"] + arguments
    }

    /// What `exec` runs, for a caller that wants to become it: the words and the environment.
    public func execution(
        on host: String, _ arguments: [String]
    ) throws(DemoError) -> (arguments: [String], environment: [String: String]) {
        let program = launcher.program(
            on: try self.host(host).name, Self.plainly(arguments), purpose: "a command")
        return (["/usr/bin/env", "--chdir=\(account.home)"] + program.arguments, program.environment)
    }
}
