# shellcheck shell=bash disable=SC2154
# The rows of timings.sh: what each is started from, where it ends, and its bar.

# Where the coordinator and its standby are; they change places with each activation.
other_place=$work/data/standby other_port=$((port + 1))

# A table of `size` MB on each primary, with nothing left to do for a vacuum.
make_loaded() {
  count=$((size * primaries * 1000))
  make_plain && steps load stop_cleanly "cp -a $work/data $work/saved-plain"
}
load() {
  psql -XAtq -v ON_ERROR_STOP=1 -d template1 << SQL
CREATE TABLE load (id bigint, filler text) DISTRIBUTED BY (id);
INSERT INTO load SELECT i, repeat(md5(i::text), 31) FROM generate_series(0, $count - 1) i;
VACUUM load;
CHECKPOINT;
SQL
}
stop_cleanly() { gpstop -a -q -M fast; }

# The end points.
in_sync() { probe; all_synced; }
in_preferred_roles() { in_sync && [ "$(synced 'role = preferred_role')" = $((2 * primaries)) ]; }
everywhere() { [ "$(psql -XAtq -d template1 -c "SELECT count(*) FROM gp_dist_random('gp_id')" 2> /dev/null)" = "$primaries" ]; }

# await WHAT: until it holds.
await() {
  local end=$((SECONDS + 120))
  until "$@"; do
    [ $SECONDS -lt $end ] || { echo "$* does not come to hold"; catalog; return 1; }
    sleep 0.1
  done
}
has_standby() { [ "$(sql "SELECT count(*) FROM gp_segment_configuration WHERE content = -1 AND role = 'm'")" = 1 ]; }

# A cluster without mirrors: the saved files. Those that did not change stay where they are.
without_mirrors() {
  halt
  rsync -a --delete --modify-window=-1 "$work/saved-plain/" "$work/data/" && start_plain
}
# shellcheck disable=SC2046
start_plain() { start $(all primary) coordinator; await everywhere; }

# What later rows need: mirrors and a standby, built once. The copy is not needed any more.
with_mirrors() {
  rm -rf "$work/saved-plain"
  sql "SELECT 1" > /dev/null 2>&1 || start_plain || return 1
  [ "$(synced "role = 'm'")" -gt 0 ] || add_mirrors || return 1
  await in_sync
}
with_standby() {
  with_mirrors && { has_standby || add_standby; } && await standby_in_sync
}
without_standby() {
  with_mirrors || return 1
  ! has_standby || "$original/gpinitstandby" -a -r -l "$work/log"
}

# A server with its processes: a checkpointer at work would go on for a while, and keep the next server from starting.
die() {
  local process
  process=$(head -n 1 "$1/postmaster.pid")
  # shellcheck disable=SC2046
  kill -9 "$process" $(pgrep -P "$process")
}
# Every primary dies; their mirrors take over, and 1 % of the rows are changed, another 1 % each time.
change=0
failed_over() {
  local place
  with_mirrors && psql -XAtq -d template1 -c 'VACUUM load' || return 1
  for place in $(sql "SELECT datadir FROM gp_segment_configuration WHERE content >= 0 AND role = 'p'"); do
    die "$place"
  done
  await mirrors_took_over && await everywhere || return 1
  change=$(((change + 1) % 100))
  psql -XAtq -v ON_ERROR_STOP=1 -d template1 -c "UPDATE load SET filler = repeat(md5(random()::text), 31)
    WHERE id >= $((change * count / 100)) AND id < $(((change + 1) * count / 100))" -c CHECKPOINT
}
mirrors_took_over() { probe; [ "$(sql "SELECT count(*) FROM gp_segment_configuration WHERE content >= 0 AND status = 'd' AND role = 'm'")" = "$primaries" ]; }
# All in sync, and no one where it prefers to be.
switched() {
  with_mirrors || return 1
  while [ "$(synced 'role = preferred_role')" != 0 ]; do
    failed_over && "$original/gprecoverseg" -a -l "$work/log" && await in_sync || return 1
  done
}
# The standby has the coordinator's place now. Without what a killed coordinator leaves in /tmp: the original takes that for a running server.
coordinator_dead() {
  with_mirrors || return 1
  if ! has_standby; then
    rm -rf "$other_place"
    "$original/gpinitstandby" -a -s "$host" -P "$other_port" -S "$other_place" -l "$work/log" || return 1
  fi
  await standby_in_sync && await everywhere || return 1
  die "$COORDINATOR_DATA_DIRECTORY"
  sleep 1
  rm -f "/tmp/.s.PGSQL.$PGPORT" "/tmp/.s.PGSQL.$PGPORT.lock"
  change_places
}
change_places() {
  local place=$COORDINATOR_DATA_DIRECTORY number=$PGPORT
  export COORDINATOR_DATA_DIRECTORY=$other_place PGPORT=$other_port
  other_place=$place other_port=$number
}

row_gpaddmirrors() { row "\`gpaddmirrors\`, $primaries × $size MB" 0.6 without_mirrors in_sync gpaddmirrors -a -m "$work/mirrors" -p 100; }
row_gpinitstandby() {
  row "\`gpinitstandby -s\`" 1 without_standby standby_in_sync \
    gpinitstandby -a -s "$host" -P $((port + 1)) -S "$work/data/standby"
}
row_state_s() { row "\`gpstate -s\`" 0.5 with_standby true gpstate -s; }
row_state_b() { row "\`gpstate -b\`" 0.5 with_standby true gpstate -b; }
row_state_e() { row "\`gpstate -e\`" 0.5 with_standby true gpstate -e; }
row_state_f() { row "\`gpstate -f\`" 0.5 with_standby true gpstate -f; }
row_state_Q() { row "\`gpstate -Q\`" 0.2 with_standby true gpstate -Q; }
row_incremental() { row "\`gprecoverseg\` after a failover and 1 % change" 1 failed_over in_sync gprecoverseg -a; }
row_full() { row "\`gprecoverseg -F\`" 0.6 failed_over in_sync gprecoverseg -a -F; }
row_differential() { row "\`gprecoverseg --differential\` with 1 % changed" 0.4 failed_over in_sync gprecoverseg -a --differential; }
row_rebalance() { row "\`gprecoverseg -r\`" 0.6 switched in_preferred_roles gprecoverseg -a -r; }
row_gpactivatestandby() { row "\`gpactivatestandby\`, to a distributed query" "<1" coordinator_dead everywhere gpactivatestandby -a; }
