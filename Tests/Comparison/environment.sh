# shellcheck shell=bash disable=SC2154
# What the scripts here need before they do anything: `home`, `tools`, `port` and `needed` (tools of ours) are set.

fail() { echo "$(basename "$0"): $*" >&2; exit 2; }

[ "$(id -u)" != 0 ] || fail "run it as an ordinary user: the server refuses root"
[ -x "$home/bin/gpinitsystem" ] || fail "$home/bin/gpinitsystem is missing"
for tool in "${needed[@]}"; do [ -x "$tools/$tool" ] || fail "$tools/$tool is missing"; done
host=$(hostname)
ssh -o BatchMode=yes -o ConnectTimeout=10 "$host" true || fail "ssh $host asks for something or does not answer"

unset PGHOST PGOPTIONS PGDATABASE PGUSER MASTER_DATA_DIRECTORY
USER=$(id -un) LANG=C.UTF-8 LC_ALL=C.UTF-8
export USER LANG LC_ALL
set +u
# shellcheck source=/dev/null
. "$home/greenplum_path.sh"
set -u
original=$home/bin
# mktemp(1) replaces the six letters.
work=$(mktemp -d "${TMPDIR:-/tmp}/gpha-compare.XXXXXX") || fail "no scratch directory"
export COORDINATOR_DATA_DIRECTORY=$work/data/c/gpseg-1 PGPORT=$port

. "$here/cluster.sh"
. "$here/states.sh"

# KEEP=1 keeps what was printed.
leave() {
  halt
  if [ "${KEEP:-}" = 1 ]; then rm -rf "$work/data" "$work"/saved-*; echo "what was printed: $work/out" >&2; else rm -rf "$work"; fi
}
