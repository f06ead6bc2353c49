import BlockingWork
public import ClusterModel
import PostgresClient
import RemoteShell

/// Keeps a former coordinator out of primaries and mirrors, or lets it in again: a script per host, then a session
/// with each server that runs.
///
/// Undo of `set`: `remove` with the fence's lines.
public struct SegmentFencing: Sendable {
    /// An instance where it could not be done, and why.
    public struct LeftOut: Sendable, Equatable {
        public var instance: Segment
        public var reason: String

        public init(instance: Segment, reason: String) {
            self.instance = instance
            self.reason = reason
        }
    }

    private let access: ClusterAccess
    /// How long a host may take, connecting included.
    private let hostTimeout: Duration

    /// How long a server may take to read its file again and to end sessions.
    private static let patience = Duration.seconds(10)

    public init(access: ClusterAccess, hostTimeout: Duration) {
        self.access = access
        self.hostTimeout = hostTimeout
    }

    /// Puts the fence's lines first into each `pg_hba.conf`, has it read, and ends the fenced addresses' sessions.
    ///
    /// - Parameter staying: addresses that must get in: lines of ours that turn them away are taken out.
    /// - Returns: the instances where some of it is missing.
    public func set(_ fence: SegmentFence, at segments: [Segment], staying: [String]) async -> [LeftOut] {
        let own = staying.map { " \(SegmentFence.refusal(of: $0)) " }
        let reloaded = await onEveryHost(segments) { _ in
            AccessFileChange(first: fence.lines, without: fence.lines, holding: own)
        }
        return await finish(reloaded) { try await endSessions(of: fence.addresses, at: $0, since: $1) }
    }

    /// Takes these lines of ours out of each file and has it read.
    ///
    /// - Returns: the instances where it could not be done.
    public func remove(_ lines: [DatabaseID: [String]], at segments: [Segment]) async -> [LeftOut] {
        let concerned = segments.filter { lines[$0.dbid]?.isEmpty == false }
        let reloaded = await onEveryHost(concerned) { AccessFileChange(without: lines[$0.dbid] ?? []) }
        return await finish(reloaded) { _, _ in }
    }

    /// What a host answered about one instance: since when its server has the new file, nil where none runs.
    private struct Answer: Sendable {
        let instance: Segment
        let result: Result<String?, GatherFailure>
    }

    private func finish(
        _ answers: [Answer], _ body: @escaping @Sendable (Segment, String) async throws -> Void
    ) async -> [LeftOut] {
        await fanOut(answers, limit: 64) { answer -> LeftOut? in
            switch answer.result {
            case .failure(let failure): return LeftOut(instance: answer.instance, reason: failure.text)
            case .success(nil): return nil
            case .success(.some(let time)):
                do {
                    try await body(answer.instance, time)
                    return nil
                } catch { return LeftOut(instance: answer.instance, reason: "\(error)") }
            }
        }.compactMap { $0 }
    }

    private func onEveryHost(_ segments: [Segment], _ change: @escaping @Sendable (Segment) -> AccessFileChange) async
        -> [Answer]
    {
        let byHost = Dictionary(grouping: segments, by: \.hostname).sorted { $0.key < $1.key }.map(\.value)
        return await fanOut(byHost, limit: 64) { instances in
            let host = instances[0].hostname
            let script = AccessFileChange.script(
                instances.map { ("\($0.dbid)", $0.dataDirectory, change($0)) },
                binaryDirectory: access.location.binaryDirectory)
            do {
                let output = try await access.shell.run(
                    ShellCommand(script, purpose: "the fence on \(host)", overallTimeout: hostTimeout + .seconds(10)),
                    on: host)
                let found = AccessFileChange.answers(output)
                let silence = GatherFailure(OperationError("no answer: \(output.lastErrorLine)"))
                return instances.map { Answer(instance: $0, result: found["\($0.dbid)"] ?? .failure(silence)) }
            } catch {
                return instances.map { Answer(instance: $0, result: .failure(GatherFailure(error))) }
            }
        }.flatMap { $0 }
    }

    /// Waits until new sessions obey the new file, then ends the old ones of these addresses until none is left.
    private func endSessions(of addresses: [String], at segment: Segment, since time: String) async throws {
        guard segment.role == .primary || access.engine.mirrorsAcceptSessions else { return }
        let deadline = Deadline.after(Self.patience)
        let list = "{\(addresses.joined(separator: ","))}"
        while true {
            let left = try await access.withSegment(segment) { connection -> Int? in
                let isLoaded = try connection.query(
                    "SELECT pg_catalog.pg_conf_load_time() >= pg_catalog.to_timestamp($1::float8)", [time]
                ).value()
                guard isLoaded == "t" else { return nil }
                return try connection.query(
                    """
                    SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(pid)) FROM pg_catalog.pg_stat_activity
                    WHERE client_addr = ANY ($1::pg_catalog.inet[]) AND pid <> pg_catalog.pg_backend_pid()
                    """, [list]
                ).value().flatMap { Int($0) }
            }
            if left == 0 { return }
            guard !deadline.isPast else {
                throw OperationError(
                    left == nil
                        ? "the lines are in its file, and it has not read them"
                        : "\(left ?? 0) session(s) of the old coordinator do not end")
            }
            try await Task.sleep(for: .milliseconds(left == nil ? 5 : 20))
        }
    }
}
