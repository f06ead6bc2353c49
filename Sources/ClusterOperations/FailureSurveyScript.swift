import ClusterModel
import RemoteShell

extension FailureSurvey {
    /// The shell text that answers for `segments`.
    ///
    /// First everything that is quick, one directory after the other, so that their answers of several lines stay
    /// together; then, side by side, what may take its time, each an answer of one line.
    static func script(_ segments: [Segment], binaryDirectory: String) -> String {
        let calls = { (function: String) in
            segments.enumerated().map { index, segment in
                "\(function) \(index) \(ShellQuoting.word(segment.dataDirectory)) "
                    + ShellQuoting.word(CopyMark.besidePath(segment.dataDirectory))
            }.joined(separator: "\n")
        }
        return """
            LC_ALL=C; export LC_ALL
            bin=\(ShellQuoting.word(binaryDirectory))
            \(answers)
            \(walFunctions)
            \(places)
            command -v rsync >/dev/null 2>&1 && echo rsync
            works=`find /proc/[0-9]*/cwd -maxdepth 0 -printf '%h\\t%l\\n' 2>/dev/null`
            \(calls("place"))
            \(calls("measure"))
            wait
            """
    }

    /// `say kind index value…` prints an answer; values from the disk go through `plain`, which leaves one line of
    /// printable ones and bytes of other alphabets.
    private static let answers = #"""
        tab=`printf '\t'`
        say() { answer=$1; shift; for v; do answer=$answer$tab$v; done; printf '%s\n' "$answer"; }
        plain() { printf '%s' "$1" | tr '\001-\037\177' '?' | head -c 4096; }
        room() { timeout 5 df -Pk "$1" 2>/dev/null | awk 'NR == 2 {print $1 "\t" $4}'; }
        number() { case $1 in ''|*[!0-9]*) return 1 ;; esac; }
        """#

    private static let walFunctions = #"""
        control() {
          [ -e "$2/global/pg_control" ] || return 0
          said=`timeout 10 "$bin/pg_controldata" -D "$2" 2>&1 </dev/null`; status=$?
          printf '%s\n' "$said" | head -n 80 | tr '\001-\010\011\013-\037\177' '?' | cut -c 1-300 | sed "s/^/control$tab$1$tab/"
          say controlstatus $1 $status
          size=`printf '%s\n' "$said" | sed -n 's/^Bytes per WAL segment: *//p' | head -n 1`
          number "$size" || size=16777216
        }
        names() { timeout 10 ls "$1/pg_wal/" 2>/dev/null | grep -E '^[0-9A-F]{24}$' | sort; }
        # Runs of files without a gap; the newest ones.
        runs() {
          names "$2" | awk -v i="$1" -v size="$3" '
            function hex(text,  n, k) { n = 0; for (k = 1; k <= length(text); k++) n = n * 16 + index("0123456789ABCDEF", substr(text, k, 1)) - 1; return n }
            { number = hex(substr($0, 9, 8)) * (4294967296 / size) + hex(substr($0, 17)); timeline = substr($0, 1, 8) "" }
            first != "" && (timeline != before || number != last + 1) { print "wal\t" i "\t" first "\t" newest; first = "" }
            first == "" { first = $0 }
            { newest = $0; last = number; before = timeline }
            END { if (first != "") print "wal\t" i "\t" first "\t" newest }' | tail -n 64
        }
        histories() {
          for file in `timeout 10 ls "$2/pg_wal/" 2>/dev/null | grep -E '^[0-9A-F]{8}\.history$' | sort -r | head -n 4`; do
            head -c 16384 "$2/pg_wal/$file" | tr '\001-\010\011\013-\037\177' ' ' | head -n 128 | cut -c 1-100 | sed "s/^/history$tab$1$tab${file%.history}$tab/"
            # The last line may lack its end.
            printf '\n'
          done
        }
        # Where the last whole record begins: the reader stops behind it and says so.
        record() {
          newest=`names "$2" | tail -n 1`; timeline=`printf '%s' "$newest" | cut -c 1-8`
          redo=`timeout 10 "$bin/pg_controldata" -D "$2" 2>/dev/null </dev/null | sed -n "s/^Latest checkpoint's REDO WAL file: *//p" | head -n 1`
          start=`names "$2" | awk -v t="$timeline" -v r="$redo" 'substr($0, 1, 8) "" == t "" && substr($0, 9) "" >= substr(r, 9) "" {print; exit}'`
          [ -n "$start" ] || return 0
          said=`timeout 10 "$bin/pg_waldump" -z -p "$2/pg_wal" "$start" "$newest" 2>&1 >/dev/null </dev/null | sed -n 's/.*error in WAL record at \([0-9A-F]*\/[0-9A-F]*\):.*/\1/p' | tail -n 1`
          [ -n "$said" ] && say record $1 "$timeline" "$said"
        }
        """#

    private static let slot = ShellQuoting.word(Engine.replicationSlot)

    private static let places = #"""
        fatal() {
          for file in `timeout 5 ls -t "$2/log/" 2>/dev/null | grep -E '^[A-Za-z0-9._-]+$' | head -n 3`; do
            line=`tail -c 65536 "$2/log/$file" 2>/dev/null | tr -c '[:print:]\n' '?' | grep -E 'FATAL|PANIC' | grep -vE '57P03|the database system is |terminating (connection|walreceiver|background)|does not exist|authentication failed|no pg_hba.conf entry|sorry, too many clients|remaining connection slots' | tail -n 1 | cut -c 1-400`
            [ -n "$line" ] && { say fatal $1 "$line"; return 0; }
          done
        }
        process() {
          real=`readlink -f "$2"`; pid=`head -n 1 "$2/postmaster.pid" 2>/dev/null`; found=
          if number "$pid"; then
            if [ "`readlink "/proc/$pid/cwd" 2>/dev/null`" = "$real" ]; then
              found=$pid; say running $1 "$pid" "`sed -n 's/^State:[^A-Za-z]*\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null`"
            else say stale $1; fi
          fi
          [ -n "$found" ] || printf '%s\n' "$works" | GPHA_REAL=$real awk -F '\t' -v i="$1" '$2 == ENVIRON["GPHA_REAL"] && n < 20 {n++; sub(/.*\//, "", $1); print "stray\t" i "\t" $1}'
        }
        place() {
          size=16777216
          above=$2; while [ ! -d "$above" ]; do above=`dirname "$above"`; done
          say above $1 "`plain "$above"`"; say room $1 "`room "$above"`"
          [ -L "$2" ] && say link $1 "`plain "$(readlink -f "$2")"`"
          [ -d "$2" ] && mountpoint -q "$2" 2>/dev/null && say mount $1
          [ -f "$3" ] && say begun $1 "`head -n 1 "$3" | head -c 400`"
          base=${2##*/}
          for left in "${2%/*}/$base".gpha-* "${2%/*}/.$base".gpha-*; do
            [ "$left" != "$3" ] && { [ -e "$left" ] || [ -L "$left" ]; } && say beside $1 "`plain "$left"`"
          done | head -n 20
          if [ ! -e "$2" ] && [ ! -L "$2" ]; then say directory $1 missing
          elif [ ! -d "$2" ]; then say directory $1 'not a directory'
          elif [ ! -r "$2" ] || [ ! -x "$2" ]; then say directory $1 closed
          elif [ -z "`ls -A "$2/" | head -n 1`" ]; then say directory $1 empty
          else say directory $1 present; inside "$@"; fi
          say asked $1
        }
        inside() {
          [ -f "$2/PG_VERSION" ] && say version $1 "`head -c 20 "$2/PG_VERSION" | head -n 1 | tr -c '[:print:]\n' '?'`"
          [ -f "$2/gpha.copy" ] && say finished $1 "`head -n 1 "$2/gpha.copy" | head -c 400`"
          [ -f "$2/standby.signal" ] && say standby $1
          [ -f "$2/backup_label" ] && say label $1
          [ -d "$2/pg_replslot/"\#(slot) ] && say slot $1
          process "$@"; control "$@"; histories "$@"; runs "$1" "$2" "$size"; fatal "$@"
          count=0
          for link in "$2/pg_tblspc"/*; do
            oid=${link##*/}; [ -L "$link" ] && number "$oid" && [ $count -lt 200 ] || continue
            count=$((count + 1)); target=`readlink "$link"`; there=no; [ -d "$link/" ] && there=yes
            near=$target; while [ -n "$near" ] && [ ! -d "$near" ]; do near=`dirname "$near"`; done
            say tablespace $1 "$oid" "`plain "$target"`" $there "`room "$near"`"
          done
        }
        measure() {
          [ -d "$2" ] || return 0
          ( used=`timeout 10 du -sk "$2/" 2>/dev/null` && say used $1 "${used%%$tab*}" ) &
          ( record "$@" ) &
          for link in "$2/pg_tblspc"/*; do
            oid=${link##*/}; [ -L "$link" ] && number "$oid" || continue
            ( used=`timeout 10 du -sk "$link/" 2>/dev/null` && say spaceused $1 "$oid" "${used%%$tab*}" ) &
          done
        }
        """#
}
