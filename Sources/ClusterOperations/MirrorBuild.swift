public import ClusterModel
import RemoteShell

/// The commands that turn a primary's copy into a running mirror, as shell text for the mirror's host.
public struct MirrorBuild: Sendable {
    public let engine: Engine
    public let binaryDirectory: String
    public let user: String

    public init(engine: Engine, binaryDirectory: String, user: String) {
        self.engine = engine
        self.binaryDirectory = binaryDirectory
        self.user = user
    }

    func program(_ name: String) -> String { ShellQuoting.word("\(binaryDirectory)/\(name)") }

    /// What lets this end of a connection notice within two minutes that the other one is gone.
    static let patience = [
        ("connect_timeout", "20"), ("keepalives_idle", "60"), ("keepalives_interval", "15"), ("keepalives_count", "4"),
    ]

    /// A connection string for a session that lasts as long as a copy: no timeout of the server's ends it, but the loss
    /// of this end does, as soon as this end would notice the other's.
    ///
    /// With `postgres`, which every cluster has: while a session is in `template1` no database can be created.
    func longSession(_ source: Segment, name: String) -> String {
        // The server's settings have the names of libpq's with `tcp_` before them.
        let settings =
            ["statement_timeout=0"]
            + Self.patience.filter { $0.0.hasPrefix("keepalives") }.map { "tcp_\($0.0)=\($0.1)" }
            + (engine.postgresMajor >= 14 ? ["idle_session_timeout=0"] : [])
            + [engine.utilitySetting].compactMap { $0 }
        return conninfo(
            source,
            extra: [
                ("dbname", "postgres"), ("application_name", name),
                ("options", settings.map { "-c \($0)" }.joined(separator: " ")),
            ] + Self.patience)
    }

    /// A libpq connection string to the source, values quoted by its rules.
    func conninfo(_ source: Segment, extra: [(String, String)] = []) -> String {
        let pairs = [("host", engine.connectionHost(of: source)), ("port", "\(source.port)"), ("user", user)] + extra
        return pairs.map { "\($0.0)='\(Self.escaped($0.1))'" }.joined(separator: " ")
    }

    private static func escaped(_ value: String) -> String {
        var text = String.UnicodeScalarView()
        // Scalar by scalar: a quote with a combining mark is one `Character`, and still a quote to libpq.
        for scalar in value.unicodeScalars {
            if scalar == "'" || scalar == "\\" { text.append("\\") }
            text.append(scalar)
        }
        return String(text)
    }

    /// Removes what a run began: the directory that `mark` stands beside or in, and the tablespaces it names.
    ///
    /// Only that run's own, never started; no undo. An emptied mount point stays. Run it watched and without hurry.
    public func removal(_ mirror: Segment, mark: CopyMark) -> String {
        let words = ShellQuoting.word("gpha-copy 1 \(mark.run) \(mark.content) \(mark.dbid) \(mark.systemIdentifier)")
        return """
            directory=\(ShellQuoting.word(mirror.dataDirectory)); beside=\(ShellQuoting.word(CopyMark.besidePath(mirror.dataDirectory)))
            mark=\(words); run=\(ShellQuoting.word(mark.run))
            ours() { case `head -n 1 "$1" 2>/dev/null` in "$mark"|"$mark "*) return 0 ;; esac; return 1; }
            ours "$beside" || ours "$directory/gpha.copy" || {
              printf 'no mark of run %s in or beside %s\\n' "$run" "$directory" >&2; exit 3; }
            [ -e "$directory/postmaster.opts" ] && { printf 'a server was started in %s\\n' "$directory" >&2; exit 3; }
            # From here on the copy counts as incomplete, however little of it is gone when this is cut off.
            if ours "$directory/gpha.copy"; then
              [ -e "$beside" ] || { cp "$directory/gpha.copy" "$beside.new" && mv "$beside.new" "$beside"; } || exit 4
              rm -f "$directory/gpha.copy" || exit 4
            fi
            # The slash at the end: the directory may be a link to one.
            clear() { find "$1/" -mindepth 1 -delete; }
            if ours "$beside"; then
              sed -n 's/^tablespace //p' "$beside" | { while IFS= read -r space; do [ ! -d "$space" ] || clear "$space" || exit 4; done; } || exit 4
            fi
            if [ -d "$directory" ]; then
              clear "$directory" || exit 4
              rmdir "$directory" 2>/dev/null || [ -z "`ls -A "$directory"`" ] || exit 4
            fi
            if ours "$beside"; then rm -f "$beside"; fi
            exit 0
            """
    }

