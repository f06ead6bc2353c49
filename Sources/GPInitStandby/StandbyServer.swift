import ClusterModel
import ClusterOperations
import RemoteShell

/// The standby's server and its directory, reached on its host.
struct StandbyServer: Sendable {
    let access: ClusterAccess
    let standby: Segment

    private static let startTimeout = Duration.seconds(600)

    private var build: MirrorBuild {
        MirrorBuild(engine: access.engine, binaryDirectory: access.location.binaryDirectory, user: access.user)
    }
    private var program: String { ShellQuoting.word("\(access.location.binaryDirectory)/pg_ctl") }
    private var directory: String { ShellQuoting.word(standby.dataDirectory) }

    /// Starts it and waits for it; one that runs stays as it is.
    func start() async throws {
        try await run(
            build.start(standby, timeout: Self.startTimeout, keepsMark: true),
            "the start of the standby on \(standby.hostname)",
            timeout: Self.startTimeout + .seconds(30))
    }

    /// Stops it; refuses a server that follows nobody, which is no standby any more.
    func stop() async throws {
        let script = """
            directory=\(directory)
            [ -d "$directory" ] || exit 0
            \(program) -D "$directory" status >/dev/null 2>&1 || exit 0
            [ -f "$directory/standby.signal" ] || {
              echo "the server in $directory is no standby any more: it was activated" >&2; exit 3; }
            \(program) -D "$directory" -m fast -w -t 120 stop >/dev/null && exit 0
            \(program) -D "$directory" -m immediate -w -t 60 stop >/dev/null
            """
        do { try await run(script, "the stop of the standby on \(standby.hostname)", timeout: .seconds(200)) } catch {
            throw OperationError("Failed to stop postmaster process on standby coordinator, \(error)")
        }
    }

    /// Removes its directory, which must be a standby's or a copy of ours, and returns tablespace directories that stay.
    func removeDirectory() async throws -> [String] {
        let script = StandbyDirectoryRemoval(engine: access.engine, standby: standby).script
        let text = try await run(script, "removing \(standby.dataDirectory)", timeout: .seconds(600))
        return text.split(separator: "\n").map(String.init)
    }

    /// Stops and removes the copy with this mark and what it put into tablespaces; nothing where there is no such mark.
    func removeCopy(_ mark: CopyMark) async throws {
        let words = "gpha-copy 1 \(mark.run) \(mark.content) \(mark.dbid) \(mark.systemIdentifier)"
        // Before the copy the tablespaces' directories were seen to be empty: all in them is the copy's.
        let script = """
            directory=\(directory); beside=\(ShellQuoting.word(CopyMark.besidePath(standby.dataDirectory)))
            mark=\(ShellQuoting.word(words))
            ours() { case `head -n 1 "$1" 2>/dev/null` in "$mark"|"$mark "*) return 0 ;; esac; return 1; }
            ours "$beside" || ours "$directory/gpha.copy" || exit 0
            if \(program) -D "$directory" status >/dev/null 2>&1; then
              \(program) -D "$directory" -m immediate -w -t 60 stop >/dev/null || exit 4
            fi
            find "$directory/pg_tblspc" -type l 2>/dev/null | while IFS= read -r link; do find "$link/" -mindepth 1 -delete; done
            rm -rf "$directory" || exit 4
            if ours "$beside"; then rm -f "$beside"; fi
            exit 0
            """
        try await run(script, "removing the copy in \(standby.dataDirectory)", timeout: .seconds(3600))
    }

    /// The last thing the server said that tells why it does not stream; nil when there is nothing.
    func lastComplaint() async -> String? {
        let script = """
            ls -t \(directory)/log/* 2>/dev/null | head -n 2 | while read -r file; do tail -n 200 "$file"; done |
            grep -E 'FATAL|ERROR|PANIC' | tail -n 1
            """
        let output = try? await access.shell.run(
            ShellCommand(script, purpose: "reading the standby's log"), on: standby.hostname)
        let line = output?.standardOutput.trimmed ?? ""
        return line.isEmpty ? nil : line
    }

    /// The slot that its settings name (`primary_slot_name`, the last one that is set); nil when they name none.
    ///
    /// - Throws: `ShellError` or `OperationError` when the host does not tell.
    func slotName() async throws -> String? {
        let file = access.engine.followingSettings.file
        let script = """
            cd \(directory) || exit 1
            for file in postgresql.conf \(file); do [ -f "$file" ] || continue; cat "$file" || exit 1; echo; done |
            LC_ALL=C sed -n "s/^[[:space:]]*primary_slot_name[[:space:]]*=*[[:space:]]*'*\\([a-z0-9_]*\\).*/\\1/p" | tail -n 1
            """
        let purpose = "reading the settings of the standby on \(standby.hostname)"
        let name = try await run(script, purpose, timeout: .seconds(30)).trimmed
        return name.isEmpty ? nil : name
    }

    @discardableResult
    private func run(_ script: String, _ purpose: String, timeout: Duration) async throws -> String {
        let output = try await access.shell.run(
            ShellCommand(script, purpose: purpose, timeout: timeout), on: standby.hostname)
        guard output.succeeded else { throw OperationError("\(standby.hostname): \(output.lastErrorLine)") }
        return output.standardOutput
    }
}

/// The logs of a standby that is about to be removed again.
struct StandbyLogs: Sendable {
    let standby: Segment
    /// The name of the directory they go to, in `~/gpAdminLogs` of the standby's host.
    let name: String

    /// Copies them and returns where they are, with the host; nil when there are none.
    func keep(_ access: ClusterAccess, _ mark: CopyMark) async -> String? {
        let script = """
            from=\(ShellQuoting.word(standby.dataDirectory))/log
            grep -q \(ShellQuoting.word("^gpha-copy 1 \(mark.run) ")) "$from/../gpha.copy" 2>/dev/null || exit 1
            [ -n "`ls -A "$from" 2>/dev/null`" ] || exit 1
            to="$HOME/gpAdminLogs/"\(ShellQuoting.word(name))
            mkdir -p "$to" && cp -p "$from"/* "$to"/ && printf '%s' "$to"
            """
        let output = try? await access.shell.run(
            ShellCommand(script, purpose: "keeping the standby's logs"), on: standby.hostname)
        guard let output, output.succeeded else { return nil }
        return "\(standby.hostname):\(output.standardOutput)"
    }
}
