import BlockingWork
public import ClusterModel
import PostgresClient
import RemoteShell

extension SegmentRecovery {
    /// Brings an old copy up to date by content (`rsync`), in place, and starts it.
    ///
    /// No undo. From its first change on the copy is marked and has no control file: no server can be started in it
    /// before it is whole. A try that was cut off is taken up again by calling this.
    /// - Parameters:
    ///   - way: what `proveWay` returned a moment ago; nil proves it again.
    ///   - lines: what its `pg_hba.conf` must have, as it stands here; else it is not started.
    ///   - check: throws when the run is to stop; asked before anything is changed. The start follows the copy at once.
    /// - Returns: what moved on the wire, and whether the mirror was started.
    /// - Throws: `RecoveryError` with the place of the evidence; `StartFailure` when the whole copy does not start;
    ///   `ShellError`, `PostgresError`.
    @discardableResult
    public func differential(
        _ request: RecoveryRequest, way: ProvedWay? = nil, having lines: [String] = [], check: () throws -> Void,
        onEvent: @escaping @Sendable (RecoveryEvent) -> Void
    ) async throws -> (wire: WireBytes, isStarted: Bool) {
        let directory = RecoveryPlace(request.target.dataDirectory).directory
        let next = request.starts ? starting(request.target, having: lines, after: .differential) : nil
        let (wire, output) = try await contentCopy(request, .differential, directory, way, then: next, check, onEvent)
        return (wire, next != nil && Self.hasStarted(output))
    }

    /// Goes on with an unfinished full copy, beside the directory or in it: what is there already and equal does not
    /// move again.
    ///
    /// It is a new backup of the source with WAL of its own; equal is what has the same content.
    /// Undo: `discardNew` for one beside; none in place.
    /// - Returns: what moved on the wire.
    /// - Throws: `RecoveryError`; `OperationError` when there is nothing of ours to go on with; `ShellError`,
    ///   `PostgresError`.
    @discardableResult
    public func resumeFull(
        _ request: RecoveryRequest, check: () throws -> Void,
        onEvent: @escaping @Sendable (RecoveryEvent) -> Void
    ) async throws -> WireBytes {
        let mark = try await mark(request)
        let leftovers = try await reconcile(request.target)
        guard let found = leftovers.resumable, found.isSameMirror(as: mark) else {
            throw OperationError("\(request.target.label): there is no unfinished copy of ours to go on with")
        }
        let place = RecoveryPlace(request.target.dataDirectory)
        var isBeside = false
        if case .incomplete = leftovers.newCopy { isBeside = true }
        let (wire, _) = try await contentCopy(
            request, .resume, isBeside ? place.new : place.directory, nil, then: nil, check, onEvent)
        if isBeside {
            try check()
            onEvent(.phase(.swapping))
            try await swap(request, mark)
        }
        try await start(request, after: .resume, check: check, onEvent: onEvent)
        return wire
    }

    /// Proves that copies by content are possible; changes nothing.
    ///
    /// rsync on both ends, and SSH from the target's host to the source's as the user this shell is there, who has to
    /// be let in without being asked anything. A host whose SSH needs more than `ssh HOST` names it in `RSYNC_RSH`.
    /// - Returns: why one of them is not possible; nil when all are.
    /// - Throws: `ShellError` when the target's host does not answer.
    public func resumePossible(source: Segment, target: Segment) async throws -> String? {
        do {
            _ = try await proveWay(source: source, target: target)
            return nil
        } catch let obstacle as WayObstacle {
            return obstacle.description
        }
    }

    /// The same, for several instances on the source's host at once.
    ///
    /// - Parameters:
    ///   - others: to which the way is proved with it.
    ///   - seconds: for how long the SSH connection stays open for `differential`; it ends by itself then, or with the
    ///     last copy that goes over it by then.
    /// - Throws: `WayObstacle` when it cannot be gone; `ShellError` when the target's host does not answer.
    public func proveWay(
        source: Segment, with others: [Segment] = [], target: Segment, keptFor seconds: Int = 0
    ) async throws -> ProvedWay {
        let output = try await access.shell.run(
            ShellCommand(
                "LC_ALL=C; export LC_ALL\n"
                    + SourceWay(from: source, to: target).proof(status: 4, with: others, keptFor: seconds),
                purpose: "the way from \(target.hostname) to \(source.hostname)", timeout: .seconds(40),
                isWatched: true), on: target.hostname)
        guard output.succeeded else { throw WayObstacle(description: Self.obstacle(output, source, target)) }
        let kept = output.standardOutput.trimmed
        return ProvedWay(kept: kept.hasPrefix("/") ? kept : nil)
    }

    /// What stands in the way, from what SSH and rsync said.
    private static func obstacle(_ output: CommandOutput, _ source: Segment, _ target: Segment) -> String {
        let lines = output.standardError.split(whereSeparator: \.isNewline).map(String.init)
        guard !lines.contains(SourceWay.noProgram) else { return "no rsync on \(target.hostname)" }
        if output.standardError.contains("rsync: command not found")
            || output.standardError.contains("rsync: not found")
        {
            return "no rsync on \(source.hostname)"
        }
        // What SSH says stands before what rsync makes of it.
        let reason = lines.first { !$0.hasPrefix("rsync") } ?? lines.first ?? output.lastErrorLine
        return "\(target.hostname) cannot fetch from \(source.hostname): \(reason)"
    }
}

/// Why a mirror with a complete directory did not start, or is not known to have.
public struct StartFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// One line: the server's last words, or what became of the connection.
    public let description: String
}

