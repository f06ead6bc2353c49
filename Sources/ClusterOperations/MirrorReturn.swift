public import ClusterModel
import RemoteShell

/// The commands that stop a primary cleanly and make it follow the one that took its place.
extension MirrorBuild {
    /// Stops a server fast: it ends its sessions, writes a checkpoint and hands all of it to its mirror.
    ///
    /// A server that does not run is left so. Undo: `start`.
    /// - Parameter timeout: how long the server is waited for; it goes on stopping after that.
    public func stop(_ segment: Segment, timeout: Duration) -> String {
        """
        directory=\(ShellQuoting.word(segment.dataDirectory))
        \(program("pg_ctl")) -D "$directory" status >/dev/null 2>&1
        [ $? -eq 3 ] && exit 0
        LC_ALL=C \(program("pg_ctl")) -D "$directory" -m fast -w -t \(timeout.components.seconds) stop </dev/null >/dev/null
        """
    }

    /// Prints the control data of a stopped server.
    public func controlData(_ segment: Segment) -> String {
        "LC_ALL=C exec \(program("pg_controldata")) -D \(ShellQuoting.word(segment.dataDirectory))"
    }

    /// Makes a stopped former primary a standby of `source`, with its own settings as they are.
    ///
    /// Changes `postgresql.auto.conf`, makes `standby.signal`, and removes the slot from which its mirror used to
    /// stream: on a standby it would keep WAL for ever, and the service makes it anew at a promotion. Undo: remove
    /// `standby.signal`.
    public func follow(_ segment: Segment, source: Segment) -> String {
        let conninfo = conninfo(source, extra: [("application_name", Engine.walReceiverName)])
        var lines = [
            "primary_conninfo = \(ServerSettings.quoted(conninfo))",
            "primary_slot_name = \(ServerSettings.quoted(Engine.replicationSlot))",
        ]
        // A promoted copy must be able to commit alone: the service turns synchronous commit on again.
        if !engine.isGreenplum { lines.append("synchronous_standby_names = ''") }
        let names = lines.compactMap { $0.split(separator: " ").first.map(String.init) }.joined(separator: "|")
        return """
            directory=\(ShellQuoting.word(segment.dataDirectory)); automatic="$directory/postgresql.auto.conf"
            \(program("pg_ctl")) -D "$directory" status >/dev/null 2>&1
            [ $? -eq 3 ] || { echo 'the server in it runs' >&2; exit 3; }
            cp -p "$automatic" "$automatic.gpha" || exit 6
            LC_ALL=C grep -a -v -E \(ShellQuoting.word("^[[:space:]]*(\(names))[[:space:]=]")) "$automatic" > "$automatic.gpha" || [ $? -eq 1 ] || exit 6
            printf '%s' \(ShellQuoting.word(lines.map { $0 + "\n" }.joined())) >> "$automatic.gpha" || exit 6
            mv "$automatic.gpha" "$automatic" || exit 6
            rm -rf "$directory/pg_replslot/\(Engine.replicationSlot)" || exit 6
            : > "$directory/standby.signal" || exit 6
            sync -f "$directory" 2>/dev/null
            exit 0
            """
    }
}
