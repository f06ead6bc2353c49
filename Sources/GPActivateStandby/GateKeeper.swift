import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import PostgresClient
import RemoteShell
import Reporting
import Synchronization
import ToolSupport

/// Shuts the new coordinator's gate before the promotion and opens it when the segments are fenced.
///
/// Its lines in `pg_hba.conf` are the journal: every run looks for them and takes them out, or says that they stay.
final class GateKeeper: Sendable {
    let context: ToolContext
    let dataDirectory: String
    private let environment: [String: String]
    /// Whether this run told the server to end its recovery: from then on an open gate might be open too soon.
    private let isPromoting = Mutex(false)

    private static let patience = Duration.seconds(10)

    init(context: ToolContext, dataDirectory: String, environment: [String: String]) {
        self.context = context
        self.dataDirectory = dataDirectory
        self.environment = environment
    }

    private var file: String { "\(dataDirectory)/pg_hba.conf" }
    private var user: String { CoordinatorLocation.user(environment) ?? "" }

    /// Whether the gate's lines are in the file.
    var isShut: Bool { (try? LocalFiles.read(file)).map { ActivationGate.isIn($0) } ?? false }

    /// From now on a failure leaves the gate shut.
    func promotionBegins() { isPromoting.withLock { $0 = true } }

    /// The server refused to end its recovery: it is as before.
    func promotionRefused() { isPromoting.withLock { $0 = false } }

    /// Puts the gate's lines first and has the server, which takes no sessions yet, read them.
    ///
    /// Undo: `open`.
    /// - Throws: `OperationError`; then the file is as it was.
    func shut() async throws {
        do {
            let gate = ActivationGate(user: user, file: try LocalFiles.read(file))
            let lines = gate.text.split(separator: "\n").map(String.init)
            guard try await change(AccessFileChange(first: lines, holding: [ActivationGate.mark])) != nil else {
                throw OperationError("the server does not read it again")
            }
        } catch {
            throw OperationError(
                "the new coordinator cannot be kept closed until the segments are fenced: \(error)",
                hint: "see \(file); or use --no-segment-fence")
        }
        context.report(.info("\(file): only \(user), on this host, is let in until the segments are fenced"))
    }

    /// Why the gate that was shut is none, as the server that is promoted now says; nil when it is in force.
    func weakness(_ access: ClusterAccess) async -> String? {
        do {
            let row = try await access.withCoordinator { connection in
                try connection.query(
                    """
                    SELECT pg_catalog.current_setting('hba_file'),
                        (SELECT pg_catalog.min(line_number) FROM pg_catalog.pg_hba_file_rules WHERE error IS NOT NULL)
                    """
                ).row()
            }
            if let named = row[0], !isSame(named) { return "hba_file is \(named)" }
            return row[1].map { "line \($0) of \(file) is wrong, so that the server goes on with what it read before" }
        } catch {
            return "\(error)"
        }
    }

    /// Whether a path leads to the file.
    private func isSame(_ path: String) -> Bool { Self.resolved(path) == Self.resolved(file) }

    private static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Takes the gate's lines out and waits until the server, if one runs, has read the file.
    ///
    /// - Returns: whether there were any.
    /// - Throws: `OperationError`.
    @discardableResult
    func open(_ access: ClusterAccess? = nil) async throws -> Bool {
        guard isShut else { return false }
        let hint =
            "take the lines that end with \(ActivationGate.mark) out of \(file), then: pg_ctl reload -D \(dataDirectory)"
        do {
            let time = try await change(AccessFileChange(holding: [ActivationGate.mark]))
            if let access, let time { try await awaitReading(access, since: time) }
        } catch {
            throw OperationError("the new coordinator lets only \(user) in, on this host: \(error)", hint: hint)
        }
        return true
    }

    private func awaitReading(_ access: ClusterAccess, since time: String) async throws {
        let deadline = Deadline.after(Self.patience)
        while true {
            let isRead = try await access.withCoordinator { connection in
                try connection.query(
                    "SELECT pg_catalog.pg_conf_load_time() >= pg_catalog.to_timestamp($1::float8)", [time]
                ).value()
            }
            if isRead == "t" { return }
            guard !deadline.isPast else { throw OperationError("the server has not read \(file) again") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// - Returns: since when the server has the new file; nil where none runs.
    private func change(_ change: AccessFileChange) async throws -> String? {
        let binaries = try StandbyDirectory(dataDirectory: dataDirectory).binaryDirectory
        return try await change.apply(to: dataDirectory, binaryDirectory: binaries, LocalShell(), on: "localhost")
    }

    /// After a run that ended with an error or without doing anything: a gate that nothing needs any more is opened, and
    /// one that stays is told.
    ///
    /// - Parameter facts: nil where this instance could not be asked.
    func settle(_ facts: ActivationFacts?, isDryRun: Bool) async {
        guard isShut else { return }
        // A standby lets nobody write; a gate there is an earlier run's that did not come to its promotion.
        let isIdle = facts.map { $0.isStandby || $0.server != nil && $0.isNoStandby } ?? false
        if isIdle, !isDryRun, !isPromoting.withLock({ $0 }) {
            do {
                try await open()
                context.report(.info("\(file): the lines that let only \(user) in are taken out again"))
                return
            } catch { context.report(.warning("\(error)")) }
        }
        context.report([
            .warning("\(file) lets only \(user) in, on this host: an activation is not complete"),
            .warning("hint: run gpactivatestandby again, or gpactivatestandby --finish: both take that out"),
        ])
    }
}
