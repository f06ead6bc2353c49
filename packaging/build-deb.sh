#!/bin/sh
# Builds the Debian package from what "make install" puts in place.
#
#   packaging/build-deb.sh PROGRAM FOLDER
#
# DEB_MAINTAINER names who answers for this package. What it depends on is read from the program by dpkg-shlibdeps.
set -eu
program=$1 folder=$2
case $program in /*) ;; *) program=$PWD/$program ;; esac
cd "$(dirname "$0")/.."

maintainer=${DEB_MAINTAINER:-the gpha authors <gpha@$(hostname -f 2>/dev/null || hostname)>}
version=$(sed -n '1s/^gpha (\(.*\)) .*/\1/p' packaging/debian/changelog)
current=$(sed -n 's/.*let current = "\(.*\)".*/\1/p' Sources/ToolSupport/ToolVersion.swift)
if [ "${version%-*}" != "$current" ]; then
    echo "build-deb: packaging/debian/changelog is of version ${version%-*}, the tools of $current" >&2
    exit 1
fi
architecture=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root doc=$work/root/usr/share/doc/gpha
mkdir -p "$root" "$work/debian" "$folder"

ZSH_COMPLETIONS=vendor-completions packaging/install.sh install "$root" /usr "$program"

# Debian's own places and forms.
gzip -9n "$root"/usr/share/man/man*/*
gzip -9nc CHANGELOG.md >"$doc/changelog.gz"
sed "s|@MAINTAINER@|$maintainer|" packaging/debian/changelog | gzip -9nc >"$doc/changelog.Debian.gz"
install -m 644 packaging/debian/copyright "$doc/copyright"
rm "$doc/CHANGELOG.md" "$doc/LICENSE"
install -D -m 644 packaging/debian/lintian-overrides "$root/usr/share/lintian/overrides/gpha"
# They are read by a shell, never run.
sed -i '1{/^#!/d}' "$root"/usr/share/bash-completion/completions/*

printf 'Source: gpha\n\nPackage: gpha\nArchitecture: any\nDepends: ${shlibs:Depends}\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O "$root/usr/bin/gpha" | sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || { echo "build-deb: dpkg-shlibdeps found nothing that the program needs" >&2; exit 1; }

mkdir "$root/DEBIAN"
(cd "$root" && find usr -type f -printf '%P\n' | LC_ALL=C sort | sed 's|^|usr/|' | xargs -d '\n' md5sum) \
    >"$root/DEBIAN/md5sums"
sed -e "s|@VERSION@|$version|" -e "s|@ARCHITECTURE@|$architecture|" -e "s|@MAINTAINER@|$maintainer|" \
    -e "s|@DEPENDS@|$depends|" -e "s|@SIZE@|$(du -sk --apparent-size "$root/usr" | cut -f1)|" \
    packaging/debian/control.in >"$root/DEBIAN/control"
find "$root" -type d -exec chmod 755 {} +
package=$folder/gpha_${version}_$architecture.deb
# The same tree at the same commit gives the same package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
dpkg-deb --build --root-owner-group -Zxz "$root" "$package" >/dev/null
echo "$package"
