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

    /// One command for each host where connections begin; it makes all of its own at once.
    private func prove(_ ways: [Way]) async -> [ContentID: String] {
        let groups = Dictionary(grouping: ways, by: \.from.hostname).sorted { $0.key < $1.key }
        let results = await fanOut(groups, limit: hostLimit) { await refusals(from: $0.key, $0.value) }
        return Dictionary(results.flatMap { $0 }) { first, _ in first }
    }

    /// Who does not let a host replicate, and why.
    private func refusals(from host: String, _ ways: [Way]) async -> [(ContentID, String)] {
        let names = ways.map(\.to.label).joined(separator: ", ")
        let command = ShellCommand(
            Self.proofs(ways.map { build.patientReplicationProof($0.to) }),
            purpose: "replication connections to \(names)", timeout: .seconds(130))
        do {
            let answers = Self.answers(try await access.shell.run(command, on: host).standardOutput)
            return ways.enumerated().compactMap { index, way in
                guard let refusal = answers[index] ?? "no answer" else { return nil }
                return (
                    way.to.content, "\(host) is not let in for replication by \(way.to.label): \(refusal)"
                )
            }
        } catch {
            return ways.map { ($0.to.content, "\($0.to.label): \(error)") }
        }
    }

    /// The shell text that runs scripts side by side and prints a line for each: number, status, last words.
    static func proofs(_ scripts: [String]) -> String {
        let runs = scripts.enumerated().map { index, script in
            """
            ( said=$( ( \(script)
            ) 2>&1 </dev/null ); status=$?
              [ $status -eq 0 ] && said= || said=$(printf '%s\\n' "$said" | tail -n 1)
              printf '%s\\t%s\\t%s\\n' \(index) $status "$said" ) &
            """
        }
        return runs.joined(separator: "\n") + "\nwait"
    }

    /// Reads these lines: by number why it failed, nil where it did not.
    static func answers(_ output: String) -> [Int: String?] {
        var answers: [Int: String?] = [:]
        for line in output.split(whereSeparator: \.isNewline) {
            let fields = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3, let index = Int(fields[0]), let status = Int(fields[1]) else { continue }
            answers[index] = .some(status == 0 ? nil : String(fields[2]))
        }
        return answers
    }
}
