import Glibc
import RemoteShell

/// Runs every script here, whatever the host, as an account that PostgreSQL accepts: it refuses root.
struct AccountShell: Shell {
    private let local = LocalShell(watch: WatchLimits(interval: .seconds(1), limit: 10, grace: 2))

    static let account = getuid() == 0 ? (getpwnam("postgres") == nil ? "nobody" : "postgres") : nil

    func run(_ command: ShellCommand, on host: String) async throws(ShellError) -> CommandOutput {
        var wrapped = command
        let user = Self.account.flatMap { getpwnam($0) }.map {
            "/usr/bin/setpriv --reuid=\($0.pointee.pw_uid) --regid=\($0.pointee.pw_gid) --init-groups "
        }
        wrapped.script =
            "cd / && exec \(user ?? "")/usr/bin/env -i PATH=/usr/bin:/bin /bin/sh -c \(ShellQuoting.word(command.script))"
        return try await local.run(wrapped, on: host)
    }

    func close() async { await local.close() }
}
