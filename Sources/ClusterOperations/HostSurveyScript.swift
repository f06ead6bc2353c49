import ClusterModel
import RemoteShell

extension HostSurvey {
    /// The shell text that answers `questions`.
    ///
    /// - Parameters:
    ///   - siblings: data directories of the cluster's instances on this host, for the socket directory.
    ///   - versionProgram: the program that names the version of `postgres`, with `versionArgument`.
    public static func script(
        _ questions: [Question], binaryDirectory: String, siblings: [String], versionProgram: String,
        versionArgument: String
    ) -> String {
        let calls = questions.enumerated().map { index, question in
            let tablespaces = question.tablespaces.map(ShellQuoting.word).joined(separator: " ")
            return "place \(index) \(ShellQuoting.word(question.dataDirectory)) "
                + "\(ShellQuoting.word(CopyMark.besidePath(question.dataDirectory))) \(question.port) "
                + "\(ShellQuoting.word(question.sourceSockets)) \(tablespaces)"
        }
        let sources = questions.enumerated().map { index, question in
            "reach \(index) \(ShellQuoting.word(question.sourceHost)) \(question.sourcePort) "
                + ShellQuoting.word(question.sourceConnection)
        }
        let ports = questions.enumerated().map { "\($0):\(kernelPort($1.port)):\($1.port)" }.joined(separator: " ")
        return """
            LC_ALL=C; export LC_ALL
            bin=\(ShellQuoting.word(binaryDirectory)); tab='\t'
            \(functions)
            version=`"$bin/\(versionProgram)" \(versionArgument) 2>/dev/null` && say version "postgres ${version#\(versionProgram) }"
            for program in postgres pg_basebackup pg_ctl pg_controldata psql pg_isready; do
              [ -x "$bin/$program" ] || say missing "$program"
            done
            # What listens comes from ss, or from the kernel's list of all connections, which can be long. Lines of `ip`
            # have the family in their third column, those of ss the state in their first, those of /proc/net in their fourth.
            { ip -o addr show || /sbin/ip -o addr show; ss -Hltn || /sbin/ss -Hltn || cat /proc/net/tcp /proc/net/tcp6; } 2>/dev/null | awk -v ports='\(ports)' '
              BEGIN { count = split(ports, asked, " "); for (k = 1; k <= count; k++) { split(asked[k], part, ":"); place[k] = part[1]; hex[k] = part[2]; port[k] = part[3] } }
              function tell(kind, table, used, address,  k) { for (k = 1; k <= count; k++) if (table[k] "" == used "") print kind "\\t" place[k] "\\t" address }
              $3 ~ /^inet/ { if ($2 != "lo") {sub(/\\/.*/, "", $4); if ($4 !~ /^(fe80:|127\\.)/) print "address\\t" $4}; next }
              $1 == "LISTEN" { used = $4; sub(/.*:/, "", used); sub(/:[^:]*$/, "", $4); tell("listens", port, used, $4); next }
              $4 == "0A" { tell("listener", hex, substr($2, length($2) - 3), $2) }'
            # Of four words the third: the server's address.
            [ -n "$SSH_CONNECTION" ] && { own=${SSH_CONNECTION#* * }; say shell "${own%% *}"; }
            for sibling in \(siblings.map(ShellQuoting.word).joined(separator: " ")); do
              sockets=; { read -r pid; read -r own; read -r begun; read -r port; IFS= read -r sockets; } 2>/dev/null < "$sibling/postmaster.pid"
              [ -n "$sockets" ] && { say socket "$sockets"; break; }
            done
            \(calls.joined(separator: "\n"))
            \(sources.joined(separator: "\n"))
            wait
            """
    }

    /// As `/proc/net/tcp` writes a port.
    private static func kernelPort(_ port: Int) -> String {
        let digits = String(port, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// `place index directory mark port source-sockets [tablespace…]` and `reach index source-host source-port connection`,
    /// both in part in the background.
    private static let functions = #"""
        \#(SharedShellText.say)
        \#(SharedShellText.room)
        # A file holds something, and so does a link that leads nowhere.
        holds() {
          if [ -d "$1" ]; then [ -n "`find "$1/" -mindepth 1 -maxdepth 1 -print -quit 2>/dev/null`" ]
          else [ -e "$1" ] || [ -L "$1" ]; fi
        }
        # What dirname says, in $above.
        parent() {
          above=$1; case $1 in */*) ;; *) above=.; return ;; esac
          while case $above in ?*/) ;; *) false ;; esac; do above=${above%/}; done
          above=${above%/*}
          while case $above in ?*/) ;; *) false ;; esac; do above=${above%/}; done
          [ -n "$above" ] || above=/
        }
        # Whether a process has the number in the first line of a file; leaves it in $pid.
        lives() { pid=; { IFS= read -r pid < "$1"; } 2>/dev/null; [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; }
        place() {
          index=$1 directory=$2 mark=$3 port=$4 sockets=$5; shift 5
          if [ -f "$directory/gpha.copy" ]; then say complete $index "`head -n 1 "$directory/gpha.copy"`"
          elif [ -f "$mark" ]; then say incomplete $index "`head -n 1 "$mark"`"
          elif [ ! -e "$directory" ] && [ ! -L "$directory" ]; then say absent $index
          elif [ -d "$directory" ] && ! holds "$directory"; then say empty $index
          else say foreign $index; fi
          lives "$directory/postmaster.pid" && say running $index "$pid"
          [ -e "$directory/postmaster.opts" ] && say started $index
          if [ -f "$mark" ] || [ -f "$directory/gpha.copy" ]; then
            ( used=`timeout 8 du -sk "$directory/" 2>/dev/null` && say used $index "${used%%$tab*}" ) &
          fi
          [ -e "$directory" ] && [ ! -w "$directory" ] && say obstacle $index "no permission to write in $directory"
          parent "$directory"
          while [ ! -d "$above" ]; do
            if [ -e "$above" ] || [ -L "$above" ]; then say obstacle $index "$above is not a directory"; break; fi
            parent "$above"
          done
          say above $index "$above"
          if [ -n "$sockets" ]; then
            if [ ! -w "$sockets" ] || lives "$sockets/.s.PGSQL.$port.lock"; then say sockets $index taken; fi
          fi
          [ -d "$above" ] && [ ! -w "$above" ] && say obstacle $index "no permission to write in $above"
          measured=$above; [ -d "$directory" ] && measured=$directory
          room "$measured"; say space $index "$directory" "$device" "$kilobytes"
          for space; do
            holds "$space" && say tablespace $index "$space"
            above=$space; while [ ! -d "$above" ]; do parent "$above"; done
            room "$above"; say space $index "$space" "$device" "$kilobytes"
          done
        }
        # Whom the source lets in has reached it; what keeps another out is for pg_isready to say. There any answer is
        # one; that to a WAL sender costs the server least.
        reach() {
          ( [ -n "$4" ] && timeout 5 "$bin/psql" -XAtw -d "$4" -c IDENTIFY_SYSTEM </dev/null >/dev/null 2>&1 && { say admitted $1; exit; }
            answer=`"$bin/pg_isready" -t 5 -h "$2" -p "$3" -d replication=true 2>&1` || say unreachable $1 "$answer" ) &
        }
        """#
}
