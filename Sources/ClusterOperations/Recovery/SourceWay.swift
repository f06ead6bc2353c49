import ClusterModel
import RemoteShell

/// The way on which rsync at the target's host fetches from the source's: local, or SSH as the account there.
struct SourceWay: Sendable {
    let source: Segment
    let target: Segment

    init(from source: Segment, to target: Segment) {
        self.source = source
        self.target = target
    }

    /// Nothing is asked, and a host that is gone is noticed.
    private static let options =
        " -o BatchMode=yes -o ControlPersist=no -o ConnectTimeout=20 -o ServerAliveInterval=15 -o ServerAliveCountMax=4"

    private var isLocal: Bool { source.hostname == target.hostname }

    /// A path at the source as rsync takes it; on one and the same host no SSH is needed.
    func remote(_ path: String) -> String { host + path }

    /// What stands before a path at the source.
    private var host: String {
        guard !isLocal else { return "" }
        return (source.hostname.contains(":") ? "[\(source.hostname)]" : source.hostname) + ":"
    }

    /// What the scripts say where this end lacks the program.
    static let noProgram = "no rsync"

    /// The shell text that sets `$remote` and proves the way; ends with `status` when it cannot be gone.
    ///
    /// A host whose SSH needs more than `ssh HOST` names it in `RSYNC_RSH`.
    /// - Parameters:
    ///   - others: instances on the source's host to which the way is proved with it, over one connection.
    ///   - seconds: for how long the connection stays for those who will go that way; its place is printed then.
    func proof(status: Int, with others: [Segment] = [], keptFor seconds: Int = 0) -> String {
        guard seconds > 0, !isLocal else { return command + "\n" + trial(status, others) }
        return """
            \(command)
            # mktemp(1) replaces the six letters. A directory of its own: nobody else can put a socket there. In /tmp: a
            # socket's path has 108 bytes at most (unix(7)), and it is on this host's own disk.
            kept=`mktemp -d \(ProvedWay.prefix)XXXXXX` && { \(keeping(seconds, others)); }
            [ "$said" = '\(Self.proved)' ] && rsync --version >/dev/null || {
            \(trial(status, others))
            }
            printf '%s\\n' "$kept"
            """
    }

    /// Opens a connection in `$kept`, outside this script's process group; what its other end says first comes as `$said`.
    ///
    /// The way is proved when that is `proved` and nothing else: rsync is there, and files can be read. Whatever happens,
    /// the connection ends by itself when its time and the last copy that goes over it are over, and takes the
    /// directory with it.
    private func keeping(_ seconds: Int, _ others: [Segment]) -> String {
        let tests = files(others).map { " && test -r \(ShellQuoting.word($0))" }.joined()
        let script = "rsync --version >/dev/null 2>&1\(tests) && echo '\(Self.proved)'; exec sleep \(seconds)"
        let asked = ShellQuoting.word("printf %s \(ShellQuoting.word(script)) | \(Self.keepingBuffers) ")
        let there = ShellQuoting.word(" \(ShellQuoting.word(source.hostname)) exec /bin/sh")
        return """
            said=`{
            setsid /bin/sh -c 'eval "$1"; rm -rf "$2"' gpha-way \(asked)"$remote -M -S $kept/way"\(there) "$kept" \
            </dev/null 2>/dev/null &
            } | { IFS= read -r said; printf %s "$said"; }`
            [ ! -S "$kept/way" ] || remote="$remote -o ControlPath=$kept/way"
            """
    }

    /// What the source's host says over a connection on which files can be fetched.
    private static let proved = "gpha: ready"

    /// Waits for the socket of a connection that a process opens; at most 25 seconds, longer than SSH tries.
    private static func awaiting(_ socket: String, of process: String) -> String {
        """
        opener=\(process); left=500
        until [ -S "\(socket)" ] || ! kill -0 $opener 2>/dev/null || [ $left -eq 0 ]; do left=$((left - 1)); sleep 0.05; done
        """
    }

    private var command: String {
        "remote=\(ShellQuoting.word(Self.options)); remote=${RSYNC_RSH:-ssh}$remote"
    }

    /// A dry run reads the list of what it would fetch and writes nothing.
    private func trial(_ status: Int, _ others: [Segment] = []) -> String {
        // All but the first name no host again: rsync fetches them over the same connection.
        let list = files(others).enumerated().map { $0 == 0 || isLocal ? host + $1 : ":" + $1 }
        return """
            command -v rsync >/dev/null || { echo '\(Self.noProgram)' >&2; exit \(status); }
            rsync -n -s -e "$remote" \(ShellQuoting.words(list)) ./nowhere/ >/dev/null </dev/null || exit \(status)
            """
    }

    /// One file of each instance there.
    private func files(_ others: [Segment]) -> [String] {
        ([source] + others).map { RecoveryPlace($0.dataDirectory).directory + "/PG_VERSION" }
    }

    /// Variables that let SSH keep its buffers.
    ///
    /// Without them glibc gives a buffer back to the kernel and gets it anew with every packet: half of what fetching a
    /// few megabytes cost. Another C library does not know them.
    private static let keepingBuffers = "MALLOC_MMAP_THRESHOLD_=67108864 MALLOC_TRIM_THRESHOLD_=67108864"

    /// As `proof`, after it has made one SSH connection for all that follows; it ends with `$master`.
    ///
    /// Setting one up costs more than anything else that rsync does for a small difference. Where SSH cannot share one,
    /// or the socket's path would be too long or odd for it, each rsync makes its own.
    /// - Parameter proved: where the way was proved a moment ago: a connection is proof enough then, best the kept one.
    func opening(status: Int, proved: ProvedWay? = nil) -> String {
        guard !isLocal else { return proved == nil ? proof(status: status) : "remote=" }
        return """
            \(command)
            kept=\(ShellQuoting.word(proved?.kept ?? ""))
            if [ -n "$kept" ] && [ -S "$kept/way" ]; then way=$kept/way
            else
              case $work in *[!a-zA-Z0-9/._-]*) way= ;; *) way=$work/way ;; esac
              if [ -n "$way" ] && [ ${#way} -le 80 ]; then
                host=\(ShellQuoting.word(source.hostname))
                eval "\(Self.keepingBuffers) $remote"' -M -N -S "$way" "$host"' </dev/null >/dev/null 2>&1 &
                master=$!
                \(Self.awaiting("$way", of: "$master"))
              fi
            fi
            [ ! -S "$way" ] || remote="$remote -o ControlPath=$way"
            \(proved == nil ? "" : #"[ -S "$way" ] || "#){
            \(trial(status))
            }
            """
    }
}

/// A way over which files can be fetched, as it was found a moment ago.
public struct ProvedWay: Sendable, Equatable {
    /// How the directories of kept connections begin.
    public static let prefix = "/tmp/gpha-way."

    /// The directory on the target's host that has the socket of an open SSH connection, for some seconds; nil where
    /// none was kept.
    public let kept: String?

    init(kept: String?) { self.kept = kept }
}
