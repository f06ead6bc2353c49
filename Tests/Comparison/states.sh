# shellcheck shell=bash disable=SC2154
# The states of compare.sh: each a function that brings a fresh cluster there.

# Waits until the catalog has so many rows of a condition.
await_rows() {
  local end=$((SECONDS + 40))
  while [ $SECONDS -lt $end ]; do
    probe
    [ "$(sql "SELECT count(*) FROM gp_segment_configuration WHERE $2")" = "$1" ] && return
    sleep 0.3
  done
  echo "${0##*/}: no $1 rows with $2" >&2
}

state_healthy() { put_back full; }
state_no_mirrors() { put_back plain; }
state_mirrors_down() {
  put_back full
  stop mirror0; stop mirror1
  await_rows 2 "content >= 0 AND status = 'd'"
}
state_mirror_gone_unseen() {
  put_back full
  # A service that does not look.
  gpconfig -c gp_fts_probe_interval -v 3600 --coordinatoronly > /dev/null 2>&1
  gpstop -u -q > /dev/null 2>&1
  stop mirror0 immediate
}
state_failed_over() {
  put_back full
  kill -9 "$(process primary0)"
  await_rows 1 "content = 0 AND role = 'p' AND port = $((port + 102))"
}
state_switched() {
  state_failed_over
  "$original/gprecoverseg" -a -l "$work/log" > "$work/log/making" 2>&1
  settle 60
}
# The mirror's server runs and does not stream.
state_unsynchronised() {
  put_back full
  stop mirror0
  sed -i "s/port=$((port + 2))/port=$((port + 99))/" "$(directory mirror0)/postgresql.auto.conf"
  start mirror0
  await_rows 1 "content >= 0 AND status = 'd'"
}
state_double_fault() {
  state_failed_over
  kill -9 "$(process mirror0)"
  sleep 1; probe
}
state_standby_gone() {
  put_back full
  stop standby immediate
  sleep 1
}
state_utility() {
  put_back full primary0 primary1 mirror0 mirror1
  gpstop -a -q -M fast > /dev/null 2>&1 || halt
  gpstart -a -m -q < /dev/null > /dev/null 2>&1
}
state_stopped() { put_back full; halt; }
# The coordinator died; its host's files in /tmp are left.
state_coordinator_killed() {
  put_back full
  kill -9 "$(process coordinator)"
  sleep 1
}
state_coordinator_dead() {
  state_coordinator_killed
  rm -f "/tmp/.s.PGSQL.$port" "/tmp/.s.PGSQL.$port.lock"
}
state_coordinator_and_standby_dead() {
  state_coordinator_dead
  stop standby
}
