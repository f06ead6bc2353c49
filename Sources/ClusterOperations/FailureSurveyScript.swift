import ClusterModel
import RemoteShell

extension FailureSurvey {
    /// The shell text that answers for `segments`.
    ///
    /// First everything that is quick, one directory after the other, so that their answers of several lines stay
    /// together; then, side by side, what may take its time, each an answer of one line.
    ///
    /// Starting a program costs more than what most of them would do here: what can be asked for all copies at once is,
    /// and the shell itself does what it can.
    static func script(_ segments: [Segment], binaryDirectory: String) -> String {
        let directories = segments.map { ShellQuoting.word($0.dataDirectory) }.joined(separator: " ")
        let calls = { (function: String) in
            segments.enumerated().map { index, segment in
                "\(function) \(index) \(ShellQuoting.word(segment.dataDirectory)) "
                    + ShellQuoting.word(CopyMark.besidePath(segment.dataDirectory))
            }.joined(separator: "\n")
        }
        return """
            LC_ALL=C; export LC_ALL
            bin=\(ShellQuoting.word(binaryDirectory)); tab='\t'
            \(SharedShellText.eight)
            \(answers)
            \(jointAnswers)
            \(walFunctions)
            \(places)
            command -v rsync >/dev/null 2>&1 && echo rsync
            [ \(segments.count) -gt 0 ] || exit 0
            works=`find /proc/[0-9]*/cwd -maxdepth 0 -printf '%h\\t%l\\n' 2>/dev/null`
            mounts=$line
            [ ! -r /proc/self/mountinfo ] || while read -r id parent device root point rest; do
              mounts=$mounts$point$line
            done < /proc/self/mountinfo
            set -- \(directories)
            texts=`texts "$@"`
            grounds "$@"
            \(calls("place"))
            runs \(segments.count)
            \(calls("measure"))
            wait
            """
    }

