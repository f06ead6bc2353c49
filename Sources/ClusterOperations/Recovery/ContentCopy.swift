import ClusterModel
import RemoteShell

/// The scripts of a copy by content: `rsync` fetches what differs while the source is in backup mode.
///
/// All of it runs on the target's host in one watched process group: `pg_receivewal` streams WAL from before the
/// backup's start on, `psql` holds the backup session, `rsync` runs inside that session. Whatever ends one of them
/// ends all, and a backup session that ends makes the source forget the backup.
struct ContentCopy {
    let request: RecoveryRequest
    /// Where the copy is made: the target's directory, or the unfinished one beside it.
    let directory: String
    let mark: CopyMark
    let build: MirrorBuild
    /// The source's tablespaces outside its data directory, by their number.
    let tablespaces: [(oid: String, location: String)]
    /// The source's `log_directory`.
    let logDirectory: String

    private var place: RecoveryPlace { RecoveryPlace(directory) }
    private var engine: Engine { build.engine }

    /// What no copy of a running server takes over (`basebackup.c`), and what is the target's own.
    private var excluded: [String] {
        var patterns = [
            "/pg_wal", "/global/pg_control*", "/postgresql.auto.conf.tmp", "/current_logfiles*", "pg_internal.init*",
            "/backup_label*", "/tablespace_map*", "/backup_manifest*", "/postmaster.pid", "/postmaster.opts",
            "/gpha.copy*", "/gpha.old*", "/standby.signal", "/recovery.signal", "pgsql_tmp*", "/base/*/t[0-9]*_[0-9]*",
            "/PG_*/*/t[0-9]*_[0-9]*", "/log",
        ]
        patterns += Self.emptied.map { "/\($0)/*" }
        if !logDirectory.hasPrefix("/") { patterns.append("/\(logDirectory)") }
        if engine.isGreenplum {
            patterns += ["/internal.auto.conf", "/db_dumps", "/promote", "/db_analyze", "/backups/*"]
        }
        return patterns
    }

    /// The directories of the copy's tablespaces.
    private var own: [String] {
        tablespaces.map { engine.tablespaceDirectory($0.location, of: request.target.dbid) }
    }

    /// Directories whose content is a running server's own.
    private static let emptied = [
        "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans", "pg_replslot",
    ]

