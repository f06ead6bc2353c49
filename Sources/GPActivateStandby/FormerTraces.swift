import ClusterOperations
import RemoteShell

/// What this very machine shows of an old coordinator whose data directory is not known.
///
/// A server has its port, at which it listens as long as its process is there, stopped by a signal or not; its socket,
/// whose path ends with the port wherever the directory is; and processes that work in its data directory, whose
/// control file has the standby's system identifier. All of them run as the account that runs the standby. Where
/// there is none of these, there is no server.
enum FormerTraces {
    /// The shell text that looks; changes nothing.
    ///
    /// - Parameters:
    ///   - port: the old coordinator's.
    ///   - own: the standby's data directory.
    static func script(port: Int, own: String, systemIdentifier: String, binaryDirectory: String) -> String {
        """
        LC_ALL=C; export LC_ALL
        port=\(port); identifier=\(ShellQuoting.word(systemIdentifier))
        own=\(ShellQuoting.word(own)); bin=\(ShellQuoting.word(binaryDirectory))
        \(questions)
        """
    }

    // The state 0A of /proc/net/tcp is LISTEN (proc(5)).
    private static let questions = #"""
        say() { printf 'trace\t%s\n' "$1"; }
        [ -r /proc/net/tcp ] && [ -r /proc/net/unix ] && own=`cd "$own" && pwd -P` || exit 1
        cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v end=":`printf '%04X' $port`" \
          '$4 == "0A" && substr($2, length($2) - 4) == end {found = 1} END {exit !found}' && say "something listens at port $port"
        grep -q "/\.s\.PGSQL\.$port\$" /proc/net/unix && say "a server has the socket .s.PGSQL.$port"
        # Of each server process of this account where it works; a zombie works nowhere.
        grep -ls -x -E 'postgres|postmaster' /proc/[0-9]*/comm | while read -r one; do
          one=${one%/comm}; [ -O "$one" ] || continue
          readlink "$one/cwd" && continue
          case `sed -n 's/^State:[[:space:]]*//p' "$one/status" 2>/dev/null` in
            Z*|'') ;;
            *) say "process ${one#/proc/} cannot be looked at" ;;
          esac
        done | sort -u | while IFS= read -r line; do
          case $line in
            "$own") ;;
            /*) said=`"$bin/pg_controldata" "$line" 2>/dev/null | sed -n 's/^Database system identifier: *//p'`
              case $said in
                "$identifier"|'') say "a server works in $line" ;;
              esac ;;
            *) printf '%s\n' "$line" ;;
          esac
        done
        printf 'end\t\n'
        """#

    /// What they come to: `stopped`, where there is none.
    static func verdict(_ output: CommandOutput) -> OldCoordinator {
        let lines = output.standardOutput.unicodeScalars.split(separator: "\n").map(String.init)
        guard output.succeeded, lines.contains("end\t") else {
            return .unreachable(
                reason: "its data directory is not known, and this machine's processes cannot be listed")
        }
        let traces = lines.filter { $0.hasPrefix("trace\t") }.map { String($0.dropFirst(6)) }
        guard traces.isEmpty else {
            return .unreachable(reason: "its data directory is not known, and \(traces.joined(separator: "; "))")
        }
        return .stopped(CoordinatorSurvey())
    }
}
