import BlockingWork
public import ClusterModel
public import Logging
public import PostgresClient
public import RemoteShell

/// The versions that every tool names first; the local one may still be on its way.
public struct ClusterVersions: Sendable {
    /// The coordinator's `version()`; nil when it did not answer.
    public let server: String?
    let localTask: Task<String, Never>

    /// The version of the coordinator's programs, in the words of `postgres --version`.
    public var local: String {
        get async { await localTask.value }
    }

    /// Logs the original's lines; waits for the local version, so that work may begin before it.
    public func announce(_ logger: Logger) async {
        for line in Self.lines(local: await local, server: server) { logger.info("\(line)") }
    }

    /// The original's lines.
    ///
    /// - Parameter word: what this line of servers calls its coordinator.
    public static func lines(local: String, server: String?, word: String = "coordinator") -> [String] {
        ["local Greenplum Version: '\(local)'"]
            + (server.map { ["\(word) Greenplum Version: '\($0)'", "Obtaining Segment details from \(word)..."] } ?? [])
    }
}

/// A cluster whose coordinator answered: what every tool starts from.
public struct OpenCluster: Sendable {
    public let access: ClusterAccess
    public let configuration: ClusterConfiguration
    /// To be announced by the tool, once its own work is under way.
    public let versions: ClusterVersions
}

/// The common beginning: read the coordinator's files, ask it for its version and catalog, check what it says.
public struct ClusterOpening: Sendable {
    /// What a tool asks the coordinator in the session that has just read its catalog.
    public typealias Question<Answer> =
        @Sendable (borrowing PostgresConnection, Engine, ClusterConfiguration) throws -> Answer

    public let dataDirectory: String
    public let environment: [String: String]
    public let logger: Logger
    /// `--timeout`; nil uses 10 s.
    public var connectTimeout: Duration?
    /// `--retries`: how often the first connection is tried.
    public var tries = 1

    public init(dataDirectory: String, environment: [String: String], logger: Logger) {
        self.dataDirectory = dataDirectory
        self.environment = environment
        self.logger = logger
    }

    /// Opens the cluster; the tool announces its versions, and only a failure here does so itself.
    ///
    /// - Parameters:
    ///   - kind: the session for the catalog.
    ///   - shell: makes the shell once the coordinator's host name is known.
    /// - Throws: `LocalFileError`, `OperationError`, `PostgresError`, `ConfigurationError`.
    public func open(
        _ kind: Engine.SessionKind, shell: (ClusterConfiguration) throws -> any Shell
    ) async throws -> OpenCluster {
        try await open(kind, shell: shell) { _, _, _ in }.cluster
    }

    /// Opens the cluster, and asks the coordinator more in the session that read its catalog.
    ///
    /// - Parameter question: gets the session, the engine and the catalog; it runs on after this function returned.
    /// - Returns: the cluster, and a task for the question's answer.
    /// - Throws: as above; what `question` throws, the task does.
    public func open<Answer: Sendable>(
        _ kind: Engine.SessionKind, shell: (ClusterConfiguration) throws -> any Shell,
        asking question: @escaping Question<Answer>
    ) async throws -> (cluster: OpenCluster, answer: Task<Answer, any Error>) {
        let location = try CoordinatorLocation(dataDirectory: dataDirectory)
        let bare = ClusterAccess(
            location: location, environment: environment, shell: LocalShell(),
            connectTimeout: connectTimeout ?? .seconds(10))
        let local = Task { await localVersion(bare) }
        var server: String?
        do {
            let (beginning, answer) = try await answers(bare, kind, question)
            server = beginning.version
            try location.engine.confirm(version: beginning.version)
            let configuration = try beginning.configuration.get()
            if location.startMode != .utility { try ConfigurationCheck.checkPairs(configuration) }
            let access = ClusterAccess(
                location: location, environment: environment, shell: try shell(configuration),
                connectTimeout: bare.connectTimeout)
            let versions = ClusterVersions(server: server, localTask: local)
            return (OpenCluster(access: access, configuration: configuration, versions: versions), answer)
        } catch {
            await ClusterVersions(server: server, localTask: local).announce(logger)
            throw error
        }
    }

    /// The words of `postgres --version`; none when the programs cannot be run.
    private func localVersion(_ access: ClusterAccess) async -> String {
        let engine = access.engine
        let path = "\(access.location.binaryDirectory)/\(engine.versionProgram)"
        let text = await access.threads.run {
            LocalProgram.output(path, [engine.versionArgument], until: .after(.seconds(30)))?.trimmed ?? ""
        }
        let name = engine.versionProgram + " "
        return text.hasPrefix(name) ? "postgres " + text.dropFirst(name.count) : text
    }

    /// What the coordinator said first.
    private struct Beginning: Sendable {
        var version: String
        var configuration: Result<ClusterConfiguration, any Error>
    }

    private func answers<Answer: Sendable>(
        _ access: ClusterAccess, _ kind: Engine.SessionKind,
        _ question: @escaping Question<Answer>
    ) async throws -> (Beginning, Task<Answer, any Error>) {
        var attempt = 1
        while true {
            do {
                return try await access.withCoordinator(kind) { connection in
                    let version = try Catalog.version(connection)
                    let rows = try Catalog.rows(connection)
                    return Beginning(version: version, configuration: Result { try ClusterConfiguration(rows: rows) })
                } rest: { connection, beginning in
                    try question(connection, access.engine, try beginning.configuration.get())
                }
            } catch let error as PostgresError where error.kind == .timeout {
                logger.warning(
                    "Timeout expired connecting to \(access.engine.database), attempt \(attempt)/\(tries)")
                attempt += 1
                guard attempt <= tries else {
                    throw OperationError("Failed to connect to \(access.engine.database)")
                }
            }
        }
    }
}
