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
            # printf, not `:`: a special built-in that cannot open a file ends the shell with a status of its own.
            printf '' >> "$automatic" || exit 6
            LC_ALL=C grep -a -v -E '^[[:space:]]*(primary_conninfo|primary_slot_name|synchronous_standby_names)[[:space:]]*=' "$automatic" > "$automatic.new" || [ $? -eq 1 ] || exit 6
            mv "$automatic.new" "$automatic" || exit 6
            \(build.configure(item))
            printf '%s\\n' \(ShellQuoting.words(lines)) >> "$automatic" || exit 6
            \(identity)
            printf '' > "$directory/standby.signal" || exit 6
            # The slot from which its own mirror used to stream: on a mirror it would keep WAL for nobody.
            rm -rf "$directory/pg_replslot/\(Engine.replicationSlot)" "$directory/recovery.signal" || exit 6
            """
    }

    /// The shell text that makes a finished directory a complete copy of ours: the mark inside, the one beside gone.
    ///
    /// The mark names the last WAL file there, as `MirrorBuild.copy` does. What it vouches for has to be on disk before.
    static let completion = completing()

    /// The same, with more files to bring to the disk before the mark gets its name.
    static func completing(afterSyncOf files: String = "") -> String {
        #"""
        chmod 700 "$directory" || exit 6
        \#(newestWAL)
        printf '%s\n' "$mark $last" > "$directory/gpha.copy.new" || exit 6
        settle "$directory/gpha.copy" \#(files) || exit 6
        rm -f "$beside" || exit 6
        [ ! -e "$work" ] || rm -rf "$work"
        """#
    }

    /// Puts the name of the last WAL file in `$directory` into `$last`: file names come sorted.
    static let newestWAL = #"""
        LC_ALL=C; last=; \#(SharedShellText.eight)
        for file in "$directory/pg_wal"/$eight$eight$eight; do [ ! -e "$file" ] || last=${file##*/}; done
        """#
}
