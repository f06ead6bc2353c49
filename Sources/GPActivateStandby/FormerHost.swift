import ClusterModel
import RemoteShell

extension Shell {
    /// Runs a script on the old coordinator's host.
    ///
    /// Where its name was found by its address, SSH may know it by the address alone: that is the second try.
    /// - Throws: `ShellError` of the first try.
    func run(_ command: ShellCommand, onHostOf former: FormerCoordinator) async throws -> CommandOutput {
        do {
            return try await run(command, on: former.hostname)
        } catch {
            guard former.dbid == nil, former.address != former.hostname,
                let output = try? await run(command, on: former.address)
            else { throw error }
            return output
        }
    }
}