    /// `say kind index value…` prints an answer.
    ///
    /// `plain value [length]` leaves of a value from the disk one line of printable characters and bytes of other
    /// alphabets, in `$value`. `lines` splits an unquoted value at its line ends, `words` as usual again.
    private static let answers = #"""
        line='
        '
        \#(SharedShellText.say)
        plain() {
          value=$1
          case $1 in *[![:print:]]*) ;; *) [ ${#1} -gt ${2:-4096} ] || return 0 ;; esac
          value=`printf '%s' "$1" | tr '\001-\037\177' '?' | head -c "${2:-4096}"`
        }
        lines() { set -f; IFS=$line; }
        words() { set +f; unset IFS; }
        # Device and free kilobytes of a row of `df -P`.
        free() { set -f; set -- $1; set +f; value=${4:+$1$tab$4}; }
        \#(SharedShellText.room)
        number() { case $1 in ''|*[!0-9]*) return 1 ;; esac; }
        # A blank and the like are written otherwise in the list of mount points.
        mounted() {
          case $1 in *[!a-zA-Z0-9/._-]*) mountpoint -q "$1" 2>/dev/null; return ;; esac
          case $mounts in *"$line$1$line"*) return 0 ;; esac; return 1
        }
        """#

    /// What one program answers for all copies.
    private static let jointAnswers = #"""
        # The nearest directories that exist, and the room there.
        grounds() {
          index=0
          for directory; do
            above=$directory; while [ ! -d "${above:=/}" ]; do above=${above%/*}; done
            plain "$above"; say above $index "$value"
            shift; set -- "$@" "$above"; index=$((index + 1))
          done
          index=0
          if rows=`timeout 5 df -Pk "$@" 2>/dev/null`; then
            for above; do
              rows=${rows#*"$line"}; free "${rows%%"$line"*}"; say room $index "$value"; index=$((index + 1))
            done
          else
            # One is gone or hangs: that is its own answer alone.
            for above; do room "$above"; say room $index "${kilobytes:+$device$tab$kilobytes}"; index=$((index + 1)); done
          fi
        }
        # The small files, each line behind its file's name and its number: a file's own words cannot pass for another's,
        # nor can a broken one be too long.
        texts() {
          for directory; do
            shift; set -- "$@" "$directory/PG_VERSION" "$directory/gpha.copy"; one= two= three= four=
            for file in "$directory/pg_wal"/$eight.history; do
              one=$two two=$three three=$four four=$file
            done
            set -- "$@" ${one:+"$one"} ${two:+"$two"} ${three:+"$three"} ${four:+"$four"}
          done
          grep -a -H -n -o -D skip -m 128 '^.\{1,400\}' -- "$@" 2>/dev/null </dev/null
        }
        """#

    private static let slot = ShellQuoting.word(Engine.replicationSlot)

    private static let places = #"""
        # The last fatal line of the three newest logs.
        fatal() {
          first= second= third=
          # Only one on another file system can hang where the data directory does not.
          if [ -L "$2/log" ] || mounted "$real/log"; then timeout 5 ls "$2/log/" >/dev/null 2>&1 || return 0; fi
          for file in "$2/log"/*; do
            case ${file##*/} in *[!A-Za-z0-9._-]*) continue ;; esac
            if [ -z "$first" ] || [ "$file" -nt "$first" ]; then third=$second second=$first first=$file
            elif [ -z "$second" ] || [ "$file" -nt "$second" ]; then third=$second second=$file
            elif [ -z "$third" ] || [ "$file" -nt "$third" ]; then third=$file
            fi
          done
          index=$1; set -- ${third:+"$third"} ${second:+"$second"} ${first:+"$first"}
          [ $# -gt 0 ] || return 0
          # -v: a line before each, so that no file's end and the next one's beginning become one line.
          said=`tail -v -c 65536 -- "$@" 2>/dev/null`
          case $said in *FATAL*|*PANIC*) ;; *) return 0 ;; esac
          said=`printf '%s\n' "$said" | awk '
            /^==> \// { next }
            /FATAL|PANIC/ && !/57P03|the database system is |terminating (connection|walreceiver|background)|does not exist|authentication failed|no pg_hba.conf entry|sorry, too many clients|remaining connection slots/ {last = $0}
            END {gsub(/[^ -~]/, "?", last); print substr(last, 1, 400)}'`
          [ -z "$said" ] || say fatal $index "$said"
        }
        process() {
          found= pid=
          if [ -f "$2/postmaster.pid" ]; then
            read -r pid < "$2/postmaster.pid"
            if number "$pid" && [ -d "/proc/$pid" ] && [ "`readlink "/proc/$pid/cwd" 2>/dev/null`" = "$real" ]; then
              found=$pid; say running $1 "$pid" "`sed -n 's/^State:[^A-Za-z]*\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null`"
            else say stale $1; fi
          fi
          [ -n "$found" ] || case $works in
            *"$tab$real"*) printf '%s\n' "$works" | GPHA_REAL=$real awk -F '\t' -v i="$1" '$2 == ENVIRON["GPHA_REAL"] && n < 20 {n++; sub(/.*\//, "", $1); print "stray\t" i "\t" $1}' ;;
          esac
        }
        place() {
          if cd -P "$2/" 2>/dev/null; then real=$PWD; cd /; else real=`readlink -f "$2"`; fi
          [ -L "$2" ] && { plain "$real"; say link $1 "$value"; }
          [ -d "$2" ] && mounted "$real" && say mount $1
          [ -f "$3" ] && say begun $1 "`head -n 1 "$3" | head -c 400`"
          base=${2##*/}; count=0
          for left in "${2%/*}/$base".gpha-* "${2%/*}/.$base".gpha-*; do
            [ "$left" != "$3" ] && [ $count -lt 20 ] && { [ -e "$left" ] || [ -L "$left" ]; } || continue
            count=$((count + 1)); plain "$left"; say beside $1 "$value"
          done
          if [ ! -e "$2" ] && [ ! -L "$2" ]; then say directory $1 missing
          elif [ ! -d "$2" ]; then say directory $1 'not a directory'
          elif [ ! -r "$2" ] || [ ! -x "$2" ]; then say directory $1 closed
          elif [ ! -e "$2/PG_VERSION" ] && [ -z "`find "$2/" -mindepth 1 -maxdepth 1 -print -quit`" ]; then
            say directory $1 empty
          else say directory $1 present; inside "$@"; fi
          say asked $1
        }
        # What `texts` found in this copy.
        written() {
          version= finished=
          lines
          for text in $texts; do
            case $text in
              "$2/PG_VERSION:1:"*) plain "${text#"$2/PG_VERSION:1:"}" 20; version=$value ;;
              "$2/gpha.copy:1:"*) finished=${text#"$2/gpha.copy:1:"} ;;
              "$2/pg_wal/"????????".history:"*)
                text=${text#"$2/pg_wal/"}; timeline=${text%%.*}; text=${text#*:}; text=${text#*:}
                case $text in *[![:print:]$tab]*) plain "$text" 400; text=$value ;; esac
                say history $1 "$timeline" "$text" ;;
            esac
          done
          words
          [ -f "$2/PG_VERSION" ] && say version $1 "$version"
          [ -f "$2/gpha.copy" ] && say finished $1 "$finished"
        }
        inside() {
          written "$@"
          [ -f "$2/standby.signal" ] && say standby $1
          [ -f "$2/backup_label" ] && say label $1
          [ -d "$2/pg_replslot/"\#(slot) ] && say slot $1
          process "$@"; control "$@"; walfiles "$2"
          eval "names_$1=\$names size_$1=\$size redo_$1=\$redo"
          fatal "$@"
          count=0
          for link in "$2/pg_tblspc"/*; do
            oid=${link##*/}; [ -L "$link" ] && number "$oid" && [ $count -lt 200 ] || continue
            count=$((count + 1)); target=`readlink "$link"`; there=no; [ -d "$link/" ] && there=yes
            near=$target; while [ -n "$near" ] && [ ! -d "$near" ]; do near=${near%/*}; done
            plain "$target"; target=$value; room "${near:-/}"
            say tablespace $1 "$oid" "$target" $there "${kilobytes:+$device$tab$kilobytes}"
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
