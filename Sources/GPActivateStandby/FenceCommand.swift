import ClusterModel
import ClusterOperations
import RemoteShell

/// The user's own command that switches the old coordinator off, run by `/bin/sh -c` on this machine.
struct FenceCommand: Sendable {
    let command: String
    let former: FormerCoordinator

    /// How long it may take.
    static let patience = Duration.seconds(120)

    /// Runs it; whom it is about is in its environment only.
    ///
    /// No undo.
    /// - Throws: `OperationError` when it ends with anything but 0; `ShellError` when its time is up.
    func run(_ shell: any Shell) async throws {
        let output = try await shell.run(
            ShellCommand(script, purpose: "the fence command", timeout: Self.patience, isWatched: true),
            on: "localhost")
        guard output.succeeded else {
            let last = output.standardError.isEmpty ? "" : ": \(output.lastErrorLine)"
            throw OperationError(
                "the fence command ended with \(output.status)\(last)",
                hint: "make sure that the old coordinator is off, then run this again")
        }
    }

    var script: String {
        let variables = [
            ("GPHA_OLD_HOST", former.hostname), ("GPHA_OLD_ADDRESS", former.address),
            ("GPHA_OLD_PORT", "\(former.port)"), ("GPHA_OLD_DATA_DIRECTORY", former.dataDirectory ?? ""),
        ].map { "\($0.0)=\(ShellQuoting.word($0.1))" }.joined(separator: " ")
        return "export \(variables); exec /bin/sh -c \(ShellQuoting.word(command)) </dev/null"
    }
}
