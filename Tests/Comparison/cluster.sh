# shellcheck shell=bash disable=SC2154
# Makes the clusters of the scripts here with the server's own programs, keeps copies of their files, puts them back.

# How many contents there are.
primaries=${PRIMARIES:-2}
# Settings of every instance. A commit need not be on disk here; a dead mirror is to be marked soon.
settings=${SETTINGS:-fsync=off gp_fts_mark_mirror_down_grace_period=2}

# The instances: name, directory, port, role in the start options.
instance() {
  local content=${1#primary}
  content=${content#mirror}
  case $1 in
    coordinator) echo "$work/data/c/gpseg-1 $port dispatch" ;;
    standby) echo "$work/data/standby $((port + 1)) dispatch" ;;
    primary*) echo "$work/data/p/gpseg$content $((port + 2 + content)) execute" ;;
    mirror*) echo "$work/data/m/gpseg$content $((port + 102 + content)) execute" ;;
  esac
}
# all KIND: the names of its instances.
all() { seq -f "$1%g" 0 $((primaries - 1)); }
directory() { set -- "$(instance "$1")"; echo "${1%% *}"; }

# Starts instances side by side; a mirror or standby is up when its file says so, since pg_ctl -w may not end there.
start() {
  local name place role
  for name; do
    read -r place _ role <<< "$(instance "$name")"
    [ -d "$place" ] || continue
    pg_ctl -D "$place" -W -s -o "-c gp_role=$role" -l "$work/start.log" start < /dev/null > /dev/null 2>&1
  done
  for name; do
    place=$(directory "$name")
    [ -d "$place" ] || continue
    for _ in {1..300}; do
      case $(sed -n 8p "$place/postmaster.pid" 2> /dev/null) in ready* | dtmready* | standby* | wrecv* | mirror*) break ;; esac
      sleep 0.1
    done
  done
  # Sessions are turned away until the dispatcher has recovered.
  case " $* " in *" coordinator "*) await_sessions ;; esac
}
await_sessions() {
  for _ in {1..300}; do
    psql -XAtq -d template1 -c 'SELECT 1' > /dev/null 2>&1 && return
    sleep 0.1
  done
}
stop() { pg_ctl -D "$(directory "$1")" -m "${2:-fast}" -w -s stop > /dev/null 2>&1; }
process() { head -n 1 "$(directory "$1")/postmaster.pid"; }

# Ends every server of the scratch directory at once.
halt() {
  local file
  for file in "$work"/data/*/postmaster.pid "$work"/data/*/*/postmaster.pid; do
    [ -f "$file" ] && kill -CONT "$(head -n 1 "$file")" 2> /dev/null && pg_ctl -D "${file%/*}" -m immediate -w -s stop > /dev/null 2>&1
  done
  return 0
}

# Stopped cleanly by the original, a cluster is the same every time.
save() {
  gpstop -a -q -M fast > "$work/gpstop.log" 2>&1 || { cat "$work/gpstop.log" >&2; return 1; }
  rm -rf "$work/saved-$1" && cp -a "$work/data" "$work/saved-$1"
}
# put_back NAME [INSTANCE...]: the saved files, these instances running (all there are).
put_back() {
  local name=$1
  shift
  halt
  rm -rf "$work/data" && cp -a --reflink=auto "$work/saved-$name" "$work/data"
  # shellcheck disable=SC2046
  [ $# -gt 0 ] || set -- $(all mirror) $(all primary) standby coordinator
  start "$@"
  # A coordinator starts with what its service finds.
  settle 20
}

sql() { PGOPTIONS="-c gp_role=utility" psql -XAtq -d template1 -c "$1"; }
probe() { psql -XAtq -d template1 -c 'SELECT gp_request_fts_probe_scan()' > /dev/null 2>&1; }
# How many segments are up and in sync, of those that a condition holds for.
synced() { sql "SELECT count(*) FROM gp_segment_configuration WHERE content >= 0 AND status = 'u' AND mode = 's' AND $1" 2> /dev/null; }
all_synced() { [ "$(synced true)" = $((2 * primaries)) ]; }
standby_in_sync() { [ "$(sql "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'" 2> /dev/null)" = 1 ]; }
# Probes until every row is up and in sync, or so many seconds are over.
settle() {
  local end=$((SECONDS + $1))
  while [ $SECONDS -lt "$end" ]; do
    probe
    [ "$(sql "SELECT count(*) FROM gp_segment_configuration WHERE content >= 0 AND (status = 'd' OR mode = 'n')
      AND content IN (SELECT content FROM gp_segment_configuration WHERE role = 'm')" 2> /dev/null)" = 0 ] && return
    sleep 0.3
  done
  return 0
}
# Of whoever is the coordinator; without the history, whose times differ.
catalog() {
  local query="SELECT dbid, content, role, preferred_role, mode, status, port, hostname, address, datadir
    FROM gp_segment_configuration ORDER BY content, dbid"
  sql "$query" 2> /dev/null || PGPORT=$((port + 1)) sql "$query" 2> /dev/null || echo "no answer"
}

# Runs these one after the other; what a failed one printed is shown.
steps() {
  local step
  for step; do
    # gpinitsystem ends with 1 for warnings.
    $step > "$work/log/making" 2>&1 || { case $step in gpinitsystem*) continue ;; esac; cat "$work/log/making" >&2; echo "failed: $step" >&2; return 1; }
  done
}
# A coordinator and primaries, running.
make_plain() {
  mkdir -p "$work"/data/{c,p,m} "$work"/{out,log} || return 1
  echo "$host" > "$work/hosts"
  {
    echo "SEG_PREFIX=gpseg"
    echo "PORT_BASE=$((port + 2))"
    echo "declare -a DATA_DIRECTORY=($(yes "$work/data/p" | head -n "$primaries" | xargs))"
    echo "COORDINATOR_HOSTNAME=$host"
    echo "COORDINATOR_DIRECTORY=$work/data/c"
    echo "COORDINATOR_PORT=$port"
    echo "MACHINE_LIST_FILE=$work/hosts"
    echo "TRUSTED_SHELL=ssh"
    echo "ENCODING=UNICODE"
  } > "$work/gpinitsystem.conf"
  tr ' ' '\n' <<< "$settings" > "$work/addons"
  yes "$work/data/m" | head -n "$primaries" > "$work/mirrors"
  steps "gpinitsystem -a -c $work/gpinitsystem.conf -p $work/addons -l $work/log" "sql SELECT(1)"
}
add_mirrors() { "$original/gpaddmirrors" -a -m "$work/mirrors" -p 100 -l "$work/log" && settle 60; }
add_standby() { "$original/gpinitstandby" -a -s "$host" -P $((port + 1)) -S "$work/data/standby" -l "$work/log" && settle 60; }
# saved-plain: coordinator and primaries. saved-full: mirrors and a standby beside them.
make_clusters() {
  make_plain && steps "save plain" "start $(all primary | xargs) coordinator" add_mirrors add_standby "save full"
}
