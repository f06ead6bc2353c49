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
    /// The way to the source where it was proved a moment ago.
    let way: ProvedWay?

    private var place: RecoveryPlace { RecoveryPlace(directory) }
    var engine: Engine { build.engine }

    /// What no copy of a running server takes over (`basebackup.c`), and what is the target's own: it stays as it is there.
    private var excluded: [String] {
        var patterns = [
            "/pg_wal", "/global/pg_control*", "/postgresql.auto.conf.tmp", "/current_logfiles*", "/backup_label*",
            "/tablespace_map*", "/backup_manifest*", "/postmaster.pid", "/postmaster.opts", "/gpha.copy*", "/gpha.old*",
            "/standby.signal", "/recovery.signal", "pgsql_tmp*", "/base/*/t[0-9]*_[0-9]*", "/PG_*/*/t[0-9]*_[0-9]*",
            "/log",
        ]
        if !logDirectory.hasPrefix("/") { patterns.append("/\(logDirectory)") }
        if engine.isGreenplum {
            patterns += ["/internal.auto.conf", "/db_dumps", "/promote", "/db_analyze", "/backups/*"]
        }
        return patterns
    }

    /// What is a running server's own as well, and goes at the target.
    private static let hidden =
        ["pg_internal.init*"]
        + [
            "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans", "pg_replslot",
        ].map { "/\($0)/*" }

    /// The piece of a file that is compared at a time, in bytes: a multiple of every page size; smaller pieces cost more
    /// time than they save on the wire.
    private static let blockSize = 32768

    /// The directories of the copy's tablespaces.
    private var own: [String] {
        tablespaces.map { engine.tablespaceDirectory($0.location, of: request.target.dbid) }
    }

    /// Marks the place as unfinished and takes away what must not be there; prints the control data there was.
    ///
    /// From here on no server can be started in it, not even by hand: it has no control file. So it comes when the backup
    /// has begun: whatever keeps the source from that leaves the target as it was.
    private func prepare(_ method: CopyMethod) -> String {
        let lines = ["method \(method.rawValue)"] + own.map { "tablespace \($0)" }
        return #"""
            \#(place.prelude(mark, binaryDirectory: build.binaryDirectory))
            "$bin/pg_controldata" -D "$directory" 2>&1
            printf '%s\n' "$mark" \#(ShellQuoting.words(lines)) > "$beside.new" && settle "$beside" || exit 3
            rm -rf "$directory/global/pg_control" "$directory"/gpha.copy "$directory"/backup_label* "$directory"/tablespace_map* \
              "$directory"/backup_manifest* "$directory"/*.signal "$directory/postmaster.pid" "$directory/postmaster.opts" || exit 4
            [ ! -d "$directory/pg_wal" ] || find "$directory/pg_wal/" -mindepth 1 -delete || exit 4
            mkdir -p "$directory/pg_wal/archive_status" || exit 4
            """#
    }

    /// The exit status of `copy` when the source's host cannot be reached: at the target nothing was changed then, as with
    /// 3.
    static let unreachedStatus = 9
    /// The same when the target could not be marked, and the mirror's slot is new already.
    static let unmarkedStatus = 10
    /// What `copy` prints to standard error when the target is marked and the copy begins.
    static let begun = "gpha: copying"
    /// What it prints when the copy is complete.
    static let complete = "gpha: copied"
    /// How the line begins that `copy` prints there when no WAL streams any more.
    static let streamEnded = "pg_receivewal ended early"

    /// Copies and leaves a marked, configured, complete directory that was never started.
    ///
    /// In this order: the way to the source is there, the mirror's slot is new (what an older one kept is of no use), the
    /// backup begins, the target is marked, WAL streams, files come.
    ///
    /// - Parameter next: what runs then, still alone in the directory, with nothing else of the copy's around it; no
    ///   program of its own keeps the lock.
    func copy(_ method: CopyMethod, then next: String? = nil) -> String {
        """
        directory=\(ShellQuoting.word(place.directory)); [ ! -d "$directory" ] || exec 9<"$directory"
        (
        \(copying(method))
        ) || exit
        {
        echo '\(Self.complete)' >&2
        \(next ?? ":")
        } 9<&-
        """
    }

    private func copying(_ method: CopyMethod) -> String {
        #"""
        \#(place.prelude(mark, binaryDirectory: build.binaryDirectory))
        [ -d "$directory" ] || fail "no data directory: $directory"
        alone "$directory" opened
        receiver=; master=
        trap 'kill $receiver $master 2>/dev/null' EXIT
        [ ! -e "$work" ] || rm -rf "$work"
        mkdir "$work" "$work/global" && mkfifo "$work/wal" || exit 3
        exec 4>&2 5>&1
        \#(SourceWay(from: request.source, to: request.target).opening(status: Self.unreachedStatus, proved: way))
        prepare=\#(ShellQuoting.word(prepare(method)))
        source=\#(ShellQuoting.word(conninfo))
        \#(receiving)
        inner=\#(ShellQuoting.word(fetching)); export remote inner prepare directory work
        late=$((`date +%s` + 30))
        while :; do
        # Last the control file, as in every backup; more than once, since it may be caught half written.
        ( cd "$work" && exec "$bin/psql" -XAtqw -F ' ' -v ON_ERROR_STOP=1 -d "$source" >label 2>session ) <<'END-OF-SESSION'
        \#(beginning)
        \! ( eval "$inner" ) >&4 2>&4 </dev/null; echo $? > status
        \#((1...3).map { "\(Self.controlFile) \\g control.\($0)" }.joined(separator: "\n"))
        \#(engine.backupStop)
        END-OF-SESSION
        session=$?
        # The server refused something (3): who streamed from the old slot may be about to go.
        [ $session -eq 3 ] && [ ! -e "$work/replaced" ] && [ `date +%s` -lt $late ] || break
        sleep 0.2
        done
        if [ ! -e "$work/prepared" ]; then
          status=3; [ ! -e "$work/replaced" ] || status=\#(Self.unmarkedStatus)
          [ "`head -n 1 "$beside" 2>/dev/null`" != "$mark" ] || status=5
          # The session was ended for it: what was said before counts.
          said=`tail -n 1 "$work/said" 2>/dev/null`; fail "${said:-`tail -n 1 "$work/session"`}" $status
        fi
        [ -s "$work/status" ] || fail "`tail -n 1 "$work/session"`" 5
        read -r status < "$work/status"; read -r label < "$work/label"
        [ "$status" = 0 ] || exit 5
        case $session$label in '0START WAL LOCATION'*) ;; *) fail "the backup of the source ended early: `tail -n 1 "$work/session"`" 5 ;; esac
        kill $receiver; wait $receiver || exit 5
        # What was received of the last file begins it; the server asks the source for that file again.
        for part in "$directory"/pg_wal/*.partial; do [ ! -f "$part" ] || mv "$part" "${part%.partial}" || exit 6; done
        sed '${/^$/d}' "$work/label" > "$directory/backup_label" || exit 6
        \#(RecoveryConfiguration.script(request, in: directory, build: build))
        \#(links)
        \#(Self.checkingControlFile)
        for space in "$directory" "$directory/pg_wal" \#(ShellQuoting.words(own)); do sync -f "$space" || exit 6; done
        mv "$work/global/pg_control" "$directory/global/pg_control" || exit 6
        \#(RecoveryConfiguration.completing(afterSyncOf: #""$directory/global/pg_control" "$directory/global""#))
        """#
    }

    /// One row with the control file in one column of bytes, in COPY's binary format.
    private static let controlFile =
        "COPY (SELECT pg_catalog.pg_read_binary_file('global/pg_control')) TO STDOUT WITH (FORMAT binary)"

    /// Takes the bytes out of COPY's format (19 bytes for the file, 2 for the row, 4 for the column; 2 behind them), and
    /// keeps the first one of them whose checksum is right.
    private static let checkingControlFile = #"""
        whole=
        for one in 1 2 3; do
          tail -c +26 "$work/control.$one" | head -c -2 > "$work/global/pg_control" || exit 6
          said=`"$bin/pg_controldata" -D "$work" 2>&1` || continue
          case $said in *'alculated CRC'*) continue ;; esac
          whole=yes; break
        done
        [ -n "$whole" ] || fail 'the control file of the source cannot be read whole' 6
        """#

    /// The name of the sessions by which other runs know that a copy by content is made.
    static let applicationName = "__gprecoverseg_differential__"

    private var conninfo: String { build.longSession(request.source, name: Self.applicationName) }

    /// What runs inside the backup session.
    ///
    /// Every file is compared piece by piece, whatever its size and time say; so nobody needs its time. A checksum of
    /// whole files first (`--checksum`) would find the equal ones with less work, and read the others twice.
    var fetching: String {
        let arguments =
            [
                "-rlp", "-s", "--ignore-times", "--inplace", "--no-whole-file", "--block-size=\(Self.blockSize)",
                "--no-inc-recursive", "--info=progress2", "--stats", "--no-human-readable", "--outbuf=L",
            ] + (request.maxRate.map { ["--bwlimit=\($0)"] } ?? [])
        // A file that is hidden at the source is one that is not there: it is deleted at the target.
        let excludes = Self.hidden.map { "--filter=hide \($0)" } + excluded.map { "--exclude=\($0)" }
        let calls = tablespaces.map { space in
            let from = engine.tablespaceDirectory(space.location, of: request.source.dbid)
            let to = engine.tablespaceDirectory(space.location, of: request.target.dbid)
            return "mkdir -p \(ShellQuoting.word(to)) || exit 4\n"
                + "fetch \(ShellQuoting.words(Self.versionsOnly + ["--delete", remote(from) + "/", to + "/"])) || exit"
        }
        let numbers = tablespaces.map(\.oid).sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }.joined(separator: " ")
        return """
            read -r spaces < "$work/spaces"
            [ "$spaces" = \(ShellQuoting.word(numbers)) ] || { echo 'the source has got or lost a tablespace' >&2; exit 5; }
            # 24: files went away meanwhile, which the WAL knows of. 23: a file changed under its checksum: once more.
            fetch() {
              for try in 1 2 3; do
                \(Self.showing) &
                showing=$!
                rsync \(ShellQuoting.words(arguments)) -e "$remote" \(ShellQuoting.words(excludes)) "$@" > "$work/progress"
                status=$?
                kill $showing; wait $showing; grep '^Total' "$work/progress"
                case $status in 0|24) return 0 ;; 23) ;; *) return $status ;; esac
              done
              return $status
            }
            fetch \(ShellQuoting.words(["--delete", remote(RecoveryPlace(request.source.dataDirectory).directory) + "/", directory + "/"])) || exit
            \(calls.joined(separator: "\n"))
            \(Self.preparingNextFile)
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

    private func remote(_ path: String) -> String {
        SourceWay(from: request.source, to: request.target).remote(path)
    }
}
