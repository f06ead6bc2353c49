import ClusterModel
import ClusterOperations
import Glibc
import RemoteShell
import TestSupport
import Testing

/// Mirrors whose tablespaces lie outside the data directory, at the same path on either host.
///
/// The mirror's "host" is a mount namespace in which that path is another directory; it fetches over a real sshd.
@Suite(.serialized, .enabled(if: geteuid() == 0, "a mount namespace of its own needs root"))
struct TablespaceTests {
    @Test func `a tablespace comes along by content and anew, into the mirror's own directory`() async throws {
        let pair = try await RecoveryPair()
        let server = try await LoopbackSSHServer()
        try await pair.run("mkdir \(pair.path)/space \(pair.path)/far; umask 077; : > \(pair.path)/key")
        for (name, text) in [
            ("key", server.directory.read("user_key")), ("known_hosts", server.directory.read("known_hosts")),
            (
                "ssh_config",
                "Host *\n HostName 127.0.0.1\n Port \(server.port)\n User root\n IdentityFile \(pair.path)/key\n UserKnownHostsFile \(pair.path)/known_hosts\n"
            ),
        ] { try await pair.run("printf '%s\\n' \(ShellQuoting.word(text)) > \(pair.path)/\(name)") }
        var shell = pair.shell
        shell.mounts = ["sdw2": "mount --bind \(pair.path)/far \(pair.path)/space"]
        shell.variables = ["RSYNC_RSH=ssh -F \(pair.path)/ssh_config"]
        var target = pair.mirror
        target.hostname = "sdw2"
        try await pair.start(pair.primary)
        try await pair.sql("CREATE TABLESPACE big LOCATION '\(pair.path)/space'", on: pair.primary)
        try await pair.sql(
            "CREATE TABLE public.wide TABLESPACE big AS SELECT * FROM public.goods LIMIT 2000", on: pair.primary)

        let request = pair.request(target, from: pair.primary)
        let recovery = try pair.recovery(source: pair.primary, shell: shell)
        try await recovery.differential(request, check: {}, onEvent: { _ in })
        try await follows(pair, 2000)

        try await pair.sql("DELETE FROM public.wide WHERE id <= 100", on: pair.primary)
        #expect(try await recovery.stop(failed: target) == .stopped("fast"))
        let place = FullPlace.choose(try await recovery.look(target).place, bytes: 1)
        #expect(place == .inPlace(.tablespaces(["\(pair.path)/space"])))
        let events = Events()
        try await recovery.full(request, place: place, check: {}, onEvent: events.take)
        #expect(events.phases == [.clearing, .copying, .starting])
        try await follows(pair, 1900)

        // What the source said a moment ago may not hold any more when the copy begins.
        var checked = request
        var said = SourceRecoveryFacts(systemIdentifier: "1")
        (said.dataBytes, said.logDirectory) = (1, "log")
        checked.sourceFacts = said
        #expect(try await recovery.stop(failed: target) == .stopped("fast"))
        let changed = await #expect(throws: RecoveryError.self) {
            try await recovery.differential(checked, check: {}, onEvent: { _ in })
        }
        #expect(changed?.message == "the source has got or lost a tablespace")
        said.tablespaces = [.init(oid: try await oid(pair), location: "\(pair.path)/space")]
        said.systemIdentifier = try await pair.sql(
            "SELECT system_identifier FROM pg_control_system()", on: pair.primary)
        checked.sourceFacts = said
        try await recovery.differential(checked, check: {}, onEvent: { _ in })
        try await follows(pair, 1900)

        // On one and the same host the two would write into one directory.
        let near = pair.request(pair.mirror, from: pair.primary)
        #expect(try await recovery.stop(failed: target) == .stopped("fast"))
        let refused = await #expect(throws: OperationError.self) {
            try await recovery.differential(near, check: {}, onEvent: { _ in })
        }
        #expect(refused?.message.contains("has a tablespace in \(pair.path)/space") == true)
    }

    private func oid(_ pair: RecoveryPair) async throws -> String {
        try await pair.sql("SELECT oid FROM pg_tablespace WHERE spcname = 'big'", on: pair.primary)
    }

    private func follows(_ pair: RecoveryPair, _ rows: Int) async throws {
        try await pair.catchUp(pair.mirror, from: pair.primary)
        #expect(
            try await pair.sql("SELECT count(*) || ' ' || min(length(note)) FROM public.wide", on: pair.mirror)
                == "\(rows) 1024")
        // The mirror's own directory, not its source's.
        let used = try await pair.run("cd \(pair.path) && find far -type f | wc -l; find space -type f | wc -l")
        #expect(used.split(separator: "\n").allSatisfy { (Int($0) ?? 0) > 1 }, "\(used)")
        try await pair.run("$bin/pg_amcheck -h 127.0.0.1 -p \(pair.mirror.port) -U postgres postgres")
    }
}
