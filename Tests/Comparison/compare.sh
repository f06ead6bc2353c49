#!/bin/bash
# shellcheck source-path=SCRIPTDIR
# Runs every mode of the tools beside the original, on clusters of a real Greenplum server, and prints the table of
# docs/compatibility.md. gpstate: line by line, but for times, process IDs and LSNs. The others: the same cluster for
# both, then the catalog before and after. All: the exit status. Then what one side leaves behind, in front of the other.
#
#   Tests/Comparison/compare.sh GPHOME TOOLS [PORT [PART...]]
#
# GPHOME is the server with the original tools, TOOLS the directory of ours, PORT the first of 200 free ports (26000),
# PART one of gpstate, gpaddmirrors, gpinitstandby, gpactivatestandby, gprecoverseg, leftovers (all). Needs an ordinary
# account that gets into this host by `ssh "$(hostname)"` without a password, as the originals do, and 5 GB in TMPDIR.
# Everything is made in a scratch directory and gone at the end; KEEP=1 keeps what was printed.
#
# Exit status: 0 when all is the same or has its reason in known.sh, 1 when something has none, 2 when it cannot run.
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 2 ] || { echo "usage: compare.sh GPHOME TOOLS [PORT [PART...]]" >&2; exit 2; }
home=$1 tools=$2 port=${3:-26000}
shift 2; [ $# -eq 0 ] || shift
parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(gpstate gpaddmirrors gpinitstandby gprecoverseg gpactivatestandby leftovers)
needed=("${parts[@]}")
case " ${parts[*]} " in *" leftovers "*) needed=("${parts[@]/leftovers/gpstate}" gpaddmirrors gpinitstandby gprecoverseg) ;; esac
. "$here/environment.sh"
differences=0

. "$here/runs.sh"
. "$here/known.sh"
# shellcheck source=/dev/null
for tool in "${parts[@]}"; do . "$here/cases-$tool.sh"; done

trap leave EXIT
trap 'exit 2' INT TERM

make_clusters || fail "the clusters could not be made, see above"
echo "| tool | state before | arguments | exit status | result |"
echo "|---|---|---|---|---|"
for tool in "${parts[@]}"; do "cases_$tool"; done
[ "$differences" = 0 ] || { echo "compare.sh: $differences difference(s) without a reason" >&2; exit 1; }
