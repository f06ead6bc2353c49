import ClusterModel
import ClusterOperations
import Logging
import PostgresClient
import RemoteShell

/// What happens while a segment's data is recovered.
enum DataEvent: Sendable, Equatable {
    /// A program began to change the data.
    case begun
    case phase(String)
    /// In bytes.
    case progress(done: Int, total: Int)
}

/// Gives a stopped segment its primary's data, by one method; leaves it configured and not started.
struct DataRecovery: Sendable {
    let access: ClusterAccess
    let build: MirrorBuild
    let runID: String
    let logger: Logger

    private static let endless = Duration.seconds(7 * 24 * 3600)

    func recover(
        _ item: RecoveryPlan.Item, by method: RecoveryMethod, maxRate: String?, check: () throws -> Void,
        onEvent: @escaping @Sendable (DataEvent) -> Void
    ) async throws {
        try check()
        switch method {
        case .incremental: try await rewind(item, onEvent)
        case .differential: throw OperationError("differential recovery is not there")
        case .full: try await copy(item, maxRate, check, onEvent)
        }
    }

    private func rewind(_ item: RecoveryPlan.Item, _ onEvent: @escaping @Sendable (DataEvent) -> Void) async throws {
        try await access.withSegment(item.source) { connection in
            try connection.query("CHECKPOINT", timeout: .seconds(600))
            try connection.query(
                """
                SELECT pg_catalog.pg_create_physical_replication_slot($1, true)
                WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE slot_name = $1)
                """, [Engine.replicationSlot])
        }
        let bin = access.location.binaryDirectory
        let source = "host=\(access.engine.connectionHost(of: item.source)) port=\(item.source.port) "
            + "user=\(build.user) dbname=\(access.engine.database) application_name=\(RecoveryGathering.rewindName)"
        let script = """
            umask 077
            directory=\(ShellQuoting.word(item.target.dataDirectory))
            if [ -f "$directory/standby.signal" ]; then
              echo 'skipping pg_rewind on mirror as standby.signal is present' >&2
            else
              LC_ALL=C \(ShellQuoting.word(bin + "/pg_rewind")) --progress --write-recovery-conf --target-pgdata="$directory" \\
                --source-server=\(ShellQuoting.word(source)) || exit 5
            fi
            \(build.configure(planItem(item)))
            printf "primary_slot_name = '%s'\\n" \(Engine.replicationSlot) >> "$directory/postgresql.auto.conf"
            """
        onEvent(.begun)
        try await command(script, item, "the rewind of \(item.target.label)", onEvent)
    }

    private func copy(
        _ item: RecoveryPlan.Item, _ maxRate: String?, _ check: () throws -> Void,
        _ onEvent: @escaping @Sendable (DataEvent) -> Void
    ) async throws {
        let directory = ShellQuoting.word(item.target.dataDirectory)
        try await command(
            "rm -rf \(directory).gpha-old; [ ! -e \(directory) ] || mv \(directory) \(directory).gpha-old", item,
            "moving the old copy", onEvent)
        let copy = InstanceCopy(access: access, build: build, runID: runID, logger: logger)
        let planned = planItem(item)
        let mark = try await copy.mark(planned)
        try await copy.copy(planned, mark, check: check) { event in
            switch event {
            case .begun: onEvent(.begun)
            case .progress(let read): onEvent(.progress(done: read.doneBytes, total: read.totalBytes))
            case .removing, .copying: break
            }
        }
    }

    private func planItem(_ item: RecoveryPlan.Item) -> MirrorPlan.Item {
        MirrorPlan.Item(mirror: item.target, source: item.source, action: .copy, bytes: 0, settings: item.settings)
    }

    private func command(
        _ script: String, _ item: RecoveryPlan.Item, _ purpose: String,
        _ onEvent: @escaping @Sendable (DataEvent) -> Void
    ) async throws {
        let reader = ProgressReader { line in
            if let read = CopyProgress(line: line) { onEvent(.progress(done: read.doneBytes, total: read.totalBytes)) }
            if line.contains("pg_rewind") { onEvent(.phase(line)) }
        }
        let output = try await access.shell.run(
            ShellCommand(
                script, purpose: purpose, timeout: Self.endless, isWatched: true,
                onStandardError: { reader.take($0) }), on: item.target.hostname)
        guard output.succeeded else { throw OperationError(output.lastErrorLine) }
    }

    func stop(_ segment: Segment) async throws {
        let directory = ShellQuoting.word(segment.dataDirectory)
        let control = ShellQuoting.word(access.location.binaryDirectory + "/pg_ctl")
        let script = """
            directory=\(directory)
            pid=`head -n 1 "$directory/postmaster.pid" 2>/dev/null` || exit 0
            if [ "`readlink "/proc/$pid/cwd"`" = "`cd "$directory" && pwd -P`" ]; then
              \(control) -D "$directory" -m fast -w -t 120 stop >&2 || \(control) -D "$directory" -m immediate -w -t 60 stop >&2 || exit 3
            fi
            rm -f "$directory/postmaster.pid"
            """
        let output = try await access.shell.run(
            ShellCommand(script, purpose: "stopping \(segment.label)", timeout: .seconds(200), isWatched: true),
            on: segment.hostname)
        guard output.succeeded else { throw OperationError(output.lastErrorLine) }
    }

    func start(_ target: Segment) async throws {
        let output = try await access.shell.run(
            ShellCommand(
                build.start(target, timeout: .seconds(600)), purpose: "the start of \(target.label)",
                timeout: .seconds(630), isWatched: true), on: target.hostname)
        guard output.succeeded else { throw OperationError(output.lastErrorLine) }
    }
}

extension DataRecovery {
    /// What is reported of a method that failed.
    static func failure(of method: RecoveryMethod, _ error: any Error) -> MethodFailure {
        MethodFailure(method: method, error: "\(error)", evidence: nil)
    }
}
