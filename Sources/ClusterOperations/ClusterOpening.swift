import BlockingWork
public import ClusterModel
public import Logging
import PostgresClient
public import RemoteShell

/// The versions that every tool names first; the local one may still be on its way.
public struct ClusterVersions: Sendable {
    /// The coordinator's `version()`; nil when it did not answer.
    public let server: String?
    let localTask: Task<String, any Error>

    /// `postgres --version` of the coordinator's programs.
    public var local: String {
        get async throws { try await localTask.value }
    }

    /// Logs the original's lines; waits for the local version, so that work may begin before it.
    public func announce(_ logger: Logger) async throws {
        for line in Self.lines(local: try await local, server: server) { logger.info("\(line)") }
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
        let location = try CoordinatorLocation(dataDirectory: dataDirectory)
        let bare = ClusterAccess(
            location: location, environment: environment, shell: LocalShell(),
            connectTimeout: connectTimeout ?? .seconds(10))
        let local = Task { try await localVersion(bare) }
        var server: String?
        do {
            let (version, rows) = try await answers(bare, kind)
            server = version
            try checkVersion(version, location.engine)
            let configuration = try ClusterConfiguration(rows: rows)
            if location.startMode != .utility { try ConfigurationCheck.checkPairs(configuration) }
            let access = ClusterAccess(
                location: location, environment: environment, shell: try shell(configuration),
                connectTimeout: bare.connectTimeout)
            return OpenCluster(
                access: access, configuration: configuration,
                versions: ClusterVersions(server: version, localTask: local))
        } catch {
            try? await ClusterVersions(server: server, localTask: local).announce(logger)
            throw error
        }
    }

    private func localVersion(_ access: ClusterAccess) async throws -> String {
        let program = ShellQuoting.word(access.location.binaryDirectory + "/postgres")
        let output = try await access.shell.run(
            ShellCommand("exec \(program) \(access.engine.versionArgument)", purpose: "the local server version"),
            on: "localhost")
        return output.standardOutput.trimmed
    }

    private func answers(
        _ access: ClusterAccess, _ kind: Engine.SessionKind
    ) async throws -> (version: String, rows: [Segment]) {
        var attempt = 1
        while true {
            do {
                return try await access.withCoordinator(kind) { connection in
                    (try Catalog.version(connection), try Catalog.rows(connection))
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

    /// The engine was chosen by a file; the server itself must say the same.
    private func checkVersion(_ version: String, _ engine: Engine) throws(OperationError) {
        let isGreenplum = version.contains("Greenplum Database 7.")
        let isPlain =
            version.hasPrefix("PostgreSQL ") && !version.contains("(")
            || version.hasPrefix("PostgreSQL ") && !version.contains("Greenplum") && !version.contains("Cloudberry")
        guard engine.family == .greenplum7 ? isGreenplum : isPlain else {
            throw OperationError(
                "server version is not supported: \(version)",
                hint: "gpha works with Greenplum 7 and with the embedded engine on PostgreSQL 15 or later")
        }
    }
}
