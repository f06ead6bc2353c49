import ClusterModel
import ClusterOperations
import RemoteShell
import Reporting
import Synchronization

/// Writes lines to `pg_hba.conf` files and makes the servers read them.
struct AccessStep: Sendable {
    let access: ClusterAccess
    let standby: Segment
    let undo: UndoStack?

    private static let comment = "standby coordinator host ip addresses"

    /// Adds the lines of one change.
    ///
    /// Undo: its old bytes come back, or where somebody changed the file since, these lines go.
    /// - Throws: `ShellError`, `OperationError`.
    func write(_ change: StandbyPlan.AccessChange) async throws {
        let host = change.instance.hostname
        let old = try await HostFiles.read(change.file, on: host, access.shell)
        guard let text = HostBasedAuthentication.adding(change.lines, to: old.text, comment: Self.comment) else {
            return try await reload(change.instance, access)
        }
        let lines = ["# \(Self.comment)"] + HostBasedAuthentication.missing(change.lines, in: old.text)
        let written = Written()
        undo?.push("\(change.file) on \(host) keeps our lines") { [self] access in
            try await HostFiles.takeBack(
                lines, from: change.file, old: old, written: written.checksum.withLock { $0 }, on: host, access.shell)
            try await reload(change.instance, access)
        }
        let checksum = try await HostFiles.replace(change.file, old, with: text, on: host, access.shell)
        written.checksum.withLock { $0 = checksum }
        try await reload(change.instance, access)
    }

    /// What is known of a file that was being written.
    private final class Written: Sendable {
        let checksum = Mutex<String?>(nil)
    }

    /// Writes all files side by side; returns the instances whose files stayed as they were.
    func writeAll(_ changes: [StandbyPlan.AccessChange]) async -> [StandbyPlan.LeftOut] {
        await fanOut(changes, limit: 64) { change -> StandbyPlan.LeftOut? in
            do {
                try await write(change)
                return nil
            } catch { return StandbyPlan.LeftOut(instance: change.instance, reason: "\(error)") }
        }.compactMap { $0 }
    }

    /// Makes a server read its files again; one that does not run reads them when it starts.
    private func reload(_ instance: Segment, _ access: ClusterAccess) async throws {
        let program = ShellQuoting.word("\(access.location.binaryDirectory)/pg_ctl")
        let directory = ShellQuoting.word(instance.dataDirectory)
        let output = try await access.shell.run(
            ShellCommand(
                "\(program) -D \(directory) status >/dev/null 2>&1 || exit 0; \(program) -D \(directory) -s reload",
                purpose: "the reload of \(instance.label)"), on: instance.hostname)
        guard output.succeeded else { throw OperationError("\(instance.label): \(output.lastErrorLine)") }
    }
}
