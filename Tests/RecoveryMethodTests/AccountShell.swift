import Glibc
import RemoteShell

/// Runs every script here, whatever the host, as an account that PostgreSQL accepts: it refuses root.
struct AccountShell: Shell {
    private let local = LocalShell(watch: WatchLimits(interval: .seconds(1), limit: 10, grace: 2))

    /// Directories of one host that are others underneath, by host: shell text that root runs in a mount namespace.
    var mounts: [String: String] = [:]
    /// Variables of every script, as `name=value`.
    var variables: [String] = []

    static let account = getuid() == 0 ? (getpwnam("postgres") == nil ? "nobody" : "postgres") : nil

    func run(_ command: ShellCommand, on host: String) async throws(ShellError) -> CommandOutput {
        var wrapped = command
        let user = Self.account.flatMap { getpwnam($0) }.map {
            "/usr/bin/setpriv --reuid=\($0.pointee.pw_uid) --regid=\($0.pointee.pw_gid) --init-groups "
        }
        let inner = (["PATH=/usr/bin:/bin"] + variables + ["/bin/sh", "-c", command.script])
        let plain = "cd / && exec \(user ?? "")/usr/bin/env -i \(ShellQuoting.words(inner))"
        wrapped.script =
            mounts[host].map {
                "exec /usr/bin/unshare -m --propagation private /bin/sh -c \(ShellQuoting.word("\($0) && \(plain)"))"
            } ?? plain
        return try await local.run(wrapped, on: host)
    }

    func close() async { await local.close() }
}
