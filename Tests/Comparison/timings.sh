#!/bin/bash
# shellcheck source-path=SCRIPTDIR disable=SC2154
# Times the tools beside the originals, in turn on one cluster of a real Greenplum server, to the same end point, and
# prints the tables of docs/performance.md: medians, their ratio and its bar, then all values as they were measured.
#
#   Tests/Comparison/timings.sh GPHOME TOOLS [PORT [ROW...]]
#
# GPHOME is the server with the original tools, TOOLS the directory of ours, PORT the first of 200 free ports (27000),
# ROW one or more of those in `rows` below (all). PAIRS is how often each is run (5), SIZE_MB the data of each of the
# four primaries (500). Needs what compare.sh needs, and in TMPDIR 15 times SIZE_MB and 3 GB. KEEP=1 keeps what was
# printed.
#
# The clock starts with the tool and stops when the tool has ended and the end point is reached, whichever is later.
# What a run starts from is made outside the clock, in the same way for both; who is first changes from pair to pair.
#
# Exit status: 0 when every bar is met, 1 when one is not or a tool failed, 2 when it cannot run.
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 2 ] || { echo "usage: timings.sh GPHOME TOOLS [PORT [ROW...]]" >&2; exit 2; }
home=$1 tools=$2 port=${3:-27000}
shift 2; [ $# -eq 0 ] || shift
pairs=${PAIRS:-5} size=${SIZE_MB:-500}
# As it is used: commits are on disk.
PRIMARIES=${PRIMARIES:-4} SETTINGS="gp_fts_mark_mirror_down_grace_period=2 max_wal_size=1GB min_wal_size=128MB"
needed=(gpstate gpaddmirrors gpinitstandby gprecoverseg gpactivatestandby)
. "$here/environment.sh"
. "$here/timing-rows.sh"

# In this order: mirrors and standby are what the first two leave.
rows=(gpaddmirrors gpinitstandby state-s state-b state-e state-f state-Q incremental full differential rebalance gpactivatestandby)
wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=("${rows[@]}")
for row in "${wanted[@]}"; do
  case " ${rows[*]} " in *" $row "*) ;; *) fail "no row $row; there are ${rows[*]}" ;; esac
done

trap leave EXIT
trap 'exit 2' INT TERM

median() {
  sort -n <<< "${1// /$'\n'}" | awk '{ v[NR] = $1 } END { printf "%.3f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
missed=0 runs=0
declare -a table=() values=()
# report NAME BAR ORIGINALS OURS: `BAR` is the most that the ratio may be, or less than that after a "<".
report() {
  local theirs ours ratio verdict="met" sign="≤" bar=$2
  theirs=$(median "$3") ours=$(median "$4")
  ratio=$(awk -v o="$ours" -v t="$theirs" 'BEGIN { printf "%.3f", o / t }')
  [ "${bar#<}" = "$bar" ] || sign="<" bar=${bar#<}
  awk -v r="$ratio" -v b="$bar" -v s="$sign" 'BEGIN { exit !(r < b || s == "≤" && r == b) }' || { verdict="**not met**"; missed=$((missed + 1)); }
  table+=("| $1 | $theirs s | $ours s | $ratio | $sign $bar | $verdict |")
  values+=("| $1 | ${3// /, } | ${4// /, } |")
  echo "$1: $3 / $4 = $ratio" >&2
}

# once SIDE GOAL TOOL ARGUMENTS...: one run to the tool's end and the goal; its seconds are left in `seconds`.
once() {
  local side=$1 goal=$2 tool=$3 place=$original begin status end
  local file=$work/out/$tool-$((++runs)).$side
  shift 3
  [ "$side" = original ] || place=$tools
  begin=$EPOCHREALTIME
  timeout -k 5 600 "$place/$tool" "$@" -l "$work/log" > "$file" 2>&1 < /dev/null
  status=$?
  [ $status = 0 ] || { echo "$side $tool $* ended with $status:" >&2; tail -n 20 "$file" >&2; return 1; }
  end=$((SECONDS + 180))
  until "$goal"; do
    [ $SECONDS -lt $end ] || { echo "$side $tool $*: no $goal" >&2; catalog >&2; return 1; }
    sleep 0.05
  done
  seconds=$(awk -v b="$begin" -v e="$EPOCHREALTIME" 'BEGIN { printf "%.3f", e - b }')
}
# prepared FUNCTION: what is still to be written is not left to the clock.
prepared() {
  "$1" > "$work/log/preparing" 2>&1 || { tail -n 20 "$work/log/preparing" >&2; return 1; }
  sync
}
# row NAME BAR PREPARATION GOAL TOOL ARGUMENTS...: the pairs of one row.
row() {
  local name=$1 bar=$2 prepare=$3 pair side sides seconds
  local -A all_of=()
  shift 3
  for ((pair = 1; pair <= pairs; pair++)); do
    sides="original ours"
    [ $((pair % 2)) = 1 ] || sides="ours original"
    for side in $sides; do
      if ! { prepared "$prepare" && once "$side" "$@"; }; then
        table+=("| $name | – | – | – | $bar | **failed**: $side, pair $pair |") missed=$((missed + 1))
        return
      fi
      all_of[$side]+=" $seconds"
    done
  done
  report "$name" "$bar" "${all_of[original]# }" "${all_of[ours]# }"
}

echo "$(nproc) cores, load $(cut -d ' ' -f 1-3 /proc/loadavg), $pairs pairs, $primaries primaries of $size MB, $(date +%F)"
make_loaded || fail "the cluster could not be made, see above"
for row in "${rows[@]}"; do
  case " ${wanted[*]} " in *" $row "*) "row_${row//-/_}" ;; esac
done
printf '\n| command | original | gpha | ratio | bar | |\n|---|---|---|---|---|---|\n'
printf '%s\n' "${table[@]}"
printf '\nAll values, in seconds, as they were measured:\n\n| | original | gpha |\n|---|---|---|\n'
[ ${#values[@]} = 0 ] || printf '%s\n' "${values[@]}"
echo "timings.sh: took $((SECONDS / 60)) min" >&2
[ $missed = 0 ] || { echo "timings.sh: $missed row(s) not met" >&2; exit 1; }
