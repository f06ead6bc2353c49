/// The pulse of watched commands, in whole seconds on the remote side.
public struct WatchLimits: Sendable, Equatable {
    /// How often this side sends a heartbeat.
    public var interval: Duration
    /// How many seconds without a heartbeat end the command.
    public var limit: Int
    /// How many seconds lie between TERM and KILL.
    public var grace: Int

    public init(interval: Duration = .seconds(5), limit: Int = 30, grace: Int = 5) {
        self.interval = interval
        self.limit = limit
        self.grace = grace
    }
}

/// The POSIX sh text that runs a command in a session of its own and ends it when this side goes away.
///
/// Killing an SSH client leaves the remote program running. So a watched program gets a process group of its own
/// (`setsid`), and a second small sh reads heartbeats: when its input closes, or none came for `limit` seconds, the
/// group gets TERM and, `grace` seconds later, KILL, whether its leader still lives or not. What calls `setsid` itself, as a postmaster started by `pg_ctl`
/// does, stands outside the group and stays. dash has no `read -t`: a sleep that a heartbeat cuts short measures.
public enum CommandWatcher {
    /// The watching sh: arguments are the group, the limit, the grace; heartbeats, one a line, on descriptor 3.
    public static let script = """
        program=$1 limit=$2 grace=$3 pause=
        finish() {
            trap '' TERM USR1
            kill -TERM "-$program" 2>/dev/null || kill -TERM "$program" 2>/dev/null
            kill -CONT "-$program" 2>/dev/null
            [ -z "$pause" ] || kill "$pause" 2>/dev/null
            sleep "$grace"
            kill -KILL "-$program" 2>/dev/null
            exit 0
        }
        trap : USR1
        trap finish TERM
        ( trap - USR1 TERM
          while read -r beat; do kill -USR1 "$$" || exit; done <&3
          kill -TERM "$$" ) &
        exec 3<&-
        while :; do
            sleep "$limit" &
            pause=$!
            wait "$pause" && finish
            kill "$pause" 2>/dev/null
        done
        """

    /// Ends what a group's leader left behind: TERM was sent, KILL comes when the grace is over.
    ///
    /// Arguments are the group and the grace. It looks every second, so that it never outlives the group by more.
    static let reaper = """
        left=$2
        while [ "$left" -gt 0 ] && kill -0 "-$1" 2>/dev/null; do
            sleep 1
            left=$((left - 1))
        done
        kill -KILL "-$1" 2>/dev/null
        """

    /// The commands that run `program` watched and leave its status in `$status`; heartbeats come on descriptor 3.
    ///
    /// A signal that ends these commands ends the program: it may come before the watcher stands on its own feet.
    /// At their end nothing of the watcher is left, and nothing of the program's group either, or it has TERM and gets
    /// KILL from the reaper. The watcher, which may be between the two, is ended only when the reaper is on its way;
    /// from the program's end on nothing but KILL stops these commands.
    static func commands(running program: String, limits: WatchLimits) -> String {
        """
        ended=
        trap 'ended=1' HUP INT TERM
        setsid /bin/sh -c \(ShellQuoting.word(program)) 3<&- &
        program=$!
        setsid /bin/sh -c \(ShellQuoting.word(script)) gpha-watch "$program" \(limits.limit) \(limits.grace) \
        >/dev/null 2>&1 &
        watcher=$!
        exec 3<&-
        status=143
        [ -n "$ended" ] || { wait "$program" 2>/dev/null; status=$?; }
        trap '' HUP INT TERM
        if kill -TERM "-$program" 2>/dev/null; then
        kill -CONT "-$program" 2>/dev/null
        setsid /bin/sh -c \(ShellQuoting.word(reaper)) gpha-reap "$program" \(limits.grace) </dev/null >/dev/null 2>&1 &
        fi
        kill -KILL "$watcher" "-$watcher" 2>/dev/null
        wait "$watcher" 2>/dev/null
        """
    }

    /// The longest program that the watcher can take: Linux limits one argument to 128 KiB.
    static let longestProgram = 100_000
}
