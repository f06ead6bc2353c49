import ClusterModel
import ClusterOperations
import RemoteShell

/// What one host is asked about its instances: one command, whatever their number.
struct HostQuestion: Sendable {
    let instances: [Segment]
    /// Where the socket is looked for when an instance does not tell: Greenplum's default.
    static let defaultSocketDirectory = "/tmp"

    /// The shell text: for each instance its `postmaster.pid`, its lock file and whether its socket is bound.
    var script: String {
        """
        LC_ALL=C; export LC_ALL
        ask() {
          directory=$2; port=$3; sockets=\(ShellQuoting.word(Self.defaultSocketDirectory))
          if [ -r "$directory/postmaster.pid" ]; then
            { read -r pid; read -r _; read -r _; read -r _; read -r found; } < "$directory/postmaster.pid"
            printf 'pidfile\\t%s\\t%s\\n' "$1" "$pid"
            # After the program's name, which ends at the last parenthesis: the state (proc(5)).
            state=
            case $pid in ''|*[!0-9]*) ;; *) [ -r "/proc/$pid/stat" ] && read -r state < "/proc/$pid/stat" ;; esac
            state=${state##*) }; printf 'state\\t%s\\t%s\\n' "$1" "${state%% *}"
            case $found in /*) sockets=$found ;; ?*) sockets=$directory/$found ;; esac
            found=
          fi
          printf 'socket\\t%s\\t%s\\n' "$1" "$sockets/.s.PGSQL.$port"
          [ -e "$sockets/.s.PGSQL.$port.lock" ] && printf 'lock\\t%s\\n' "$1"
          case $bound in *" $sockets/.s.PGSQL.$port
        "*) printf 'listening\\t%s\\n' "$1" ;; esac
          printf 'asked\\t%s\\n' "$1"
        }
        bound=`cat /proc/net/unix 2>/dev/null`"
        "
        \(instances.map { "ask \($0.dbid) \(ShellQuoting.word($0.dataDirectory)) \($0.port)" }.joined(separator: "\n"))
        """
    }

    /// Reads the answer; an instance that is not in it has failed.
    func read(_ output: String) -> [DatabaseID: InstanceFacts] {
        var found: [Int: Found] = [:]
        for line in output.split(whereSeparator: \.isNewline) {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 2, let dbid = Int(fields[1]) else { continue }
            found[dbid, default: Found()].take(fields)
        }
        var facts: [DatabaseID: InstanceFacts] = [:]
        for instance in instances {
            guard let answer = found[instance.dbid.rawValue], answer.isComplete else {
                facts[instance.dbid] = .failed(.noOutput(address: instance.address))
                continue
            }
            facts[instance.dbid] = .fetched(answer.status(port: instance.port))
        }
        return facts
    }

    private struct Found {
        var pid = 0
        var hasPidFile = false
        var isAwake = false
        var hasLockFile = false
        var isListening = false
        var socket = ""
        var isComplete = false

        mutating func take(_ fields: [String]) {
            switch fields[0] {
            case "pidfile":
                hasPidFile = true
                pid = fields.count > 2 ? Int(fields[2].trimmed) ?? 0 : 0
            case "state": isAwake = fields.count > 2 && ["R", "S", "D", "I"].contains(fields[2])
            case "socket": socket = fields.count > 2 ? fields[2] : ""
            case "lock": hasLockFile = true
            case "listening": isListening = true
            case "asked": isComplete = true
            default: break
            }
        }

        func status(port: Int) -> InstanceStatus {
            InstanceStatus(
                pid: pid,
                pidError: PidError.text(
                    pid: pid, lockFile: socket + ".lock", port: port, hasLockFile: hasLockFile,
                    isListening: isListening),
                hasPidFile: hasPidFile, hasLockFile: hasLockFile, isAwake: isAwake)
        }
    }
}
