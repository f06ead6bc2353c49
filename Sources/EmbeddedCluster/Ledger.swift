import BlockingWork
public import PostgresClient
import Synchronization

/// A writer that knows what was acknowledged, to prove that a cluster lost nothing and invented nothing.
///
/// For each content one thread inserts rows with rising keys into that content's acting primary, found anew after
/// each failure. A key whose commit was answered is acknowledged; one whose answer never came is in flight and may
/// or may not be there.
public final class Ledger: Sendable {
    /// The table every primary gets.
    public static let tableSQL = """
        CREATE TABLE IF NOT EXISTS public.ledger (id bigint PRIMARY KEY, note text NOT NULL)
        """

    /// What is known of one content's keys.
    public struct Account: Sendable, Equatable {
        public var attempted = 0
        public var acknowledged: [Int] = []
        /// Keys whose fate is open, with what the server or libpq said.
        public var inFlight: [Int: String] = [:]
        /// The longest time between two acknowledgements.
        public var longestPause = Duration.zero
        var lastAcknowledged: ContinuousClock.Instant?

        mutating func acknowledge(_ key: Int) {
            let now = ContinuousClock.now
            if let lastAcknowledged { longestPause = max(longestPause, lastAcknowledged.duration(to: now)) }
            lastAcknowledged = now
            acknowledged.append(key)
        }
    }

    /// What the check of one content found.
    public struct Verdict: Sendable, Equatable {
        public let content: Int
        public let acknowledged: Int
        public let found: Int
        public let inFlight: Int
        /// Acknowledged keys that are not there.
        public let lost: [Int]
        /// Keys that are there and were never written.
        public let invented: [Int]
    }

    private let contents: [Int]
    private let primary: @Sendable (Int) throws -> ConnectionParameters
    private let pause: Duration
    private let accounts: Mutex<[Int: Account]>
    private let isStopped = Mutex(false)
    private let threads: BlockingThreads

    /// - Parameters:
    ///   - contents: content IDs to write to.
    ///   - pause: between two rows of one content.
    ///   - primary: tells where the acting primary of a content is now; asked again after each failure.
    public init(
        contents: [Int], pause: Duration = .milliseconds(5),
        primary: @escaping @Sendable (Int) throws -> ConnectionParameters
    ) {
        self.contents = contents
        self.primary = primary
        self.pause = pause
        accounts = Mutex(Dictionary(uniqueKeysWithValues: contents.map { ($0, Account()) }))
        threads = BlockingThreads(width: max(1, contents.count))
    }

    /// Writes until `stop`; returns when every thread has ended.
    public func write() async {
        await withTaskGroup(of: Void.self) { group in
            for content in contents { group.addTask { await self.threads.run { self.write(content) } } }
        }
    }

    /// Makes `write` end after the statements that run.
    public func stop() { isStopped.withLock { $0 = true } }

    /// The accounts as they stand.
    public var snapshot: [Int: Account] { accounts.withLock { $0 } }

    /// How many rows were acknowledged so far.
    public var acknowledgedCount: Int { snapshot.values.map(\.acknowledged.count).reduce(0, +) }

    private func write(_ content: Int) {
        while !isStopped.withLock({ $0 }) {
            do {
                let connection = try PostgresConnection.connect(try primary(content))
                while !isStopped.withLock({ $0 }) {
                    try insert(content, connection)
                    Thread.sleep(pause)
                }
            } catch {
                Thread.sleep(.milliseconds(200))
            }
        }
    }

    private func insert(_ content: Int, _ connection: borrowing PostgresConnection) throws {
        let key = accounts.withLock { accounts in
            accounts[content, default: Account()].attempted += 1
            return accounts[content, default: Account()].attempted
        }
        do {
            try connection.query(
                "INSERT INTO public.ledger (id, note) VALUES ($1::bigint, $2)", ["\(key)", "row \(key)"],
                timeout: .seconds(120))
            accounts.withLock { $0[content, default: Account()].acknowledge(key) }
        } catch {
            accounts.withLock { $0[content, default: Account()].inFlight[key] = error.message }
            throw error
        }
    }

    /// Compares what the acting primaries hold with the accounts.
    ///
    /// Call it after `write` has returned.
    ///
    /// - Throws: `PostgresError` when a primary cannot be read.
    public func verify() async throws -> [Verdict] {
        let accounts = snapshot
        var verdicts: [Verdict] = []
        for content in contents {
            let parameters = try primary(content)
            let keys = try await threads.run {
                let connection = try PostgresConnection.connect(parameters)
                return Set(
                    try connection.query("SELECT id FROM public.ledger WHERE id > 0", timeout: .seconds(120)).rows
                        .compactMap { $0.first.flatMap { $0 }.flatMap { Int($0) } })
            }
            let account = accounts[content] ?? Account()
            verdicts.append(
                Verdict(
                    content: content, acknowledged: account.acknowledged.count, found: keys.count,
                    inFlight: account.inFlight.count, lost: account.acknowledged.filter { !keys.contains($0) },
                    invented: keys.filter { $0 > account.attempted }.sorted()))
        }
        return verdicts
    }
}