    /// Makes room for the copy and marks the place.
    ///
    /// Undo: `removal`, which knows the place by its mark.
    public func prepare(_ item: MirrorPlan.Item, mark: CopyMark) -> String {
        let lines = [mark.text] + item.tablespaces.map { "tablespace \($0)" }
        return """
            umask 077
            directory=\(ShellQuoting.word(item.mirror.dataDirectory)); beside=\(ShellQuoting.word(CopyMark.besidePath(item.mirror.dataDirectory)))
            mkdir -p "`dirname "$directory"`" || exit 3
            if [ -e "$directory" ] && [ -n "`ls -A "$directory" | head -n 1`" ]; then
              echo "Segment directory '$directory' exists but is not empty!" >&2; exit 3
            fi
            for space in \(ShellQuoting.words(item.tablespaces)); do
              # Once the mark names it, it counts as ours.
              if [ -e "$space" ] && [ -n "`ls -A "$space/" | head -n 1`" ]; then
                printf "Tablespace directory '%s' exists but is not empty!\\n" "$space" >&2; exit 3
              fi
            done
            printf '%s\\n' \(ShellQuoting.words(lines)) > "$beside" || exit 3
            """
    }

    /// Copies the source into the marked place, gives the copy its own settings and marks it complete.
    ///
    /// Progress goes to standard error. Undo: `removal`.
    ///
    /// - Parameter keepsPartial: whether what a failed copy wrote stays, to be gone on with.
    public func copy(
        _ item: MirrorPlan.Item, mark: CopyMark, maxRate: String? = nil, keepsPartial: Bool = false
    ) -> String {
        let mirror = item.mirror
        var arguments = [
            "-D", mirror.dataDirectory, "-d", conninfo(item.source, extra: Self.patience), "-c", "fast",
        ]
        arguments += engine.followingOptions(slot: Engine.replicationSlot) + ["--progress", "--verbose"]
        arguments += engine.identityOptions(dbid: mirror.dbid)
        if let maxRate { arguments += ["--max-rate", maxRate] }
        if keepsPartial { arguments.append("--no-clean") }
        return """
            umask 077
            beside=\(ShellQuoting.word(CopyMark.besidePath(mirror.dataDirectory)))
            LC_ALL=C \(program("pg_basebackup")) \(ShellQuoting.words(arguments)) || exit 5
            \(configure(item))
            # A directory that was there before may be open to others: the server refuses that.
            chmod 700 "$directory" || exit 6
            \(RecoveryConfiguration.newestWAL)
            { printf '%s\\n' \(ShellQuoting.word(mark.text))" $last" && sed -n '/^tablespace /p' "$beside"; } > "$directory/gpha.copy.new" || exit 6
            # What pg_basebackup wrote it has brought to the disk itself.
            sync "$configuration" "$directory/postgresql.auto.conf" "$directory/gpha.copy.new" "$directory" || exit 6
            mv "$directory/gpha.copy.new" "$directory/gpha.copy" && rm -f "$beside"
            """
    }

    /// What is the running coordinator's own and not its data: its log, and what tools put beside it.
    private static let leavingTheCoordinators =
        #"rm -rf "$directory"/log/* "$directory"/gp*.lock "$directory"/gp*.lock.* "$directory"/gpftsd.pid || exit 6"#

    /// Gives the copy its own settings; a line of ours from an earlier time is replaced.
    public func configure(_ item: MirrorPlan.Item) -> String {
        let tag = "# gpha: this instance"
        let own = item.settings.map { setting in
            // Greenplum's own tools edit `port = <digits>` lines.
            let isNumber = !setting.value.isEmpty && setting.value.allSatisfy { $0.isASCII && $0.isNumber }
            return "\(setting.name) = \(isNumber ? setting.value : ServerSettings.quoted(setting.value)) \(tag)"
        }
        var automatic: [String] = []
        if !engine.isGreenplum {
            let conninfo = conninfo(item.source, extra: [("application_name", Engine.walReceiverName)])
            automatic = [
                "primary_conninfo = \(ServerSettings.quoted(conninfo))",
                // A promoted copy must be able to commit alone: the service turns synchronous commit on again.
                "synchronous_standby_names = ''",
            ]
        }
        let main = ShellQuoting.word(own.map { $0 + "\n" }.joined())
        let auto = ShellQuoting.word(automatic.map { $0 + "\n" }.joined())
        return """
            directory=\(ShellQuoting.word(item.mirror.dataDirectory)); configuration="$directory/postgresql.conf"
            \(item.source.isCoordinatorPair ? Self.leavingTheCoordinators : ":")
            LC_ALL=C grep -a -v \(ShellQuoting.word(tag + "$")) "$configuration" > "$configuration.new" || [ $? -eq 1 ] || exit 6
            printf '%s' \(main) >> "$configuration.new" && mv "$configuration.new" "$configuration" || exit 6
            printf '%s' \(auto) >> "$directory/postgresql.auto.conf" || exit 6
            """
    }

