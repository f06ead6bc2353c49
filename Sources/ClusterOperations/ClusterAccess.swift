public import BlockingWork
public import ClusterModel
public import PostgresClient
public import RemoteShell

/// The ways into one cluster: sessions on threads of our own, and a shell on its hosts.
public struct ClusterAccess: Sendable {
    public let location: CoordinatorLocation
    public let environment: [String: String]
    public let shell: any Shell
    public let threads: BlockingThreads
    /// How long connecting to a server may take.
    public let connectTimeout: Duration

    public init(
        location: CoordinatorLocation, environment: [String: String], shell: any Shell,
        threads: BlockingThreads = BlockingThreads(width: 128), connectTimeout: Duration = .seconds(10)
    ) {
        self.location = location
        self.environment = environment
        self.shell = shell
        self.threads = threads
        self.connectTimeout = connectTimeout
    }

    public var engine: Engine { location.engine }

    /// The database user of every session.
    public var user: String { CoordinatorLocation.user(environment) ?? "" }

    /// Runs `body` in a new session with the coordinator, on a thread of our own.
    public func withCoordinator<Result: Sendable>(
        _ kind: Engine.SessionKind = .utility,
        _ body: @escaping @Sendable (borrowing PostgresConnection) throws -> Result
    ) async throws -> Result {
        let parameters = location.parameters(kind, environment: environment, connectTimeout: connectTimeout)
        return try await threads.run {
            let connection = try PostgresConnection.connect(parameters)
            return try body(connection)
        }
    }

    /// As `withCoordinator`, but hands `first`'s result over as soon as it is there and goes on with `rest` in the same
    /// session: starting another server process would cost more than most questions.
    ///
    /// - Returns: what `first` returned, and a task for what `rest` returns.
    func withCoordinator<First: Sendable, Rest: Sendable>(
        _ kind: Engine.SessionKind,
        first: @escaping @Sendable (borrowing PostgresConnection) throws -> First,
        rest: @escaping @Sendable (borrowing PostgresConnection, First) throws -> Rest
    ) async throws -> (First, Task<Rest, any Error>) {
        let (results, continuation) = AsyncThrowingStream<First, any Error>.makeStream()
        let task = Task {
            do {
                return try await withCoordinator(kind) { connection in
                    let result = try first(connection)
                    continuation.yield(result)
                    return try rest(connection, result)
                }
            } catch {
                // The stream is over for whoever still waits for the first result.
                continuation.finish(throwing: error)
                throw error
            }
        }
        for try await result in results { return (result, task) }
        throw CancellationError()
    }

    /// Runs `body` in a new session with one instance, on a thread of our own.
    public func withSegment<Result: Sendable>(
        _ segment: Segment, _ body: @escaping @Sendable (borrowing PostgresConnection) throws -> Result
    ) async throws -> Result {
        let parameters = location.parameters(
            of: segment, environment: environment, connectTimeout: connectTimeout)
        return try await threads.run {
            let connection = try PostgresConnection.connect(parameters)
            return try body(connection)
        }
    }
}
