#!/bin/sh
# Puts an installation in its place, takes it away again, or lists it: one list of files for all three.
#
#   packaging/install.sh install|uninstall|list DESTDIR PREFIX [PROGRAM]
#
# PROGRAM is the multi-call binary; it is stripped on its way. ZSH_COMPLETIONS names the folder of zsh's completions
# below PREFIX/share/zsh (site-functions; Debian's packages use vendor-completions).
set -eu
cd "$(dirname "$0")/.."

tools="gpstate gpaddmirrors gpinitstandby gpactivatestandby gprecoverseg gpdemo gpftsd"

# Every file: its kind, what it is made from, where it goes below PREFIX; separated by tabs.
files() {
    printf 'program\t%s\tbin/gpha\n' "$1"
    printf 'data\tman/gpha.7\tshare/man/man7/gpha.7\n'
    for tool in $tools; do
        printf 'link\tgpha\tbin/%s\n' "$tool"
        printf 'data\tman/%s.8\tshare/man/man8/%s.8\n' "$tool" "$tool"
        printf 'data\tcompletions/bash/%s.bash\tshare/bash-completion/completions/%s\n' "$tool" "$tool"
        printf 'data\tcompletions/zsh/%s.zsh\tshare/zsh/%s/_%s\n' "$tool" "${ZSH_COMPLETIONS:-site-functions}" "$tool"
        printf 'data\tcompletions/fish/%s.fish\tshare/fish/vendor_completions.d/%s.fish\n' "$tool" "$tool"
    done
    printf 'data\tSources/EmbeddedCluster/embedded_catalog.sql\tshare/gpha/embedded_catalog.sql\n'
    for unit in packaging/systemd/*; do printf 'unit\t%s\tlib/systemd/system/%s\n' "$unit" "${unit##*/}"; done
    for text in README.md CHANGELOG.md LICENSE docs/*.md; do
        printf 'data\t%s\tshare/doc/gpha/%s\n' "$text" "${text##*/}"
    done
    printf 'data\tpackaging/examples/cluster.env\tshare/doc/gpha/examples/cluster.env\n'
    printf 'data\tpackaging/examples/crontab\tshare/doc/gpha/examples/crontab\n'
    printf 'script\tpackaging/examples/recover-segments\tshare/doc/gpha/examples/recover-segments\n'
}

# Folders that hold nothing but ours, the inner ones first; all others are shared and stay.
folders="share/doc/gpha/examples share/doc/gpha share/gpha"

place() {
    case $1 in
        program) install -D -s -m 755 "$2" "$3" ;;
        link) install -d "${3%/*}" && ln -sfn "$2" "$3" ;;
        data) install -D -m 644 "$2" "$3" ;;
        script) install -D -m 755 "$2" "$3" ;;
        unit)
            install -d "${3%/*}"
            sed "s|@BINDIR@|$prefix/bin|" "$2" >"$3"
            chmod 644 "$3"
            ;;
    esac
}

action=$1 root=$2 prefix=${3%/}
case $prefix in
    /*) ;;
    *) echo "install: PREFIX is not an absolute path: '$prefix'" >&2 && exit 2 ;;
esac
case $prefix in
    *[!A-Za-z0-9/._+-]*) echo "install: PREFIX holds a character that systemd's units cannot: '$prefix'" >&2 && exit 2 ;;
esac

files "${4:-gpha}" | while IFS="$(printf '\t')" read -r kind source target; do
    case $action in
        install) place "$kind" "$source" "$root$prefix/$target" ;;
        uninstall) rm -f "$root$prefix/$target" ;;
        list) printf '%s\n' "$prefix/$target" ;;
        *) echo "install: what is '$action'?" >&2 && exit 2 ;;
    esac
done
if [ "$action" = uninstall ]; then
    for folder in $folders; do
        [ ! -d "$root$prefix/$folder" ] || rmdir --ignore-fail-on-non-empty "$root$prefix/$folder"
    done
fi
