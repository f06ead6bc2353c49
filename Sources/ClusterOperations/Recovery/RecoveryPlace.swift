import ClusterModel
import RemoteShell

/// The paths around a data directory that recovery uses, all on its own file system.
struct RecoveryPlace: Sendable {
    /// The data directory without a slash at its end.
    let directory: String

    init(_ dataDirectory: String) {
        directory = "/" + dataDirectory.split(separator: "/").joined(separator: "/")
    }

    /// The mark of a run that is changing the directory.
    var beside: String { CopyMark.besidePath(directory) }
    /// A full copy before it takes the directory's place.
    var new: String { directory + ".gpha-new" }
    /// What the directories that were replaced are called, up to the run's name.
    var oldPrefix: String { directory + ".gpha-old-" }
    /// The journal of a swap that is under way.
    var journal: String { hidden("swap") }
    /// Files of a copy that is under way.
    var work: String { hidden("work") }

    /// Where the story of one method's try is kept.
    func evidence(_ method: CopyMethod, run: String) -> String { hidden("\(method.rawValue)-\(run).log") }

    private func hidden(_ suffix: String) -> String {
        let parts = directory.split(separator: "/")
        return "/" + (parts.dropLast() + [".\(parts.last ?? "").gpha-\(suffix)"]).joined(separator: "/")
    }

    /// Shell text that sets the variables that the scripts here use, and functions for the marks and locks.
    ///
    /// `ours FILE` holds for a mark of this content, dbid and cluster of any run. `running` holds when a server has the directory
    /// as its own; it believes no process ID that is another program's. `alone DIRECTORY [opened]` takes a lock that
    /// ends with all programs of the script, on descriptor 9, which an outer shell may have opened.
    func prelude(_ mark: CopyMark, binaryDirectory: String) -> String {
        """
        umask 077
        LC_ALL=C; export LC_ALL
        directory=\(ShellQuoting.word(directory)); beside=\(ShellQuoting.word(beside)); new=\(ShellQuoting.word(new))
        journal=\(ShellQuoting.word(journal)); work=\(ShellQuoting.word(work)); bin=\(ShellQuoting.word(binaryDirectory))
        mark=\(ShellQuoting.word(mark.text)); whose=\(ShellQuoting.word(" \(mark.content) \(mark.dbid) \(mark.systemIdentifier)"))
        fail() { printf '%s\\n' "$1" >&2; exit "${2:-3}"; }
        ours() { case `head -n 1 "$1" 2>/dev/null` in "gpha-copy 1 "*"$whose"|"gpha-copy 1 "*"$whose "*) return 0 ;; esac; return 1; }
        running() {
          pid=; { IFS= read -r pid < "$1/postmaster.pid"; } 2>/dev/null
          case $pid in ''|*[!0-9]*) return 1 ;; esac
          real=`cd "$1" 2>/dev/null && pwd -P` || return 1
          [ "`readlink "/proc/$pid/cwd" 2>/dev/null`" = "$real" ]
        }
        # Holds for as long as any program of this script lives: what a run that was cut off left running ends first.
        # It may have started a server at its end.
        alone() {
          if command -v flock >/dev/null; then
            [ -n "$2" ] || exec 9<"$1"; flock -w 60 9 || fail "another program still works in $1"
          fi
          running "$1" && fail "a server runs in $1"
          return 0
        }
        # A file appears whole or not at all, also after a power cut: `settle` gives it its name once its content, and
        # that of other files, is on the disk.
        settle() { named=$1; shift; sync "$named.new" "$@" && mv "$named.new" "$named" && sync "${named%/*}/"; }
        put() { cat > "$1.new" && settle "$1"; }
        # The slash at the end: the directory may be a link to one.
        clear() { find "$1/" -mindepth 1 -delete; }
        """
    }
}
