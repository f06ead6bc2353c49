extension FailureSurvey {
    /// What control files and WAL tell; `lines`, `words`, `plain`, `say` and `number` are the script's.
    static let walFunctions = #"""
        control() {
          redo= size=16777216
          [ -e "$2/global/pg_control" ] || return 0
          said=`timeout 10 "$bin/pg_controldata" -D "$2" 2>&1 </dev/null`; status=$?
          count=0 answers=
          lines
          for value in $said; do
            case $value in
              "Latest checkpoint's REDO WAL file: "*) redo=${value##* } ;;
              'Bytes per WAL segment: '*) number "${value##* }" && [ "${value##* }" -gt 0 ] && size=${value##* } ;;
            esac
            [ $count -lt 80 ] || continue
            count=$((count + 1)); plain "$value" 300; answers=${answers}control$tab$1$tab$value$line
          done
          words
          printf '%s' "$answers"; say controlstatus $1 $status
        }
        # The names of WAL files, in order.
        walfiles() {
          names=
          cd -P "$1/pg_wal" 2>/dev/null || return 0
          set -- $eight$eight$eight
          cd /
          [ "$1" = "$eight$eight$eight" ] || { lines; names="$*"; words; }
        }
        # Runs of files without a gap; the newest ones of each copy.
        runs() {
          index=0
          while [ $index -lt $1 ]; do
            eval "names=\$names_$index size=\$size_$index"
            [ -z "$names" ] || printf "$index $size %s\n" $names
            index=$((index + 1))
          done | awk '
            function hex(text,  n, k) { n = 0; for (k = 1; k <= length(text); k++) n = n * 16 + index("0123456789ABCDEF", substr(text, k, 1)) - 1; return n }
            function flush(  k) { if (first != "") end(); for (k = n < 64 ? 0 : n - 64; k < n; k++) print run[k]; n = 0 }
            function end() { run[n++] = "wal\t" copy "\t" first "\t" newest; first = "" }
            BEGIN { copy = "" }
            $1 "" != copy { flush(); copy = $1 "" }
            { number = hex(substr($3, 9, 8)) * (4294967296 / $2) + hex(substr($3, 17)); timeline = substr($3, 1, 8) "" }
            first != "" && (timeline != before || number != last + 1) { end() }
            first == "" { first = $3 }
            { newest = $3; last = number; before = timeline }
            END { flush() }'
        }
        # Where the last whole record begins: the reader stops behind it and says so. It says nothing where that record
        # ends the newest file, as one that switches to the next does: then it is the last one that it finds there.
        record() {
          eval "names=\$names_$1 redo=\$redo_$1"
          newest=${names##*"$line"}; timeline=${newest%????????????????}; start=
          for name in $names; do
            case $name in "$timeline"*) [ "${name#????????}" \< "${redo#????????}" ] || { start=$name; break; } ;; esac
          done
          [ -n "$start" ] || return 0
          said=`timeout 10 "$bin/pg_waldump" -z -p "$2/pg_wal" "$start" "$newest" 2>&1 >/dev/null </dev/null`
          case $said in
            *'error in WAL record at '*) said=${said##*'error in WAL record at '}; position "${said%%:*}" ;;
            *) position '' ;;
          esac || {
            said=`timeout 10 "$bin/pg_waldump" -p "$2/pg_wal" "$newest" "$newest" 2>/dev/null </dev/null | tail -n 1`
            said=${said#*', lsn: '}; position "${said%%', prev '*}"
          } && say record $1 "$timeline" "$value"
        }
        position() { value=$1; case $1 in *[!0-9A-F/]*) return 1 ;; ?*/?*) return 0 ;; esac; return 1; }
        """#
}
