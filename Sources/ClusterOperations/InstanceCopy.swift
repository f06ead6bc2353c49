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

    private static let timeout = Duration.seconds(7 * 24 * 3600)

    public init(access: ClusterAccess, build: MirrorBuild, runID: String, logger: Logger) {
        self.access = access
        self.build = build
        self.runID = runID
        self.logger = logger
    }

    /// Copies; leaves a marked, configured directory that was never started.
    ///
    /// Undo: `undo`.
    /// - Throws: `ShellError`, `PostgresError`; `OperationError` with the program's last words.
    public func copy(_ item: MirrorPlan.Item, onEvent: @escaping @Sendable (Event) -> Void) async throws {
        let host = item.mirror.hostname
        if item.action.removesFirst {
            onEvent(.removing)
            try await removeCopy(item)
        }
        let systemIdentifier = try await access.withSegment(item.source) { connection in
            try Self.dropIdleSlot(connection)
            return try connection.query("SELECT system_identifier FROM pg_catalog.pg_control_system()").value() ?? ""
        }
        let mark = CopyMark(
            run: runID, content: item.source.content, dbid: item.mirror.dbid, systemIdentifier: systemIdentifier)
        onEvent(.copying)
        let reader = ProgressReader { line in
            if line.contains("initiating base backup") { onEvent(.begun) }
            if let read = CopyProgress(line: line) { onEvent(.progress(read)) }
        }
        let output = try await access.shell.run(
            ShellCommand(
                build.copy(item, mark: mark), purpose: "the copy of content \(item.source.content) to \(host)",
                timeout: Self.timeout, isWatched: true, onStandardError: { reader.take($0) }),
            on: host)
        guard output.succeeded else { throw OperationError(output.lastErrorLine) }
    }

    private func removeCopy(_ item: MirrorPlan.Item) async throws {
        let output = try await access.shell.run(
            ShellCommand(
                build.removal(item.mirror), purpose: "removing the incomplete copy for \(item.mirror.label)",
                timeout: .seconds(120)), on: item.mirror.hostname)
        guard output.succeeded else { throw OperationError(output.lastErrorLine) }
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
    /// Only a directory with a mark of ours is touched; a server that runs in it is stopped.
    public func undo(_ item: MirrorPlan.Item) async {
        _ = try? await access.shell.run(
            ShellCommand(build.removal(item.mirror), purpose: "removing the failed copy", timeout: .seconds(120)),
            on: item.mirror.hostname)
        guard !(await dropSlot(of: item.source)) else { return }
        logger.warning("replication slot \(Engine.replicationSlot) stays on \(item.source.label) and keeps WAL")
    }

    /// Drops the slot of a source as soon as nobody streams from it; returns whether it is gone.
    public func dropSlot(of source: Segment, tries: Int = 20) async -> Bool {
        for _ in 0..<tries {
            let isGone = try? await access.withSegment(source) { connection in
                try Self.dropIdleSlot(connection)
                return try connection.query(
                    "SELECT slot_name FROM pg_catalog.pg_replication_slots WHERE slot_name = $1",
                    [Engine.replicationSlot]
                ).rows.isEmpty
            }
            guard isGone == false else { return isGone == true }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return false
    }
}