/// Why files cannot be fetched from one host to another.
public struct WayObstacle: Error, Sendable, Equatable, CustomStringConvertible {
    /// One line: what is missing, or what SSH says.
    public let description: String
}

extension CommandOutput {
    /// The same with what it said to standard error after the last line that is `line`.
    fileprivate func since(_ line: String) -> CommandOutput {
        let lines = standardError.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let rest = lines.suffix(from: lines.lastIndex { $0 == line }.map { $0 + 1 } ?? lines.startIndex)
        return CommandOutput(
            status: status, standardOutput: standardOutput, standardError: rest.joined(separator: "\n"))
    }
}

extension CopyMark {
    /// Whether both are of the same content and dbid of the same cluster.
    public func isSameMirror(as other: CopyMark) -> Bool {
        content == other.content && dbid == other.dbid && systemIdentifier == other.systemIdentifier
    }
}

extension SegmentRecovery {
    /// - Parameter next: what is run in the same command when the copy is complete: another one would cost as much as
    ///   ten programs there.
    private func contentCopy(
        _ request: RecoveryRequest, _ method: CopyMethod, _ directory: String, _ way: ProvedWay?, then next: String?,
        _ check: () throws -> Void, _ onEvent: @escaping @Sendable (RecoveryEvent) -> Void
    ) async throws -> (WireBytes, CommandOutput) {
        let copy = try await plan(request, directory, way)
        let host = request.target.hostname
        try check()
        onEvent(.phase(.clearing))
        let count = WireCount()
        let reader = ProgressReader { line in
            switch line {
            case ContentCopy.begun: onEvent(.phase(.copying))
            case ContentCopy.complete:
                // What was expected of it was a guess.
                onEvent(.progress(done: count.finished, total: count.finished))
                count.end()
                guard next != nil else { return }
                onEvent(.moved(count.wire))
                onEvent(.phase(.starting))
            default: break
            }
            if let read = count.take(line) {
                onEvent(.progress(done: read.done, total: max(read.part, request.bytes)))
            }
        }
        let output: CommandOutput
        do {
            output = try await access.shell.run(
                ShellCommand(
                    copy.copy(method, then: next), purpose: "the copy of content \(request.source.content) to \(host)",
                    timeout: Self.endless, isWatched: true, onStandardError: { reader.take($0) }), on: host)
        } catch {
            guard next != nil, count.hasEnded else { throw error }
            throw StartFailure(description: "\(error)")
        }
        guard !output.succeeded else { return (count.wire, output) }
        guard next == nil || !count.hasEnded else {
            throw StartFailure(description: InstanceCopy.reason(output.since(ContentCopy.complete)))
        }
        guard output.status != ContentCopy.unreachedStatus else {
            throw RecoveryError(
                method, Self.obstacle(output, request.source, request.target), leavesTargetUntouched: true)
        }
        guard output.status != 3 else {
            throw RecoveryError(method, InstanceCopy.reason(output), leavesTargetUntouched: true)
        }
        // A slot for nobody would keep WAL until the source's disk is full.
        _ = await instanceCopy.dropSlot(of: request.source, until: .after(.seconds(10)))
        guard output.status != ContentCopy.unmarkedStatus else {
            throw RecoveryError(method, InstanceCopy.reason(output), leavesTargetUntouched: true)
        }
        let evidence = await keep(
            output.standardOutput + output.standardError,
            as: RecoveryPlace(request.target.dataDirectory).evidence(method, run: runID), on: host)
        throw RecoveryError(method, Self.reason(output), evidence: evidence, leavesTargetUntouched: false)
    }

    private func plan(_ request: RecoveryRequest, _ directory: String, _ way: ProvedWay?) async throws -> ContentCopy {
        let (mark, spaces, logs) = try await sourceFacts(request)
        if let space = spaces.first, request.source.hostname == request.target.hostname, !engine.tablespacesAreSeparate
        {
            throw OperationError(
                "\(request.target.label): its source on the same host has a tablespace in \(space.location)")
        }
        return ContentCopy(
            request: request, directory: directory, mark: mark, build: build, tablespaces: spaces, logDirectory: logs,
            way: way)
    }

    /// The copy's mark, the source's tablespaces outside its data directory by number and place, its log directory.
    private func sourceFacts(_ request: RecoveryRequest) async throws -> (
        CopyMark, [(oid: String, location: String)], String
    ) {
        if let known = request.sourceFacts, let logs = known.logDirectory, known.dataBytes != nil {
            return (mark(request, known), known.tablespaces.map { ($0.oid, $0.location) }, logs)
        }
        return try await access.withSegment(request.source) { connection in
            let spaces = try connection.query(
                "SELECT oid, pg_catalog.pg_tablespace_location(oid) FROM \(ContentCopy.tablespaces) ORDER BY oid"
            ).rows.map { (oid: $0[0] ?? "", location: $0[1] ?? "") }
            let logs = try connection.query("SELECT pg_catalog.current_setting('log_directory')").value() ?? "log"
            return (try self.mark(request, on: connection), spaces, logs)
        }
    }

    /// What rsync, or SSH below it, complained of; its last line is only a summary.
    private static func reason(_ output: CommandOutput) -> String {
        let lines = output.standardError.split(whereSeparator: \.isNewline)
        let named =
            lines.last { $0.hasPrefix(ContentCopy.streamEnded) }
            ?? lines.last { line in
                // That the other end is gone is what each end says of the other's trouble.
                line.hasPrefix("rsync: ") && !line.contains("connection unexpectedly closed")
                    && !line.contains("Broken pipe")
            }
        return named.map(String.init) ?? InstanceCopy.reason(output)
    }
}
