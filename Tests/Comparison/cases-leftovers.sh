# shellcheck shell=bash disable=SC2154
# What one side leaves behind when it is killed, or writes, in front of the other side. LEFTOVERS: some of the parts.

# Makes copies last long enough to be met.
fill() { psql -XAtq -d template1 -c "CREATE TABLE load AS SELECT i, repeat(md5(i::text), 30) t FROM generate_series(1, 100000) i DISTRIBUTED BY (i)" -c CHECKPOINT; }

# note WHO STATE ARGUMENTS STATUS TEXT: a row. `wrong TEXT` is one that is not as it should be.
note() { row "$1" "$2" "\`$(shown "$3")\`" "$4" "$5"; }
wrong() { differences=$((differences + 1)); verdict="**$1**"; }

# The processes of a tool on this host, but for the servers and their children.
parts_of() { pgrep -u "$(id -u)" -f "(gpsegrecovery|gpsegsetuprecovery|pg_basebackup).*$work"; }
copies() { pgrep -u "$(id -u)" -f "^[^ ]*pg_basebackup .*$work"; }
signal() { local pid; for pid in $2; do kill "-$1" "$pid" 2> /dev/null; done; return 0; }

# hold NUMBER: stops each copy as soon as something is in its directory; whether it were so many directories.
hold() {
  local pid place
  local -A held=()
  for pid in $(copies); do
    place=$(tr '\0' '\n' < "/proc/$pid/cmdline" 2> /dev/null | grep -om 1 "$work/data.*")
    if [ -n "$place" ] && [ -n "$(ls -A "$place" 2> /dev/null)" ]; then
      signal STOP "$pid"
      held[$place]=1
    fi
  done
  [ ${#held[@]} = "$1" ]
}
# begin SIDE TOOL ARGUMENTS...: starts it and holds its copies.
begin() {
  local side=$1 tool=$2 place=$original number=$primaries end=$((SECONDS + 60))
  [ "$side" = original ] || place=$tools
  [ "$tool" = gpinitstandby ] && number=1
  shift 2
  rm -f "$work/log/recovery_progress.file"
  "$place/$tool" -l "$work/log" "$@" > "$work/out/leftovers-$side-$tool-begun" 2>&1 < /dev/null &
  begun=$!
  # The shell would tell of its end.
  disown "$begun"
  until hold "$number"; do
    if [ $SECONDS -ge $end ] || ! kill -0 "$begun" 2> /dev/null; then
      echo "leftovers: no $number copies by $side $tool" >&2
      differences=$((differences + 1))
      signal CONT "$(copies)"
      return 1
    fi
    sleep 0.01
  done
  [ "$tool:$side" != gprecoverseg:original ] || await_progress
}
# A copy tells of its progress when a second is over, and the original passes it on once a second: in small steps.
await_progress() {
  local _
  for _ in {1..10}; do
    sleep 1.2
    [ ! -s "$work/log/recovery_progress.file" ] || return 0
    signal CONT "$(copies)"
    sleep 0.02
    signal STOP "$(copies)"
  done
}
# killed everything|alone: with its helpers, as when the host goes, or only itself, so that they go on.
killed() {
  kill -9 "$begun"
  if [ "$1" = everything ]; then
    while [ -n "$(parts_of)" ]; do signal KILL "$(parts_of)"; sleep 0.1; done
  else
    signal CONT "$(copies)"
  fi
  while kill -0 "$begun" 2> /dev/null; do sleep 0.05; done
  [ "$1" = alone ] || senders_gone
}

# The servers notice that the copies are dead.
senders_gone() {
  local name at
  for name in $(all primary); do
    read -r _ at _ <<< "$(instance "$name")"
    for _ in {1..100}; do
      [ "$(PGPORT=$at sql "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'pg_basebackup'")" != 0 ] || break
      sleep 0.1
    done
  done
}

# then_ SIDE STATE GOAL TOOL ARGUMENTS...: its exit status and whether the goal is reached, in a row.
then_() {
  local side=$1 state=$2 goal=$3 tool=$4 status verdict file
  shift 4
  file=$work/out/leftovers-${state//[^a-z]/_}-$side-$tool
  status=$(run "$side" "$file" "$tool" -l "$work/log" "$@")
  verdict=""
  "goal_$goal" "$status" "$file"
  [ "$side" = ours ] && side=gpha
  note "$tool" "$state" "$side: $*" "$status" "$verdict"
}
# Its last error, or its last line.
last_error() {
  local text
  text=$(grep -hE 'ERROR|error:' "$1" "$1.error" | tail -n 1)
  sed -E 's/^[^[]*//; s/\|/\\|/g' <<< "${text:-$(tail -n 1 "$1")}"
}
goal_in_sync() {
  settle 60
  if [ "$1" != 0 ]; then wrong "$(last_error "$2")"; elif all_synced; then verdict="every pair in sync"; else wrong "not in sync"; fi
}
# Finished, or a reason that names what is in the way.
goal_in_sync_or_reason() {
  local reason
  settle 60
  reason=$(grep -ohE '(Segment directory|GPDB physical|Found pg_basebackup|the mirrors run; still down) .*' "$2" | head -n 1 | sed "s|$work|…|g")
  if [ "$1" = 0 ] && all_synced; then
    verdict="every pair in sync"
  elif [ -n "$reason" ]; then
    verdict="tells why: $reason"
    ! all_synced || verdict="$verdict; in sync when that has ended"
  else
    wrong "neither in sync nor a reason"
  fi
}
goal_in_sync_no_lock() {
  goal_in_sync "$@"
  [ ! -e "$lock" ] || wrong "the lock is still there"
  [ ! -e "$work/log/recovery_progress.file" ] || wrong "the progress file is still there"
}
goal_refused() {
  if grep -q 'is already running with PID' "$2" && grep -q 'remove the lockfile directory' "$2" && ! all_synced; then
    verdict="refused, names the process and the directory"
  else
    wrong "not refused"
  fi
}
goal_switched() {
  if [ "$1" = 1 ] && grep -q 'Roles Switched' "$2" && ! grep -qE 'Unsynchronized|Downed' "$2"; then verdict="roles switched, no more"; else wrong "$(last_error "$2")"; fi
}
goal_works() { if [ "$1" = 0 ]; then verdict="works"; else wrong "$(last_error "$2")"; fi; }

lock=$work/data/c/gpseg-1/gprecoverseg.lock
leftovers_locks() {
  local side state verdict
  for side in original ours; do
    for state in original ours; do
      mirrors_filled_down
      begin $state gprecoverseg -a -F && killed everything
      [ -f "$lock/PID" ] || { wrong "leaves no lock"; note gprecoverseg "${state/ours/gpha} killed" "-a -F" "" "$verdict"; }
      then_ $side "lock and progress file of ${state/ours/gpha}'s, killed" in_sync_no_lock gprecoverseg -a -F
    done
    mirrors_filled_down
    mkdir "$lock"
    then_ $side "lock without a process ID" in_sync gprecoverseg -a
    mirrors_filled_down
    sleep 300 & state=$!
    mkdir "$lock"; printf %s $state > "$lock/PID"
    then_ $side "lock with the number of a process that lives" refused gprecoverseg -a
    kill $state
  done
}
# Mirrors that are down, with data worth copying.
mirrors_filled_down() {
  put_back filled
  stop mirror0; stop mirror1
  await_rows 2 "content >= 0 AND status = 'd'"
}
# What both say while it lies there: the lines of gpstate -e.
leftovers_progress() {
  local verdict theirs ours file=$work/out/leftovers-progress
  mirrors_filled_down
  begin original gprecoverseg -a -F && killed everything
  verdict="the same lines"
  [ -s "$work/log/recovery_progress.file" ] || wrong "no progress file was left"
  cp "$work/log/recovery_progress.file" "$work/progress" 2> /dev/null
  theirs=$(run original "$file.original" gpstate -e -l "$work/log")
  ours=$(run ours "$file.ours" gpstate -e -l "$work/log")
  diff <(plain < "$file.original") <(plain < "$file.ours") > "$file.diff" || wrong "$(grep -c '^[<>]' "$file.diff") lines differ"
  [ "$theirs" = "$ours" ] || { wrong "another status"; ours="$theirs / $ours"; }
  note gpstate "progress file of the original's, killed" "-e" "$ours" "$verdict"
}
leftovers_lists() {
  local side verdict words
  for words in "gprecoverseg -a" "gprecoverseg -a -F" "gpaddmirrors -a -m $work/mirrors -p 100"; do
    if [ "${words%% *}" = gprecoverseg ]; then mirrors_filled_down; else put_back filled_plain; fi
    verdict="the same lines"
    # shellcheck disable=SC2086
    for side in original ours; do run $side "$work/out/leftovers-list" $words -o "$work/list.$side" > /dev/null; done
    cmp -s <(sort "$work/list.original") <(sort "$work/list.ours") || wrong "other lines"
    [ -s "$work/list.ours" ] || wrong "nothing written"
    note "${words%% *}" "file written by both" "${words#* } -o" "0" "$verdict"
  done
  for side in original ours; do
    put_back filled_plain
    # Each reads what the other wrote; the last files are gpaddmirrors'.
    other=original; [ $side = ours ] || other=ours
    then_ $side "file of ${other/ours/gpha}'s -o" in_sync gpaddmirrors -a -i "$work/list.$other"
    mirrors_filled_down
    run $other "$work/out/leftovers-list" gprecoverseg -a -o "$work/recovery.$other" > /dev/null
    then_ $side "file of ${other/ours/gpha}'s -o" in_sync gprecoverseg -a -i "$work/recovery.$other"
  done
}
# The second run finishes what the first began, or tells what is in the way, and then a recovery of ours finishes it.
finish() {
  local side=$1 state="$2 killed in its copy, $3"
  shift 3
  then_ "$side" "$state" in_sync_or_reason "$@"
  all_synced || then_ ours "… and then" in_sync gprecoverseg -a -F
}
# One of the copies had not begun when the original was killed: both are built, or the other one is told of.
leftovers_half() {
  put_back filled_plain
  begin original "${add[@]}" && killed everything
  find "$work/data/m/gpseg0" -mindepth 1 -delete
  then_ ours "original killed in its copy, one directory empty" in_sync_or_reason "${add[@]}"
}
leftovers_copies() {
  local how add=(gpaddmirrors -a -m "$work/mirrors" -p 100) copy=(gprecoverseg -a -F)
  for how in everything alone; do
    put_back filled_plain
    begin original "${add[@]}" && killed $how
    finish ours original $how "${add[@]}"
    [ $how = alone ] || leftovers_half
    mirrors_filled_down
    begin original "${copy[@]}" && killed $how
    finish ours original $how "${copy[@]}"
    put_back filled_plain
    begin ours "${add[@]}" && killed $how
    finish original gpha $how "${add[@]}"
    put_back filled_plain
    begin ours "${add[@]}" && killed $how
    finish ours gpha $how "${add[@]}"
    mirrors_filled_down
    begin ours "${copy[@]}" && killed $how
    finish original gpha $how "${copy[@]}"
  done
}
goal_standby() {
  local reason end=$((SECONDS + 30))
  until standby_in_sync || [ "$1" != 0 ] || [ $SECONDS -ge $end ]; do sleep 0.3; done
  reason=$(grep -ohE '(Standby coordinator already|Data directory already|.* not empty).*' "$2" | head -n 1 | sed "s|$work|…|g; s/^.*-\[[A-Z]*\]:-*//")
  if [ "$1" = 0 ] && standby_in_sync; then
    verdict="the standby is in sync"
  elif [ "$1" != 0 ] && [ -n "$reason" ]; then
    verdict="tells why: $reason"
  else
    wrong "no standby in sync: $(last_error "$2")"
  fi
}
leftovers_standby() {
  local first side add=(gpinitstandby -a -s "$host" -P $((port + 1)) -S "$work/data/standby")
  for side in original ours; do
    first=ours; [ $side = ours ] && first=original
    put_back filled_plain
    begin $first "${add[@]}" && killed everything
    then_ $side "${first/ours/gpha} killed in its copy, everything" standby "${add[@]}"
    standby_in_sync && continue
    then_ $side "… and then" works gpinitstandby -a -r
    rm -rf "$work/data/standby"
    then_ $side "… and then" standby "${add[@]}"
  done
}
# The original's tools on what ours built.
leftovers_built() {
  local words state="built by gpha, failed over, recovered"
  put_back filled_plain
  then_ ours "no mirrors" in_sync gpaddmirrors -a -m "$work/mirrors" -p 100
  then_ ours "no standby" works gpinitstandby -a -s "$host" -P $((port + 1)) -S "$work/data/standby"
  kill -9 "$(process primary0)"
  await_rows 1 "content = 0 AND role = 'p' AND port = $((port + 102))"
  then_ ours "failed over" in_sync gprecoverseg -a
  for words in "gpstop -a" "gpstart -a" "gpstate -s"; do
    # shellcheck disable=SC2086
    then_ original "$state" works $words
  done
  then_ original "$state" switched gpstate -e
  then_ original "$state" works gpstop -u
  then_ original "$state" in_sync gprecoverseg -a -r
  for words in "gpstate -e" "gpstate -f" "gpstop -a"; do
    # shellcheck disable=SC2086
    then_ original "… and rebalanced" works $words
  done
}

cases_leftovers() {
  local part
  { put_back full && fill && save filled && put_back plain primary0 primary1 coordinator && fill && save filled_plain; } || fail "no data"
  for part in ${LEFTOVERS:-locks progress lists copies standby built}; do "leftovers_$part"; done
}