    /// Marks the place as unfinished and takes away what must not be there; prints the control data there was.
    ///
    /// From here on no server can be started in it, not even by hand: it has no control file.
    func prepare(_ method: CopyMethod) -> String {
        let lines = ["method \(method.rawValue)"] + own.map { "tablespace \($0)" }
        return #"""
            \#(place.prelude(mark, binaryDirectory: build.binaryDirectory))
            running "$directory" && fail "a server runs in $directory"
            [ -d "$directory" ] || fail "no data directory: $directory"
            alone "$directory"
            "$bin/pg_controldata" -D "$directory" 2>&1
            printf '%s\n' "$mark" \#(ShellQuoting.words(lines)) | put "$beside" || exit 3
            rm -f "$directory/global/pg_control" "$directory"/gpha.copy "$directory"/backup_label* "$directory"/tablespace_map* \
              "$directory"/backup_manifest* "$directory"/*.signal "$directory/postmaster.pid" "$directory/postmaster.opts" || exit 4
            for name in \#(Self.emptied.joined(separator: " ")) pg_wal; do
              if [ -d "$directory/$name" ]; then clear "$directory/$name" || exit 4; fi
            done
            mkdir -p "$directory/pg_wal/archive_status" || exit 4
            find "$directory" -name 'pg_internal.init*' -delete
            """#
    }

    /// Copies and leaves a marked, configured, complete directory that was never started.
    func copy() -> String {
        #"""
        \#(place.prelude(mark, binaryDirectory: build.binaryDirectory))
        ours "$beside" || fail "no mark of ours beside $directory"
        alone "$directory"
        rm -rf "$work" && mkdir "$work" || exit 3
        exec 4>&2
        source=\#(ShellQuoting.word(conninfo))
        "$bin/pg_receivewal" -D "$directory/pg_wal" -S \#(Engine.replicationSlot) -w -d "$source" >"$work/wal" 2>&1 </dev/null &
        receiver=$!
        trap 'kill -INT $receiver 2>/dev/null' EXIT
        left=150
        until [ "`"$bin/psql" -XAtqw -d "$source" -c "SELECT 1 FROM pg_catalog.pg_replication_slots WHERE slot_name = '\#(Engine.replicationSlot)' AND active" </dev/null 2>"$work/session"`" = 1 ]; do
          kill -0 $receiver 2>/dev/null && [ $left -gt 0 ] || fail "`cat "$work/wal" "$work/session" | tail -n 1`" 5
          left=$((left - 1)); sleep 0.2
        done
        work=$work; inner=\#(ShellQuoting.word(fetching)); export work inner
        "$bin/psql" -XAtqw -v ON_ERROR_STOP=1 -d "$source" >"$work/label" 2>"$work/session" <<'END-OF-SESSION'
        \#(engine.backupStart) \gset start
        \! /bin/sh -c "$inner" >&4 2>&4 </dev/null; echo $? > "$work/status"
        \#(engine.backupStop)
        END-OF-SESSION
        session=$?
        [ -s "$work/status" ] || fail "`tail -n 1 "$work/session"`" 5
        status=`cat "$work/status"`
        [ "$status" = 0 ] || exit 5
        [ $session -eq 0 ] && grep -q '^START WAL LOCATION' "$work/label" || fail "the backup of the source ended early: `tail -n 1 "$work/session"`" 5
        kill -0 $receiver 2>/dev/null || fail "pg_receivewal ended early: `tail -n 1 "$work/wal"`" 5
        kill -INT $receiver; wait $receiver
        # What was received of the last file begins it; the server asks the source for that file again.
        for part in "$directory"/pg_wal/*.partial; do [ ! -f "$part" ] || mv "$part" "${part%.partial}" || exit 6; done
        sed '${/^$/d}' "$work/label" | put "$directory/backup_label" || exit 6
        \#(RecoveryConfiguration.script(request, in: directory, build: build))
        \#(links)
        for space in "$directory" \#(ShellQuoting.words(own)); do sync -f "$space" || exit 6; done
        mv "$work/control/pg_control" "$directory/global/pg_control" || exit 6
        sync "$directory/global/pg_control" "$directory/global" || exit 6
        \#(RecoveryConfiguration.completion)
        """#
    }

    /// A session with the source that notices when the source is gone.
    private var conninfo: String {
        var extra = [
            ("dbname", engine.database), ("application_name", "gpha-copy"), ("connect_timeout", "20"),
            ("keepalives_idle", "60"), ("keepalives_interval", "15"), ("keepalives_count", "4"),
        ]
        if let setting = engine.utilitySetting { extra.append(("options", "-c \(setting)")) }
        return build.conninfo(request.source, extra: extra)
    }

    /// What runs inside the backup session.
    var fetching: String {
        let arguments =
            [
                "-rlpt", "-s", "--checksum", "--inplace", "--no-whole-file", "--block-size=\(engine.blockSize)",
                "--no-inc-recursive", "--info=progress2", "--stats", "--no-human-readable", "--outbuf=L",
            ] + (request.maxRate.map { ["--bwlimit=\($0)"] } ?? [])
        let excludes = excluded.map { "--exclude=\($0)" }
        let calls = tablespaces.map { space in
            let from = engine.tablespaceDirectory(space.location, of: request.source.dbid)
            let to = engine.tablespaceDirectory(space.location, of: request.target.dbid)
            return "mkdir -p \(ShellQuoting.word(to)) || exit 4\n"
                + "fetch \(ShellQuoting.words(Self.versionsOnly + ["--delete", remote(from) + "/", to + "/"])) || exit"
        }
        return """
            remote=\(ShellQuoting.word(Self.remoteShell)); remote=${RSYNC_RSH:-ssh}$remote
            # 24: files went away meanwhile, which the WAL knows of. 23: a file changed under its checksum: once more.
            fetch() {
              for try in 1 2 3; do
                rsync \(ShellQuoting.words(arguments)) -e "$remote" \(ShellQuoting.words(excludes)) "$@"
                status=$?
                case $status in 0|24) return 0 ;; 23) ;; *) return $status ;; esac
              done
              return $status
            }
            fetch \(ShellQuoting.words(["--delete", remote(RecoveryPlace(request.source.dataDirectory).directory) + "/", directory + "/"])) || exit
            \(calls.joined(separator: "\n"))
            # Last, as in every backup, and whole: its checksum is looked at.
            mkdir "$work/control" || exit 4
            for try in 1 2 3; do
              rsync -t -s --no-human-readable --stats -e "$remote" \(ShellQuoting.word(remote(RecoveryPlace(request.source.dataDirectory).directory) + "/global/pg_control")) "$work/control/pg_control" || exit
              mkdir -p "$work/checked/global" && cp "$work/control/pg_control" "$work/checked/global/" || exit 4
              \(ShellQuoting.word(build.binaryDirectory + "/pg_controldata")) -D "$work/checked" 2>&1 | grep -q -i 'calculated CRC' || exit 0
            done
            echo 'the control file of the source cannot be read whole' >&2
            exit 6
            """
    }

    /// Of a tablespace's directory only what a server makes there: nothing else is fetched or deleted.
    private static let versionsOnly = ["--include=/PG_*/", "--include=/GPDB_*/", "--exclude=/*"]

    /// The links that lead to the copy's own tablespaces.
    private var links: String {
        tablespaces.map { space in
            let to = engine.tablespaceDirectory(space.location, of: request.target.dbid)
            return "ln -sfn \(ShellQuoting.word(to)) \"$directory\"/pg_tblspc/\(ShellQuoting.word(space.oid)) || exit 6"
        }.joined(separator: "\n")
    }

    /// A path at the source as rsync takes it; on one and the same host no SSH is needed.
    private func remote(_ path: String) -> String { Self.remote(path, from: request.source, to: request.target) }

    /// Nothing is asked, and a host that is gone is noticed.
    static let remoteShell = " -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15 -o ServerAliveCountMax=4"

    static func remote(_ path: String, from source: Segment, to target: Segment) -> String {
        guard source.hostname != target.hostname else { return path }
        return (source.hostname.contains(":") ? "[\(source.hostname)]" : source.hostname) + ":" + path
    }
}