    /// Starts the mirror, waits for it and takes both marks away.
    ///
    /// From here on the directory is an ordinary mirror's. A running one stays as it is. One script, so that no mark
    /// outlives a tool that dies meanwhile.
    ///
    /// Undo: `pg_ctl stop`.
    /// - Parameters:
    ///   - keepsMark: whether the mark stays because more has to be done: `finish` takes it away then.
    ///   - story: a file of no use any more when the server runs.
    public func start(
        _ mirror: Segment, timeout: Duration, keepsMark: Bool = false, removing story: String? = nil
    ) -> String {
        let words = [engine.startOptions(of: mirror), engine.copyStartOption].compactMap { $0 }.joined(separator: " ")
        let options = words.isEmpty ? "" : " -o " + ShellQuoting.word(words)
        let variables = engine.startEnvironment.map { "\($0.name)=\($0.value) " }.joined()
        let environment = variables.isEmpty ? "" : "env " + variables
        let waits = engine.awaitsStandbyStart || !mirror.isCoordinatorPair
        let way = waits ? "-w -t \(timeout.components.seconds)" : "-W"
        return """
            directory=\(ShellQuoting.word(mirror.dataDirectory)); mark=\(keepsMark ? "" : ShellQuoting.word(CopyMark.insidePath(mirror.dataDirectory)))
            beside=\(ShellQuoting.word(CopyMark.besidePath(mirror.dataDirectory))); story=\(ShellQuoting.word(story ?? ""))
            # Without that file no server is running, and pg_ctl need not be asked.
            [ -e "$directory/postmaster.pid" ] && \(program("pg_ctl")) -D "$directory" status >/dev/null 2>&1 && { rm -f ${mark:+"$mark"} "$beside" ${story:+"$story"}; exit; }
            [ -d "$directory/log" ] || mkdir -p "$directory/log"
            \(waits ? "" : awaiting(timeout))
            # -p: pg_ctl need not ask which version the server beside it is.
            said=$(\(environment)\(program("pg_ctl")) -D "$directory" -p \(program("postgres")) -l "$directory/log/startup.log" \(way)\(options) start </dev/null 2>&1) && \(waits ? ":" : "runs") && { rm -f ${mark:+"$mark"} "$beside" ${story:+"$story"}; exit; }
            # The less is known, the more it says: what the server said stands behind it.
            printf '%s\\n' "$said" | grep '^pg_ctl: ' >&2
            tail -n 5 "$directory/log/startup.log" >&2
            # Where the server's logging collector had taken over, the reason is in its file.
            newest=`ls -t "$directory/log" | head -n 1`
            [ -z "$newest" ] || grep -E 'FATAL|PANIC' "$directory/log/$newest" | tail -n 1 >&2
            exit 7
            """
    }

    /// Shell functions for a standby on whose start `pg_ctl` cannot wait: `runs` waits until it tells that it runs.
    private func awaiting(_ timeout: Duration) -> String {
        let tries = max(1, timeout.components.seconds) * 5
        return """
            # The third line tells when the server began, the eighth how far it is.
            begun=$((`date +%s` - 2))
            told() { [ "`sed -n 3p "$directory/postmaster.pid" 2>/dev/null`" -ge $begun ] 2>/dev/null && sed -n 8p "$directory/postmaster.pid" | grep -q -E '^(standby|wrecvstreaming|ready|dtmready)'; }
            runs() {
              left=\(tries)
              until told; do
                [ $left -gt 0 ] || return 1; left=$((left - 1)); sleep 0.2
                \(program("pg_ctl")) -D "$directory" status >/dev/null 2>&1 || [ $left -gt \(tries - 5) ] || return 1
              done
            }
            """
    }

    /// Takes the mark of a finished copy away: from here on the directory is an ordinary standby's.
    public func finish(_ mirror: Segment) -> String {
        "rm -f \(ShellQuoting.word(CopyMark.insidePath(mirror.dataDirectory)))"
    }

    /// As `replicationProof`, ten times: a server takes a moment to read its `pg_hba.conf` again.
    ///
    /// Prints what the last try said to standard error.
    public func patientReplicationProof(_ target: Segment) -> String {
        """
        for try in 1 2 3 4 5 6 7 8 9 10; do
          answer=$(\(replicationProof(target)) 2>&1) && exit 0
          sleep 0.3
        done
        printf '%s\\n' "$answer" >&2; exit 1
        """
    }

    /// Proves from a host that a replication connection to `target` is let in.
    public func replicationProof(_ target: Segment) -> String {
        let connection = ShellQuoting.word(replicationConnection(target, timeout: 10))
        return "\(program("psql")) -XAtw -d \(connection) -c IDENTIFY_SYSTEM </dev/null >/dev/null"
    }

    /// A libpq connection string for replication from `source`.
    ///
    /// - Parameter timeout: how long the connection may take, in seconds.
    func replicationConnection(_ source: Segment, timeout: Int) -> String {
        conninfo(source, extra: [("replication", "true"), ("connect_timeout", "\(timeout)")])
    }
}

/// What `pg_basebackup --progress` reports in one line.
public struct CopyProgress: Sendable, Equatable {
    public let doneBytes: Int
    public let totalBytes: Int

    /// Reads a line such as `  52784/278453 kB (18%), 0/1 tablespace`; nil for any other line.
    public init?(line: some StringProtocol) {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count >= 2, words[1] == "kB" else { return nil }
        let numbers = words[0].split(separator: "/").map { Int($0) }
        let possible = 0...Int.max / 1024
        guard numbers.count == 2, let done = numbers[0], let total = numbers[1], possible.contains(done),
            possible.contains(total)
        else { return nil }
        doneBytes = done * 1024
        totalBytes = total * 1024
    }
}
