import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient
import RemoteShell
import Reporting
import ToolSupport

/// Ends the standby's recovery and waits until it takes writes.
struct Promotion: Sendable {
    let context: ToolContext
    /// With this machine's shell.
    let access: ClusterAccess
    let timeout: Duration

    /// How often it is said how far the replay is.
    private static let reportPause = Duration.seconds(5)

    /// Tells the server to end its recovery; one that is on its way already is not told again.
    ///
    /// No undo: a promoted server is on a timeline of its own.
    /// - Throws: `OperationError` when it refuses and is a standby as before; `ShellError` when nobody knows.
    func request() async throws {
        context.report(.info("Promoting standby..."))
        let program = ShellQuoting.word("\(access.location.binaryDirectory)/pg_ctl")
        let directory = ShellQuoting.word(access.location.dataDirectory)
        let output = try await access.shell.run(
            ShellCommand("\(program) promote -W -s -D \(directory)", purpose: "pg_ctl promote"), on: "localhost")
        if !output.succeeded, try await isStillStandby() {
            throw OperationError("pg_ctl promote: \(output.lastErrorLine)", hint: "see the standby's log")
        }
    }

    /// Waits until it takes writes.
    ///
    /// - Throws: `OperationError` when it is not out of recovery in time; the server goes on by itself then.
    func awaitEnd() async throws {
        try await awaitEnd(.after(timeout))
        context.report(.info("Standby coordinator is promoted"))
    }

    /// A server that left recovery between two looks refuses to be promoted, rightly.
    private func isStillStandby() async throws -> Bool {
        do {
            return try await access.withCoordinator { try LocalServer.ask($0) }.isInRecovery
        } catch let error as PostgresError {
            switch ServerPing.classify(error) {
            case .mirror, .rejecting: break
            case .accepting, .silent: throw error
            }
            return LocalFiles.exists("\(access.location.dataDirectory)/standby.signal")
        }
    }

    /// How far it is, or that it is there.
    private enum Look: Sendable {
        case done
        case replaying(String)
    }

    private func awaitEnd(_ deadline: Deadline) async throws {
        var nextReport = Deadline.after(Self.reportPause)
        var last = "nothing was heard of it"
        while !deadline.isPast {
            switch try await look(deadline) {
            case .done: return
            case .replaying(let text): last = text
            }
            if nextReport.isPast {
                context.report(.info("waiting for the end of the replay: \(last)"))
                nextReport = .after(Self.reportPause)
            }
            try context.stop.check()
        }
        throw OperationError(
            "Timed out waiting for promoted coordinator to accept database connections. (\(last))",
            hint: "the server goes on by itself: run gpactivatestandby again, with a longer --timeout")
    }

    /// One session that stays open through the end of the recovery, for a second at most.
    private func look(_ deadline: Deadline) async throws -> Look {
        do {
            return try await access.withCoordinator { connection in
                let end = Deadline.after(.seconds(1)).sooner(deadline)
                while true {
                    let server = try LocalServer.ask(connection)
                    if !server.isInRecovery { return .done }
                    if end.isPast { return .replaying(Self.words(server)) }
                    Thread.sleep(.milliseconds(10))
                }
            }
        } catch let error as PostgresError {
            guard !access.engine.mirrorsAcceptSessions || error.kind == .lost || error.isServerStarting else {
                throw error
            }
            try await Task.sleep(for: .milliseconds(50))
            return .replaying("\(error)".split(whereSeparator: \.isNewline).joined(separator: "; "))
        }
    }

    private static func words(_ server: LocalServer) -> String {
        let left = server.replayed.flatMap { replayed in server.received.map { replayed.bytes(behind: $0) } }
        return "at \(server.replayed.map { "\($0)" } ?? "an unknown position"), "
            + "\(left.map { ByteCount.text($0) } ?? "an unknown part") left"
    }
}
