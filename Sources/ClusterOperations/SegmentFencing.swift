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
        let reloaded = await onEveryHost(segments) { _ in Change(first: fence.lines, without: fence.lines, holding: own)
        }
        return await finish(reloaded) { try await endSessions(of: fence.addresses, at: $0, since: $1) }
    }

    /// Takes these lines of ours out of each file and has it read.
    ///
    /// - Returns: the instances where it could not be done.
    public func remove(_ lines: [DatabaseID: [String]], at segments: [Segment]) async -> [LeftOut] {
        let concerned = segments.filter { lines[$0.dbid]?.isEmpty == false }
        let reloaded = await onEveryHost(concerned) { Change(first: [], without: lines[$0.dbid] ?? [], holding: []) }
        return await finish(reloaded) { _, _ in }
    }

    /// What becomes of a file: lines put first, whole lines taken out, lines that hold a text taken out.
    private struct Change: Sendable {
        var first: [String]
        var without: [String]
        var holding: [String]
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

    private func onEveryHost(_ segments: [Segment], _ change: @escaping @Sendable (Segment) -> Change) async -> [Answer]
    {
        let byHost = Dictionary(grouping: segments, by: \.hostname).sorted { $0.key < $1.key }.map(\.value)
        return await fanOut(byHost, limit: 64) { instances in
            let host = instances[0].hostname
            let calls = instances.map { Self.call($0, change($0)) }.joined(separator: "\n")
            let program = ShellQuoting.word("\(access.location.binaryDirectory)/pg_ctl")
            do {
                let output = try await access.shell.run(
                    ShellCommand(
                        "umask 077; LC_ALL=C; export LC_ALL; program=\(program)\n\(Self.functions)\n\(calls)",
                        purpose: "the fence on \(host)", overallTimeout: hostTimeout + .seconds(10)), on: host)
                return Self.answers(output, instances)
            } catch {
                return instances.map { Answer(instance: $0, result: .failure(GatherFailure(error))) }
            }
        }.flatMap { $0 }
    }

    /// `change dbid directory first exact-patterns fixed-patterns`; patterns one a line, empty for none.
    private static func call(_ instance: Segment, _ change: Change) -> String {
        let first = change.first.map { $0 + "\n" }.joined()
        return [
            "change", "\(instance.dbid)", instance.dataDirectory, first, change.without.joined(separator: "\n"),
            change.holding.joined(separator: "\n"),
        ].map(ShellQuoting.word).joined(separator: " ")
    }

    private static let functions = #"""
        say() { printf '%s\t%s\t%s\n' "$1" "$2" "$3"; }
        # grep takes an empty pattern for one that fits every line, and ends with 1 when it prints none.
        without() { if [ -n "$2" ]; then grep -a -v "$1" -e "$2" || [ $? -eq 1 ]; else cat; fi; }
        change() {
          file=`readlink -f "$2/pg_hba.conf"`
          [ -f "$file" ] && [ -w "$file" ] || { say failed "$1" "unable to write $2/pg_hba.conf"; return; }
          new="$file.gpha.$$"; now=`cksum < "$file"`
          cp -p "$file" "$new" && without -xF "$4" < "$file" > "$new.1" &&
            { printf '%s' "$3" && without -F "$5" < "$new.1"; } > "$new" ||
            { rm -f "$new" "$new.1"; say failed "$1" "unable to write $new"; return; }
          rm -f "$new.1"
          if [ "`cksum < "$file"`" != "$now" ]; then rm -f "$new"; say failed "$1" "$file changed meanwhile"; return; fi
          if cmp -s "$file" "$new"; then rm -f "$new"; else mv "$new" "$file" || { say failed "$1" "unable to replace $file"; return; }; fi
          time=`date +%s.%N`
          if "$program" -D "$2" -s reload 2>/dev/null; then say running "$1" "$time"; else say stopped "$1" ""; fi
        }
        """#

    private static func answers(_ output: CommandOutput, _ instances: [Segment]) -> [Answer] {
        var found: [String: Result<String?, GatherFailure>] = [:]
        for line in output.standardOutput.unicodeScalars.split(separator: "\n") {
            let fields = Substring(line).split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3 else { continue }
            switch fields[0] {
            case "running": found[fields[1]] = .success(fields[2])
            case "stopped": found[fields[1]] = .success(nil)
            default: found[fields[1]] = .failure(GatherFailure(OperationError(fields[2])))
            }
        }
        let silence = GatherFailure(OperationError("no answer: \(output.lastErrorLine)"))
        return instances.map { Answer(instance: $0, result: found["\($0.dbid)"] ?? .failure(silence)) }
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
