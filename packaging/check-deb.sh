#!/bin/sh
# Installs the package on a bare Debian 12 in a folder, with what apt finds it to need, and runs the tools there.
#
#   packaging/check-deb.sh PACKAGE [--demo]
#
# Needs root and mmdebstrap or debootstrap, and a Debian mirror for apt. --demo also makes a cluster inside, with Debian's
# PostgreSQL and sshd, mirrors it and asks for its state. Ends with 77 where the check cannot be made here.
set -eu
package=$1 demo=${2:-}
skip() { echo "check-deb: skipped: $1"; exit 77; }
fail() { echo "check-deb: $1" >&2; exit 1; }
[ "$(id -u)" = 0 ] || skip "needs root for chroot"
bootstrap=$(command -v mmdebstrap || command -v debootstrap) || skip "neither mmdebstrap nor debootstrap is installed"
[ -f "$package" ] || fail "no package: $package"

# In a namespace of its own nothing that is mounted below can be left behind.
if [ -z "${GPHA_CHECK_NAMESPACE:-}" ]; then
    unshare --mount --pid --fork true 2>/dev/null || skip "the kernel gives no mount namespace"
    GPHA_CHECK_NAMESPACE=1 exec unshare --mount --pid --fork --propagation private "$0" "$@"
fi
work=$(mktemp -d)
root=$work/debian
# In memory: dpkg waits for the disk after every file.
mount -t tmpfs -o size=3g,mode=755 tmpfs "$work" || skip "no file system in memory can be mounted"
trap 'umount -R "$root/proc" "$root/dev" 2>/dev/null; umount "$work" 2>/dev/null; rmdir "$work"' EXIT

# Where this machine gets its packages from, else the bootstrap's own default.
mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -1)
case $bootstrap in
    *mmdebstrap) mmdebstrap --quiet --variant=apt --mode=root bookworm "$root" ${mirror:+"$mirror"} >"$work/log" 2>&1 ;;
    *) debootstrap --variant=minbase bookworm "$root" ${mirror:+"$mirror"} >"$work/log" 2>&1 ;;
esac || { tail -5 "$work/log"; skip "no Debian 12 could be made from ${mirror:-the default mirror}"; }
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp "$package" "$root/tmp/gpha.deb"
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \
    DEBIAN_FRONTEND=noninteractive "$@"; }

[ -z "$(inside sh -c 'command -v swift')" ] || fail "there is Swift in a bare Debian"
inside apt-get update -qq >"$work/log" 2>&1 || { tail -5 "$work/log"; skip "apt reaches no mirror from inside"; }
inside apt-get install -y -q --no-install-recommends /tmp/gpha.deb >"$work/log" 2>&1 \
    || { cat "$work/log"; fail "apt does not install it"; }
! inside ldd /usr/bin/gpha | grep 'not found' || fail "a library is missing: Depends is not true"
for tool in gpha gpstate gpaddmirrors gpinitstandby gpactivatestandby gprecoverseg gpdemo gpftsd; do
    inside "$tool" --version | grep "^$tool version " || fail "$tool does not run"
done
# Something that needs libpq and the file system, and ends in one clear line.
status=0
said=$(inside gpstate -d /nonexistent -l /tmp 2>&1) || status=$?
[ "$status" = 2 ] || fail "gpstate without a cluster ended with $status"
case $said in *"'/nonexistent/postgresql.conf'"*) ;; *) fail "gpstate said: $said" ;; esac
inside dpkg --verify gpha || fail "installed files differ from the package's"

if [ "$demo" = --demo ]; then
    inside apt-get install -y -qq --no-install-recommends postgresql-15 openssh-server procps iproute2 \
        >"$work/log" 2>&1 || { cat "$work/log"; fail "apt does not install what gpdemo needs"; }
    inside sh -euc '
        mkdir -p /run/sshd
        gpdemo create --dir /var/tmp/demo --hosts 2 --primaries-per-host 1
        run() { gpdemo exec --dir /var/tmp/demo cdw -- "$@"; }
        trap "gpdemo destroy --dir /var/tmp/demo" EXIT
        run gpaddmirrors -a -q -m /var/tmp/demo/mirror_directories --wait=60
        run gpstate -e' || fail "a cluster cannot be made and asked inside"
fi

inside dpkg -L gpha >"$work/files"
inside apt-get purge -y -qq gpha >"$work/log" 2>&1 || { cat "$work/log"; fail "apt does not remove it"; }
left=$(while read -r file; do [ -d "$root$file" ] || ! [ -e "$root$file" ] || echo "$file"; done <"$work/files")
[ -z "$left" ] || fail "left behind: $left"
echo "check-deb: passed"
