public import ClusterModel
import RemoteShell

/// What was found and done where a failed instance was to be stopped.
public enum StopOutcome: Sendable, Equatable {
    /// No server had the directory.
    case notRunning
    /// It was stopped; the server's own word for how: `fast`, `immediate`, or `killed`.
    case stopped(String)
    /// `postmaster.pid` names a process that is another program's; it was left alone.
    case otherProcess(Int)
}

/// Stops what may still run in a failed instance's directory.
enum InstanceStop {
    /// The shell text: a server is one by its working directory, never by a number in a file alone.
    ///
    /// Fast first, then immediate, then KILL, each only for processes called `postgres` that work in that directory. A
    /// stopped (SIGSTOP) one is not let run on before it is told to end. Prints the outcome.
    static func script(_ directory: String, timeout: Duration) -> String {
        let seconds = max(4, Int(timeout.components.seconds))
        return """
            LC_ALL=C; export LC_ALL
            directory=\(ShellQuoting.word(RecoveryPlace(directory).directory))
            if cd -P "$directory" 2>/dev/null; then real=$PWD; cd /; else real=$directory; fi
            pid=; { IFS= read -r pid < "$directory/postmaster.pid"; } 2>/dev/null
            number() { case $1 in ''|*[!0-9]*) return 1 ;; esac; }
            number "$pid" || pid=
            at_home() {
              where=`readlink "/proc/$1/cwd" 2>/dev/null` || return 1
              [ "$where" = "$real" ] || [ "$where" = "$real (deleted)" ] || return 1
              { IFS= read -r name < "/proc/$1/comm"; } 2>/dev/null || return 1
              case $name in postgres*|postmaster*) return 0 ;; esac; return 1
            }
            # Its letter in proc(5), in $state.
            state() { state=; { IFS= read -r state < "/proc/$1/stat"; } 2>/dev/null; state=${state##*') '}; state=${state%% *}; }
            # Every server process in the directory that has not ended, in $all. One program lists all processes; what
            # looks like one of ours in that list is asked itself.
            all() {
              all=; listed=`find /proc/[0-9]*/cwd -maxdepth 0 -printf '%p\\t%l\\n' 2>/dev/null`
              set -f; IFS='
            '
              for one in $listed; do
                case $one in *"\t$real"|*"\t$real (deleted)") ;; *) continue ;; esac
                one=${one#/proc/}; one=${one%%/*}
                number "$one" && at_home "$one" && state "$one" && [ "$state" != Z ] && all="$all $one"
              done
              set +f; unset IFS
            }
            signal() { all; for one in $all; do at_home "$one" && kill "-$1" "$one" 2>/dev/null; done; }
            # Waits until nothing of it is left.
            gone() { left=$(($1 * 5)); while all; [ -n "$all" ]; do [ $left -gt 0 ] || return 1; left=$((left - 1)); sleep 0.2; done; }
            all
            if [ -z "$all" ]; then
              if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then printf 'other %s\\n' "$pid"; else echo none; fi
              # A number that is nobody's, or another program's, would only keep the next server from starting.
              if [ -e "$directory/postmaster.pid" ] || [ -L "$directory/postmaster.pid" ]; then rm -f "$directory/postmaster.pid"; fi
              exit 0
            fi
            stopped=; for one in $all; do state "$one"; [ "$state" = T ] && stopped=yes; done
            how=fast
            if [ -z "$stopped" ] && [ -n "$pid" ] && at_home "$pid"; then kill -INT "$pid"; gone \(seconds * 5 / 8) || how=immediate
            else how=immediate; fi
            if [ $how = immediate ]; then
              signal QUIT; signal CONT
              gone \(seconds / 4) || { how=killed; signal KILL; gone \(max(1, seconds / 8)) || { printf 'processes in %s do not end: %s\\n' "$directory" "${all# }" >&2; exit 3; }; }
            fi
            rm -f "$directory/postmaster.pid"
            printf 'stopped %s\\n' $how
            """
    }

    /// Reads what the script printed; nil for anything else.
    static func outcome(_ text: String) -> StopOutcome? {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        switch words.first {
        case "none": return .notRunning
        case "stopped" where words.count == 2: return .stopped(words[1])
        case "other" where words.count == 2: return Int(words[1]).map { .otherProcess($0) }
        default: return nil
        }
    }
}

extension SegmentRecovery {
    /// Makes sure that no server runs in a failed instance's directory.
    ///
    /// No undo: the instance is one that the cluster has given up. A process that is not a server working in that very
    /// directory is never touched.
    /// - Parameter timeout: for all of it.
    /// - Throws: `ShellError`; `OperationError` when something does not end.
    @discardableResult
    public func stop(failed: Segment, timeout: Duration = .seconds(120)) async throws -> StopOutcome {
        let output = try await run(
            InstanceStop.script(failed.dataDirectory, timeout: timeout), on: failed.hostname,
            purpose: "the end of \(failed.label)", timeout: timeout + .seconds(20))
        guard let outcome = InstanceStop.outcome(output.standardOutput) else {
            throw OperationError("\(failed.hostname): no answer about what runs in \(failed.dataDirectory)")
        }
        return outcome
    }
}
