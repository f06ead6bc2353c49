#!/bin/sh
# Installs below a new folder, looks at every part of it, measures it, and takes it away again.
#
#   packaging/check-install.sh PROGRAM LIMIT
#
# LIMIT is how many MB (10^6 bytes) the files of an installation may have together.
set -eu
program=$1 limit=$2
case $program in /*) ;; *) program=$PWD/$program ;; esac
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
prefix=/opt/gpha
fail() { echo "check-install: $1" >&2; exit 1; }

packaging/install.sh install "$folder" "$prefix" "$program"
packaging/install.sh list "$folder" "$prefix" | while read -r file; do
    [ -e "$folder$file" ] || fail "$file is not there"
done
bin=$folder$prefix/bin
version=$("$bin/gpha" --version)
for tool in gpstate gpaddmirrors gpinitstandby gpactivatestandby gprecoverseg gpdemo gpftsd; do
    [ "$("$bin/$tool" --version)" = "$tool ${version#gpha }" ] || fail "$tool does not say its version"
    HOME=/nonexistent "$bin/$tool" --help | grep -q "USAGE: $tool" || fail "$tool has no help"
done
if ldd "$bin/gpha" | grep -Ei 'not found|libswift|libFoundation'; then fail "gpha needs what a host does not have"; fi
size=$(find "$folder" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
echo "check-install: $size bytes installed, gpha has $(stat -c %s "$bin/gpha") of them"
[ "$size" -le $((limit * 1000000)) ] || fail "more than $limit MB"
packaging/install.sh uninstall "$folder" "$prefix"
left=$(find "$folder" ! -type d)
[ -z "$left" ] || fail "uninstall left: $left"
echo "check-install: passed"
