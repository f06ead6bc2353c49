public import ClusterModel
import PostgresClient
import RemoteShell

/// Lets replication connections in on instances, and proves it from the hosts of their partners.
public struct ReplicationAdmission: Sendable {
    /// A direction in which replication has to be let in.
    public struct Way: Sendable, Equatable {
        /// On whose host the connection begins.
        public var from: Segment
        /// Where it goes.
        public var to: Segment

        public init(from: Segment, to: Segment) {
            self.from = from
            self.to = to
        }
    }

    public let access: ClusterAccess
    public let build: MirrorBuild
    /// What the comment above the lines names.
    public let tool: String
    public let hostLimit: Int

    public init(access: ClusterAccess, build: MirrorBuild, tool: String, hostLimit: Int) {
        self.access = access
        self.build = build
        self.tool = tool
        self.hostLimit = hostLimit
    }

    /// Writes, reloads, and connects for replication in each direction whose file could be written.
    ///
    /// - Returns: why it failed, by content; each pair is its own story.
    public func admit(_ changes: [AuthenticationChange], _ ways: [Way]) async -> [ContentID: String] {
        let failures = await write(changes)
        let refused = await prove(ways.filter { failures[$0.to.content] == nil })
        return failures.merging(refused) { first, _ in first }
    }

    private func write(_ changes: [AuthenticationChange]) async -> [ContentID: String] {
        let results = await fanOut(changes, limit: hostLimit) { change -> (ContentID, String)? in
            do {
                try await write(change)
                _ = try await access.withSegment(change.segment) { try $0.query("SELECT pg_catalog.pg_reload_conf()") }
                return nil
            } catch {
                return (change.segment.content, "pg_hba.conf of \(change.segment.label): \(error)")
            }
        }
        return Dictionary(results.compactMap { $0 }) { first, _ in first }
    }

    /// Adds the lines that a file lacks; the server has to be told, if it runs.
    ///
    /// Undo: `HostFiles.takeBack`; lines that are there without need do no harm.
    /// - Throws: `ShellError`, `OperationError`.
    public func write(_ change: AuthenticationChange) async throws {
        let host = change.segment.hostname
        let old = try await HostFiles.read(change.file, on: host, access.shell)
        let comment = "added by \(tool): replication of content \(change.segment.content)"
        if let text = HostBasedAuthentication.adding(change.lines, to: old.text, comment: comment) {
            try await HostFiles.replace(change.file, old, with: text, on: host, access.shell)
        }
    }

    /// The other direction, for the day when the roles are swapped.
    ///
    /// - Returns: why it was refused, by content; nothing where mirrors let nobody in and it cannot be tried.
    public func proveBackward(_ ways: [Way]) async -> [ContentID: String] {
        guard access.engine.mirrorsAcceptSessions else { return [:] }
        return await prove(ways)
    }

    private func prove(_ ways: [Way]) async -> [ContentID: String] {
        let results = await fanOut(ways, limit: hostLimit * 4) { way -> (ContentID, String)? in
            await refusal(of: way).map { (way.to.content, $0) }
        }
        return Dictionary(results.compactMap { $0 }) { first, _ in first }
    }

    /// Why `to` does not let the host of `from` replicate; nil when it does.
    private func refusal(of way: Way) async -> String? {
        do {
            let command = ShellCommand(
                build.patientReplicationProof(way.to), purpose: "a replication connection to \(way.to.label)",
                timeout: .seconds(130))
            let output = try await access.shell.run(command, on: way.from.hostname)
            guard !output.succeeded else { return nil }
            return "\(way.from.hostname) is not let in for replication by \(way.to.label): \(output.lastErrorLine)"
        } catch {
            return "\(way.to.label): \(error)"
        }
    }
}
