import ClusterModel
import RemoteShell

/// What a monitor asks one host: the space around its instances' data directories and WAL, in one script.
struct SpaceQuestion: Sendable {
    let instances: [Segment]

    /// The shell text; a file system that does not answer within five seconds costs its own lines.
    var script: String {
        let calls = instances.map { "room \($0.dbid) \(ShellQuoting.word($0.dataDirectory)) &" }
        return """
            LC_ALL=C; export LC_ALL
            \(Self.functions)
            \(calls.joined(separator: "\n"))
            wait
            printf 'asked\\n'
            """
    }

    // The name of a file system may hold blanks: the columns are found by the one that ends in a percent sign.
    private static let functions = #"""
        look() {
          timeout 5 df -Pk "$3" 2>/dev/null | awk -v kind="$1" -v dbid="$2" 'NR > 1 {
            for (i = 4; i < NF; i++) if ($i ~ /^([0-9]+%|-)$/ && $(i-1) ~ /^-?[0-9]+$/) break
            if (i >= NF) next
            place = $(i + 1); for (j = i + 2; j <= NF; j++) place = place " " $j
            print kind "\t" dbid "\t" $(i - 3) "\t" $(i - 2) "\t" $(i - 1) "\t" place; exit }'
        }
        room() { look data "$1" "$2/."; look wal "$1" "$2/pg_wal/."; }
        """#

    /// Reads the answer; nil when the script did not come to its end.
    func read(_ output: String) -> HostAnswer? {
        var answer = HostAnswer()
        var isComplete = false
        for line in output.unicodeScalars.split(separator: "\n") {
            let fields = Substring(line).split(separator: "\t", maxSplits: 5, omittingEmptySubsequences: false)
            if fields == ["asked"] { isComplete = true }
            guard fields.count == 6, let purpose = FileSystemSpace.Purpose(rawValue: String(fields[0])),
                let dbid = Int(fields[1]), let size = Self.bytes(fields[2]), let used = Self.bytes(fields[3]),
                let available = Self.bytes(fields[4])
            else { continue }
            answer.spaces[DatabaseID(dbid), default: []].append(
                FileSystemSpace(
                    purpose: purpose, mountPoint: String(fields[5]), sizeBytes: size, usedBytes: used,
                    availableBytes: available))
        }
        return isComplete ? answer : nil
    }

    private static func bytes(_ blocks: Substring) -> Int? {
        Int(blocks).map { min(max(0, $0), Int.max / 1024) * 1024 }
    }
}
