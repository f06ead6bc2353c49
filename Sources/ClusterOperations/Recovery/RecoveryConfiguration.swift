import ClusterModel
import RemoteShell

/// What makes a copied directory the mirror of its source: own settings, where to stream from, the signal file.
enum RecoveryConfiguration {
    /// The shell text; `$directory` may be any copy of the source.
    ///
    /// Lines of an earlier time are replaced, so that it can be repeated. Of a copied `postgresql.auto.conf` goes what
    /// the source once streamed from, and what made the source wait for its mirror.
    static func script(_ request: RecoveryRequest, in directory: String, build: MirrorBuild) -> String {
        let item = request.item(in: directory)
        var lines = ["primary_slot_name = \(ServerSettings.quoted(Engine.replicationSlot))"]
        if build.engine.isGreenplum {
            // What pg_basebackup and pg_rewind write there; the embedded engine's is in `configure`.
            let conninfo = build.conninfo(request.source, extra: [("application_name", Engine.walReceiverName)])
            lines.append("primary_conninfo = \(ServerSettings.quoted(conninfo))")
        }
        let identity =
            build.engine.keepsDatabaseIDFile
            ? #"printf 'gp_dbid=%s\n' \#(request.target.dbid) > "$directory/internal.auto.conf" || exit 6"# : ":"
        return """
            automatic=\(ShellQuoting.word(directory + "/postgresql.auto.conf"))
            touch "$automatic" || exit 6
            LC_ALL=C grep -a -v -E '^[[:space:]]*(primary_conninfo|primary_slot_name|synchronous_standby_names)[[:space:]]*=' "$automatic" > "$automatic.new" || [ $? -eq 1 ] || exit 6
            mv "$automatic.new" "$automatic" || exit 6
            \(build.configure(item))
            printf '%s\\n' \(ShellQuoting.words(lines)) >> "$automatic" || exit 6
            \(identity)
            # The slot from which its own mirror used to stream: on a mirror it would keep WAL for nobody.
            rm -rf "$directory/pg_replslot/\(Engine.replicationSlot)" || exit 6
            : > "$directory/standby.signal" && rm -f "$directory/recovery.signal" || exit 6
            """
    }

    /// The shell text that makes a finished directory a complete copy of ours: the mark inside, the one beside gone.
    ///
    /// The mark names the last WAL file there, as `MirrorBuild.copy` does. What it vouches for has to be on disk before.
    static let completion = #"""
        chmod 700 "$directory" || exit 6
        last=`ls "$directory/pg_wal" | LC_ALL=C grep -E '^[0-9A-F]{24}$' | LC_ALL=C sort | tail -n 1`
        printf '%s\n' "$mark $last" | put "$directory/gpha.copy" && rm -f "$beside" || exit 6
        rm -rf "$work"
        """#
}
