import ClusterModel
import RemoteShell

/// What the host of a coordinator that shall be replaced says of it; nothing is changed there.
public struct CoordinatorSurvey: Sendable, Equatable {
    /// Whether the data directory is there and can be read, so that what follows is the truth.
    public var isReadable = false
    /// Which directory of which machine it is: the same words mean the same directory, whatever name the host goes by.
    public var place: String?
    /// Processes of the server in the data directory, with their states (`T` is stopped by a signal).
    public var processes: [String] = []
    /// Of the data directory (`pg_controldata`); nil when it could not be read.
    public var systemIdentifier: String?
    /// Where its latest checkpoint is: after a clean end, the end of its WAL.
    public var checkpoint: String?
    /// `shut down`, `in production` and so on.
    public var state: String?
    /// Whom commits waited for when it was last asked to (`synchronous_standby_names`, set by `ALTER SYSTEM`).
    public var synchronousNames = ""
    /// The host's addresses without loop-back and link-local ones.
    public var addresses: [String] = []
    /// Whether the mark of an activation is there already.
    public var isMarked = false

    public init() {}

    /// The shell text that asks.
    public static func script(_ dataDirectory: String, binaryDirectory: String) -> String {
        """
        LC_ALL=C; export LC_ALL
        directory=\(ShellQuoting.word(dataDirectory)); bin=\(ShellQuoting.word(binaryDirectory))
        mark=\(ShellQuoting.word(SupersededMark.path(dataDirectory)))
        \(questions)
        """
    }

    private static let questions = #"""
        tab=`printf '\t'`
        say() { printf '%s\t%s\n' "$1" "$2"; }
        real=`cd "$directory" 2>/dev/null && pwd -P`
        [ -n "$real" ] && [ -r "$directory/PG_VERSION" ] && say readable yes
        boot=`cat /proc/sys/kernel/random/boot_id 2>/dev/null` && [ -n "$real" ] &&
          say place "$boot `stat -c %d:%i "$real" 2>/dev/null`"
        export real directory
        # A postmaster and its children work in the data directory, whatever became of its pid file.
        ls -ld /proc/[0-9]*/cwd 2>/dev/null | awk '{
          start = index($0, " -> "); if (!start) next
          place = substr($0, start + 4); gone = ENVIRON["directory"] " (deleted)"
          if (place != gone && (ENVIRON["real"] == "" || place != ENVIRON["real"])) next
          count = split(substr($0, 1, start - 1), parts, "/"); print parts[count - 1] }' |
        while read -r process; do
          name=`cat "/proc/$process/comm" 2>/dev/null`
          case $name in postgres|postmaster) say process "$process `sed -n 's/^State:[[:space:]]*//p' "/proc/$process/status" 2>/dev/null`" ;; esac
        done
        "$bin/pg_controldata" "$directory" 2>/dev/null | sed -n \
          -e "s/^Database system identifier: */identifier$tab/p" -e "s/^Latest checkpoint location: */checkpoint$tab/p" \
          -e "s/^Database cluster state: */state$tab/p"
        sed -n "s/^synchronous_standby_names = '\(.*\)'.*/names$tab\1/p" "$directory/postgresql.auto.conf" 2>/dev/null | tail -n 1
        { ip -o addr show 2>/dev/null || /sbin/ip -o addr show 2>/dev/null; } | awk '$3 ~ /^inet/ && $2 != "lo" {sub(/\/.*/, "", $4); if ($4 !~ /^(fe80:|127\.)/) print "address\t" $4}'
        [ -e "$mark" ] && say marked yes
        say end yes
        """#

    /// Reads what the script printed.
    ///
    /// - Throws: `OperationError` when it did not come to its end.
    public init(output: String) throws(OperationError) {
        var isComplete = false
        for line in output.unicodeScalars.split(separator: "\n") {
            let fields = Substring(line).split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
            guard fields.count == 2 else { continue }
            let value = String(fields[1])
            switch fields[0] {
            case "readable": isReadable = true
            case "place": place = value
            case "process": processes.append(value)
            case "identifier": systemIdentifier = value
            case "checkpoint": checkpoint = value
            case "state": state = value
            case "names": synchronousNames = value
            case "address": addresses.append(value)
            case "marked": isMarked = true
            case "end": isComplete = true
            default: break
            }
        }
        guard isComplete else { throw OperationError("the survey of the old coordinator gave no complete answer") }
    }
}
