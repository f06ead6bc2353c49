public import ClusterModel
public import RemoteShell

extension FailureSurvey {
    /// Looks in a failed copy's WAL for the last checkpoint before its timeline and the source's part, where
    /// `RecoveryVerdict.searchPlace` says so; where not, nothing is asked.
    ///
    /// - Returns: the facts with what was found; unchanged when the search failed or ran out of time.
    public static func searchCheckpoint(
        _ target: TargetRecoveryFacts, source: SourceRecoveryFacts, on host: String, _ shell: any Shell,
        binaryDirectory: String, timeout: Duration = .seconds(60)
    ) async -> TargetRecoveryFacts {
        guard let place = RecoveryVerdict.searchPlace(target: target, source: source), place.end.rawValue > 0,
            let size = target.control.data?.segmentSize
        else { return target }
        let last = WALFileName.number(of: WALPosition(rawValue: place.end.rawValue - 1), size: size)
        let run = target.wal.first { $0.timeline == place.timeline && $0.files.contains(last) }
        guard let first = run?.files.lowerBound else { return target }
        let begin = WALPosition(rawValue: first * UInt64(size))
        let script = searchScript(target.dataDirectory, place, from: begin, binaryDirectory: binaryDirectory)
        let output = try? await shell.run(
            ShellCommand(
                script, purpose: "the search for a checkpoint in \(target.dataDirectory)", timeout: timeout), on: host)
        guard let output, output.succeeded else { return target }
        var target = target
        if let found = checkpoint(in: output.standardOutput) {
            target.earlierCheckpoint = found
        } else if target.wal.firstWithoutGap(before: last) == first {
            // With files of an older timeline before these, the checkpoint may be in one of them.
            target.earlierCheckpoint = .absent
        }
        return target
    }

    private static func searchScript(
        _ directory: String, _ place: (timeline: UInt32, end: WALPosition), from begin: WALPosition,
        binaryDirectory: String
    ) -> String {
        """
        LC_ALL=C; export LC_ALL
        said=`timeout 45 \(ShellQuoting.word("\(binaryDirectory)/pg_waldump")) -r XLOG -p \(ShellQuoting.word("\(directory)/pg_wal")) \
          -t \(place.timeline) -s \(begin) -e \(place.end) 2>&1 </dev/null` || { printf '%s\\n' "$said" | tail -n 1 >&2; exit 3; }
        printf '%s\\n' "$said" | grep -E 'desc: CHECKPOINT_(SHUTDOWN|ONLINE) ' | tail -n 1 | cut -c 1-400
        """
    }

    /// Reads a line such as `rmgr: XLOG … lsn: 0/030000D8, prev …, desc: CHECKPOINT_ONLINE redo 0/30000A0; tli 1; …`.
    static func checkpoint(in output: String) -> TargetRecoveryFacts.EarlierCheckpoint? {
        let words = output.split { $0.isWhitespace || $0 == "," || $0 == ";" }
        func place(after word: String) -> WALPosition? {
            guard let index = words.firstIndex(where: { $0 == word }), index + 1 < words.count else { return nil }
            return WALPosition(String(words[index + 1]))
        }
        guard let position = place(after: "lsn:"), let redo = place(after: "redo") else { return nil }
        return .found(position: position, redo: redo)
    }
}
