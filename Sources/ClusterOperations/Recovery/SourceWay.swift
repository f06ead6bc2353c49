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
        " -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15 -o ServerAliveCountMax=4"

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
    /// - Parameter others: instances on the source's host to which the way is proved with it, over one connection.
    func proof(status: Int, with others: [Segment] = []) -> String { command + "\n" + trial(status, others) }

    private var command: String {
        "remote=\(ShellQuoting.word(Self.options)); remote=${RSYNC_RSH:-ssh}$remote"
    }

    /// A dry run reads the list of what it would fetch and writes nothing.
    private func trial(_ status: Int, _ others: [Segment] = []) -> String {
        let files = ([source] + others).map { RecoveryPlace($0.dataDirectory).directory + "/PG_VERSION" }
        // All but the first name no host again: rsync fetches them over the same connection.
        let list = files.enumerated().map { $0 == 0 || isLocal ? host + $1 : ":" + $1 }
        return """
            command -v rsync >/dev/null || { echo '\(Self.noProgram)' >&2; exit \(status); }
            rsync -n -s -e "$remote" \(ShellQuoting.words(list)) ./nowhere/ >/dev/null </dev/null || exit \(status)
            """
    }

    /// glibc gives the buffers of a connection back to the kernel and gets them anew with every packet, unless told not
    /// to: that was half of what fetching a few megabytes cost. Another C library does not know these variables.
    private static let keepingBuffers = "MALLOC_MMAP_THRESHOLD_=67108864 MALLOC_TRIM_THRESHOLD_=67108864"

    /// As `proof`, after it has made one SSH connection for all that follows; it ends with `$master`.
    ///
    /// Setting one up costs more than anything else that rsync does for a small difference. Where SSH cannot share one,
    /// or the socket's path would be too long or odd for it, each rsync makes its own.
    /// - Parameter isProved: whether the way was proved a moment ago: then the connection is proof enough.
    func opening(status: Int, isProved: Bool = false) -> String {
        guard !isLocal else { return isProved ? "remote=" : proof(status: status) }
        return """
            \(command)
            case $work in *[!a-zA-Z0-9/._-]*) way= ;; *) way=$work/way ;; esac
            if [ -n "$way" ] && [ ${#way} -le 80 ]; then
              host=\(ShellQuoting.word(source.hostname))
              eval "\(Self.keepingBuffers) $remote"' -M -N -S "$way" "$host"' </dev/null >/dev/null 2>&1 &
              master=$!; left=500
              until [ -S "$way" ] || ! kill -0 $master 2>/dev/null || [ $left -eq 0 ]; do left=$((left - 1)); sleep 0.05; done
              [ ! -S "$way" ] || remote="$remote -o ControlPath=$way"
            fi
            \(isProved ? #"[ -S "$way" ] || {"# : "{")
            \(trial(status))
            }
            """
    }
}
