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

    /// `say kind index value…` prints an answer.
    ///
    /// `plain` leaves of a value from the disk one line of printable ones and bytes of other alphabets, in `$value`;
    /// `room` puts device and free kilobytes there. The usual way starts no program: starting them is what such a look
    /// costs.
    private static let answers = #"""
        tab=`printf '\t'`
        line='
        '
        say() { answer=$1; shift; for v; do answer=$answer$tab$v; done; printf '%s\n' "$answer"; }
        plain() {
          case $1 in
            *[!a-zA-Z0-9/._,:@=+-]*) value=`printf '%s' "$1" | tr '\001-\037\177' '?' | head -c 4096` ;;
            *) value=$1 ;;
          esac
        }
        room() {
          value=`timeout 5 df -Pk "$1" 2>/dev/null`; value=${value#*"$line"}
          set -f; set -- $value; set +f
          value=${4:+$1$tab$4}
        }
        number() { case $1 in ''|*[!0-9]*) return 1 ;; esac; }
        """#

    private static let walFunctions = #"""
        control() {
          redo= size=16777216
          [ -e "$2/global/pg_control" ] || return 0
          said=`timeout 10 "$bin/pg_controldata" -D "$2" 2>&1 </dev/null`; status=$?
          printf '%s\n' "$said" | awk -v i="$1" 'NR <= 80 {gsub(/[\001-\011\013-\037\177]/, "?"); print "control\t" i "\t" substr($0, 1, 300)}'
          say controlstatus $1 $status
          while IFS= read -r value; do
            case $value in
              "Latest checkpoint's REDO WAL file: "*) redo=${value##* } ;;
              'Bytes per WAL segment: '*) number "${value##* }" && size=${value##* } ;;
            esac
          done <<END
        $said
        END
        }
        # Runs of files without a gap; the newest ones.
        runs() {
          printf '%s\n' "$names" | awk -v i="$1" -v size="$2" '
            function hex(text,  n, k) { n = 0; for (k = 1; k <= length(text); k++) n = n * 16 + index("0123456789ABCDEF", substr(text, k, 1)) - 1; return n }
            $0 == "" { next }
            { number = hex(substr($0, 9, 8)) * (4294967296 / size) + hex(substr($0, 17)); timeline = substr($0, 1, 8) "" }
            first != "" && (timeline != before || number != last + 1) { run[n++] = "wal\t" i "\t" first "\t" newest; first = "" }
            first == "" { first = $0 }
            { newest = $0; last = number; before = timeline }
            END { if (first != "") run[n++] = "wal\t" i "\t" first "\t" newest; for (k = n < 64 ? 0 : n - 64; k < n; k++) print run[k] }'
        }
        histories() {
          index=$1; set -- "$2/pg_wal"/[0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F].history
          while [ $# -gt 4 ]; do shift; done
          for file; do
            [ -f "$file" ] || continue
            timeline=${file##*/}
            # The last line may lack its end.
            head -c 16384 "$file" | awk -v head="history$tab$index$tab${timeline%.history}$tab" 'NR <= 128 {gsub(/[\001-\011\013-\037\177]/, " "); print head substr($0, 1, 100)}'
          done
        }
        # Where the last whole record begins: the reader stops behind it and says so. It says nothing where that record
        # ends the newest file, as one that switches to the next does: then it is the last one that it finds there.
        record() {
          eval "names=\$names_$1 redo=\$redo_$1"
          newest=${names##*"$line"}; timeline=${newest%????????????????}
          start=`printf '%s\n' "$names" | awk -v t="$timeline" -v r="$redo" 'substr($0, 1, 8) "" == t "" && substr($0, 9) "" >= substr(r, 9) "" {print; exit}'`
          [ -n "$start" ] || return 0
          said=`timeout 10 "$bin/pg_waldump" -z -p "$2/pg_wal" "$start" "$newest" 2>&1 >/dev/null </dev/null | sed -n 's/.*error in WAL record at \([0-9A-F]*\/[0-9A-F]*\):.*/\1/p' | tail -n 1`
          [ -n "$said" ] || said=`timeout 10 "$bin/pg_waldump" -p "$2/pg_wal" "$newest" "$newest" 2>/dev/null </dev/null | tail -n 1 | sed -n 's/.*, lsn: \([0-9A-F]*\/[0-9A-F]*\), prev .*/\1/p'`
          [ -n "$said" ] && say record $1 "$timeline" "$said"
        }
        """#

    private static let slot = ShellQuoting.word(Engine.replicationSlot)

    private static let places = #"""
        fatal() {
          for file in `timeout 5 ls -t "$2/log/" 2>/dev/null | grep -E '^[A-Za-z0-9._-]+$' | head -n 3`; do
            said=`tail -c 65536 "$2/log/$file" 2>/dev/null | awk '
              /FATAL|PANIC/ && !/57P03|the database system is |terminating (connection|walreceiver|background)|does not exist|authentication failed|no pg_hba.conf entry|sorry, too many clients|remaining connection slots/ {last = $0}
              END {gsub(/[^ -~]/, "?", last); print substr(last, 1, 400)}'`
            [ -n "$said" ] && { say fatal $1 "$said"; return 0; }
          done
        }
        process() {
          real=`readlink -f "$2"`; found= pid=
          [ -f "$2/postmaster.pid" ] && read -r pid < "$2/postmaster.pid"
          if number "$pid"; then
            if [ "`readlink "/proc/$pid/cwd" 2>/dev/null`" = "$real" ]; then
              found=$pid; say running $1 "$pid" "`sed -n 's/^State:[^A-Za-z]*\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null`"
            else say stale $1; fi
          fi
          [ -n "$found" ] || case $works in
            *"$tab$real"*) printf '%s\n' "$works" | GPHA_REAL=$real awk -F '\t' -v i="$1" '$2 == ENVIRON["GPHA_REAL"] && n < 20 {n++; sub(/.*\//, "", $1); print "stray\t" i "\t" $1}' ;;
          esac
        }
        place() {
          above=$2; while [ ! -d "${above:=/}" ]; do above=${above%/*}; done
          plain "$above"; say above $1 "$value"; room "$above"; say room $1 "$value"
          [ -L "$2" ] && { plain "`readlink -f "$2"`"; say link $1 "$value"; }
          [ -d "$2" ] && mountpoint -q "$2" 2>/dev/null && say mount $1
          [ -f "$3" ] && say begun $1 "`head -n 1 "$3" | head -c 400`"
          base=${2##*/}; count=0
          for left in "${2%/*}/$base".gpha-* "${2%/*}/.$base".gpha-*; do
            [ "$left" != "$3" ] && [ $count -lt 20 ] && { [ -e "$left" ] || [ -L "$left" ]; } || continue
            count=$((count + 1)); plain "$left"; say beside $1 "$value"
          done
          if [ ! -e "$2" ] && [ ! -L "$2" ]; then say directory $1 missing
          elif [ ! -d "$2" ]; then say directory $1 'not a directory'
          elif [ ! -r "$2" ] || [ ! -x "$2" ]; then say directory $1 closed
          elif [ -z "`find "$2/" -mindepth 1 -maxdepth 1 -print -quit`" ]; then say directory $1 empty
          else say directory $1 present; inside "$@"; fi
          say asked $1
        }
        inside() {
          [ -f "$2/PG_VERSION" ] && say version $1 "`head -c 20 "$2/PG_VERSION" | head -n 1 | tr -c '[:print:]\n' '?'`"
          [ -f "$2/gpha.copy" ] && say finished $1 "`head -n 1 "$2/gpha.copy" | head -c 400`"
          [ -f "$2/standby.signal" ] && say standby $1
          [ -f "$2/backup_label" ] && say label $1
          [ -d "$2/pg_replslot/"\#(slot) ] && say slot $1
          process "$@"; control "$@"; histories "$@"
          names=`timeout 10 ls "$2/pg_wal/" 2>/dev/null | grep -E '^[0-9A-F]{24}$'`
          eval "names_$1=\$names redo_$1=\$redo"
          runs "$1" "$size"; fatal "$@"
          count=0
          for link in "$2/pg_tblspc"/*; do
            oid=${link##*/}; [ -L "$link" ] && number "$oid" && [ $count -lt 200 ] || continue
            count=$((count + 1)); target=`readlink "$link"`; there=no; [ -d "$link/" ] && there=yes
            near=$target; while [ -n "$near" ] && [ ! -d "$near" ]; do near=${near%/*}; done
            plain "$target"; target=$value; room "${near:-/}"
            say tablespace $1 "$oid" "$target" $there "$value"
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
