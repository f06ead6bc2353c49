public import BlockingWork
public import ClusterModel
public import Logging
public import PostgresClient
import RemoteShell

/// The copy of a running instance to the place of its mirror or standby, with a slot of its own at the source.
public struct InstanceCopy: Sendable {
    /// How far a copy is.
    public enum Event: Sendable, Equatable {
        /// What an earlier run left is being removed.
        case removing
        /// The copy was asked for.
        case copying
        /// The server has begun: the mark stands beside the directory.
        case begun
        case progress(CopyProgress)
    }

    public let access: ClusterAccess
    public let build: MirrorBuild
    /// What the mark names the run by.
    public let runID: String
    public let logger: Logger

    /// A bound on what has no natural end; the watcher ends a copy whose tool is gone long before.
    private static let timeout = Duration.seconds(7 * 24 * 3600)

    public init(access: ClusterAccess, build: MirrorBuild, runID: String, logger: Logger) {
        self.access = access
        self.build = build
        self.runID = runID
        self.logger = logger
    }

    /// The mark of the copy that this run makes.
    ///
    /// - Throws: what the source answers when it cannot be asked.
    public func mark(_ item: MirrorPlan.Item) async throws -> CopyMark {
        try await access.withSegment(item.source) { try mark(item, on: $0) }
    }

    /// The same in an open session with the source.
    func mark(_ item: MirrorPlan.Item, on source: borrowing PostgresConnection) throws -> CopyMark {
        let identifier = try source.query("SELECT system_identifier FROM pg_catalog.pg_control_system()").value()
        return mark(item, of: identifier ?? "")
    }

    /// The same with the source's system identifier.
    func mark(_ item: MirrorPlan.Item, of systemIdentifier: String) -> CopyMark {
        CopyMark(
            run: runID, content: item.source.content, dbid: item.mirror.dbid, systemIdentifier: systemIdentifier)
    }

    /// Copies; leaves a marked, configured directory that was never started.
    ///
    /// Undo: `undo`.
    /// - Parameter check: throws when the run is to stop; asked before anything is made.
    /// - Throws: `ShellError`, `PostgresError`; `OperationError` with the program's last words.
    public func copy(
        _ item: MirrorPlan.Item, _ mark: CopyMark, check: () throws -> Void,
        onEvent: @escaping @Sendable (Event) -> Void
    ) async throws {
        if let old = item.removes {
            onEvent(.removing)
            try await remove(item.mirror, old)
        }
        try check()
        let host = item.mirror.hostname
        try await command(
            ShellCommand(
                build.prepare(item, mark: mark), purpose: "preparing \(item.mirror.label)", timeout: .seconds(120)),
            on: host)
        try await access.withSegment(item.source) { try Self.dropIdleSlot($0) }
        onEvent(.copying)
        let reader = ProgressReader { line in
            if line.contains("initiating base backup") { onEvent(.begun) }
            if let read = CopyProgress(line: line) { onEvent(.progress(read)) }
        }
        try await command(
            ShellCommand(
                build.copy(item, mark: mark), purpose: "the copy of content \(item.source.content) to \(host)",
                timeout: Self.timeout, isWatched: true, onStandardError: { reader.take($0) }),
            on: host)
    }

    private func command(_ command: ShellCommand, on host: String) async throws {
        let output = try await access.shell.run(command, on: host)
        guard output.succeeded else { throw OperationError(Self.reason(output)) }
    }

    /// The last line that names an error: `pg_basebackup` ends with what it removes.
    ///
    /// Its process that receives WAL says why it ends; that it has ended is what the other one says then, and says
    /// nothing else. The two write at once: a line may have lost its beginning to another.
    static func reason(_ output: CommandOutput) -> String {
        let named = output.standardError.split(whereSeparator: \.isNewline)
            .filter { $0.contains("error: ") || $0.contains("FATAL: ") }
        let cause = named.last { !$0.hasSuffix("background process terminated unexpectedly") }
        return (cause ?? named.last).map { String($0).trimmed } ?? output.lastErrorLine
    }

    private func remove(_ mirror: Segment, _ mark: CopyMark) async throws {
        try await command(
            ShellCommand(
                build.removal(mirror, mark: mark), purpose: "removing the incomplete copy for \(mirror.label)",
                timeout: Self.timeout, isWatched: true), on: mirror.hostname)
    }

    /// Removes a slot that nobody streams from, so that the copy can make its own.
    public static func dropIdleSlot(_ connection: borrowing PostgresConnection) throws {
        try connection.query(
            """
            SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM pg_catalog.pg_replication_slots
            WHERE slot_name = $1 AND NOT active
            """, [Engine.replicationSlot])
    }

    /// After a failed copy: what it left on the mirror's host goes, and the slot, which would keep WAL for nobody.
    ///
    /// In a task of its own, so that it is done to its end when the run is being stopped.
    public func undo(_ item: MirrorPlan.Item, _ mark: CopyMark) async {
        await Task.detached {
            do {
                try await remove(item.mirror, mark)
            } catch {
                logger.warning("what the copy left of \(item.mirror.label) stays for the next run: \(error)")
            }
            guard await !dropSlot(of: item.source, until: .after(.seconds(10))) else { return }
            logger.warning(
                """
                replication slot \(Engine.replicationSlot) stays on \(item.source.label) and keeps WAL; the next run \
                removes it, or: SELECT pg_drop_replication_slot('\(Engine.replicationSlot)')
                """)
        }.value
    }

    /// Drops the slot as soon as the walsender that uses it has let go; returns whether it is gone.
    public func dropSlot(of source: Segment, until deadline: Deadline) async -> Bool {
        repeat {
            let isGone = try? await access.withSegment(source) { connection in
                try Self.dropIdleSlot(connection)
                return try connection.query(
                    "SELECT slot_name FROM pg_catalog.pg_replication_slots WHERE slot_name = $1",
                    [Engine.replicationSlot]
                ).rows.isEmpty
            }
            if isGone == true { return true }
            try? await Task.sleep(for: .milliseconds(200))
        } while !deadline.isPast
        return false
    }
}
