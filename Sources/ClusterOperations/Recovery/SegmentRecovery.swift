import BlockingWork
public import ClusterModel
public import Logging
import PostgresClient
import RemoteShell

/// Brings a lost mirror back, by one method each; decides nothing and writes nothing into the catalog.
///
/// Every script that takes long is watched: it ends when its tool is gone. What is half done always has a mark of
/// ours beside it, so that no later run takes it for good; `reconcile` reads these marks.
public struct SegmentRecovery: Sendable {
    public let access: ClusterAccess
    public let build: MirrorBuild
    /// What the marks name the run by: letters, digits, `.`, `_`, `-`.
    public let runID: String
    public let logger: Logger

    /// A bound on what has no natural end; the watcher ends a copy whose tool is gone long before.
    static let endless = Duration.seconds(7 * 24 * 3600)
    /// How long a server may take to start, as the original allows.
    static let startTimeout = Duration.seconds(600)

    public init(access: ClusterAccess, build: MirrorBuild, runID: String, logger: Logger) {
        self.access = access
        self.build = build
        self.runID = runID
        self.logger = logger
    }

    var engine: Engine { build.engine }

    /// The application name of the session with the source that a method keeps open; a full copy has its program's.
    public static func sessionName(of method: CopyMethod) -> String {
        switch method {
        case .rewind: Rewind.applicationName
        case .differential, .resume: ContentCopy.applicationName
        case .full: "pg_basebackup"
        }
    }

    /// The mark of this run for one mirror.
    ///
    /// - Throws: what the source answers when it cannot be asked.
    func mark(_ request: RecoveryRequest) async throws -> CopyMark {
        if let known = request.sourceFacts { return mark(request, known) }
        return try await access.withSegment(request.source) { try mark(request, on: $0) }
    }

    /// The same in an open session with the source.
    func mark(_ request: RecoveryRequest, on source: borrowing PostgresConnection) throws -> CopyMark {
        try instanceCopy.mark(request.item(in: request.target.dataDirectory), on: source)
    }

    /// The same from what the source said.
    func mark(_ request: RecoveryRequest, _ source: SourceRecoveryFacts) -> CopyMark {
        instanceCopy.mark(request.item(in: request.target.dataDirectory), of: source.systemIdentifier)
    }

    var instanceCopy: InstanceCopy { InstanceCopy(access: access, build: build, runID: runID, logger: logger) }

    /// Runs a script on the target's host to its end.
    ///
    /// - Throws: `ShellError`; `OperationError` with the program's last words.
    @discardableResult
    func run(
        _ script: String, on host: String, purpose: String, timeout: Duration = SegmentRecovery.endless,
        onStandardError: (@Sendable ([UInt8]) -> Void)? = nil
    ) async throws -> CommandOutput {
        let output = try await access.shell.run(
            ShellCommand(
                script, purpose: purpose, timeout: timeout, isWatched: true, onStandardError: onStandardError),
            on: host)
        guard output.succeeded else { throw OperationError(InstanceCopy.reason(output)) }
        return output
    }

    /// Starts the mirror in its complete directory, waits for it and takes the marks away.
    ///
    /// Undo: `stop`.
    /// - Parameter method: what made the copy; what a rewind has told is of no use any more when the server runs.
    /// - Throws: `ShellError`; `OperationError` with the server's last words.
    public func start(_ target: Segment, after method: CopyMethod? = nil) async throws {
        _ = try await start(target, having: [], after: method)
    }

    /// The same, unless its `pg_hba.conf` lacks one of these lines as they stand here.
    ///
    /// - Returns: whether it was started.
    public func start(
        _ target: Segment, having lines: [String], after method: CopyMethod? = nil
    ) async throws -> Bool {
        let output = try await run(
            starting(target, having: lines, after: method), on: target.hostname,
            purpose: "the start of \(target.label)", timeout: Self.startTimeout + .seconds(30))
        return Self.hasStarted(output)
    }

    /// The shell text of that; it prints what `hasStarted` reads as its last line.
    func starting(_ target: Segment, having lines: [String], after method: CopyMethod?) -> String {
        let file = ShellQuoting.word(RecoveryPlace(target.dataDirectory).directory + "/pg_hba.conf")
        let patterns = lines.map { "-e \(ShellQuoting.word($0))" }.joined(separator: " ")
        let check = """
            found=`LC_ALL=C grep -x -F \(patterns) \(file) 2>/dev/null`
            for line in \(ShellQuoting.words(lines)); do
              case "
            $found
            " in *"
            $line
            "*) ;; *) echo '\(Self.lacking)'; exit 0 ;; esac
            done

            """
        let story = method == .rewind ? RecoveryPlace(target.dataDirectory).evidence(.rewind, run: runID) : nil
        return (lines.isEmpty ? "" : check) + build.start(target, timeout: Self.startTimeout, removing: story)
    }

    private static let lacking = "gpha: lines are lacking"

    /// Whether a script that ended well started the mirror.
    static func hasStarted(_ output: CommandOutput) -> Bool { !output.standardOutput.hasSuffix(lacking + "\n") }

    /// Starts it when the request says so, unless the run is to stop.
    func start(
        _ request: RecoveryRequest, after method: CopyMethod, check: () throws -> Void,
        onEvent: (RecoveryEvent) -> Void
    ) async throws {
        guard request.starts else { return }
        try check()
        onEvent(.phase(.starting))
        try await start(request.target, after: method)
    }

    /// Makes the mirror's slot at the source unless there is one, so that no WAL goes that the mirror needs.
    static func ensureSlot(on source: borrowing PostgresConnection) throws {
        let found = try source.query(
            "SELECT 1 FROM pg_catalog.pg_replication_slots WHERE slot_name = $1", [Engine.replicationSlot])
        guard found.rows.isEmpty else { return }
        try source.query(
            "SELECT pg_catalog.pg_create_physical_replication_slot($1, true)", [Engine.replicationSlot])
    }

    /// Adds to the evidence of a method why the copy that it left did not run: the control file and the logs as they are.
    ///
    /// - Returns: the evidence's file on the target's host; nil when it could not be written.
    public func keepFailedStart(_ target: Segment, after method: CopyMethod, _ reason: String) async -> String? {
        let place = RecoveryPlace(target.dataDirectory)
        let path = place.evidence(method, run: runID)
        let script = """
            umask 077; LC_ALL=C; export LC_ALL
            directory=\(ShellQuoting.word(place.directory))
            {
              printf '%s\\n' \(ShellQuoting.word(reason))
              echo 'pg_controldata after'; timeout 10 \(build.program("pg_controldata")) -D "$directory" 2>&1
              newest=`ls -t "$directory/log" | head -n 1`; [ "$newest" != startup.log ] || newest=
              for file in startup.log ${newest:+"$newest"}; do tail -v -c 16384 -- "$directory/log/$file"; done 2>&1
              :
            } >> \(ShellQuoting.word(path))
            """
        return await write(script, to: path, on: target.hostname)
    }

    /// Writes what a failed try was about to a file on the target's host; returns its path, nil when that failed too.
    func keep(_ story: String, as path: String, on host: String) async -> String? {
        let script =
            "umask 077; printf '%s\\n' \(ShellQuoting.word(String(story.suffix(60_000)))) > \(ShellQuoting.word(path))"
        return await write(script, to: path, on: host)
    }

    /// In a task of its own, so that it is done to its end when the run is being stopped.
    private func write(_ script: String, to path: String, on host: String) async -> String? {
        await Task.detached {
            let output = try? await access.shell.run(
                ShellCommand(script, purpose: "keeping \(path)"), on: host)
            return output?.succeeded == true ? path : nil
        }.value
    }
}
