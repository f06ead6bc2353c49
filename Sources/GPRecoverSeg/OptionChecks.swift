import ClusterModel
import ToolSupport

/// What can be said against options before anything is asked, in the original's order and words.
extension GPRecoverSeg {
    /// The ranges of numbers, before anything else.
    func checkRanges() throws(ToolError) {
        guard ParallelOptions.hostRange.contains(parallel.hostCount) else {
            throw ToolError(
                .validation, "Invalid parallelDegree value provided with -B argument: \(parallel.hostCount)")
        }
        guard ParallelOptions.segmentRange.contains(parallel.segmentCount) else {
            throw ToolError(
                .validation, "Invalid parallelPerHost value provided with -b argument: \(parallel.segmentCount)")
        }
        try wait?.check()
        if let replayLag, !replayLag.isFinite || replayLag < 0 {
            throw ToolError(.validation, "Invalid --replay-lag: \(replayLag) is not a number of GB")
        }
        guard ["none", "differential", "full"].contains(fallback) else {
            throw ToolError(.validation, "Invalid --fallback: '\(fallback)' is not differential, full or none")
        }
        guard !hbaMethod.isEmpty, hbaMethod.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
        else { throw ToolError(.validation, "Invalid --hba-auth method: '\(hbaMethod)'") }
        if let maxRate, Self.kilobytes(rate: maxRate) == nil {
            throw ToolError(
                .validation, "Invalid --max-rate: '\(maxRate)' is not between 32 and 1048576 kB, or 1 and 1024 with M")
        }
    }

    /// Options that do not go together; the original says so after it has named the versions.
    func checkCombinations() throws(ToolError) {
        let ways = [inputFile != nil, newHosts != nil, rebalances, isDifferential].filter { $0 }.count
        guard ways <= 1 else {
            throw ToolError(.validation, "Only one of -i, -p, -r and --differential may be specified")
        }
        guard !(isFull && isDifferential) else {
            throw ToolError(.validation, "Only one of -F and --differential may be specified")
        }
        guard !(outputFile != nil && isDifferential) else {
            throw ToolError(.validation, "Invalid -o provided with --differential argument")
        }
        guard !ignoresReplayLag || rebalances else {
            throw ToolError(.validation, "--disable-replay-lag should be used only with -r")
        }
        guard !(rebalances && outputFile != nil) else {
            throw ToolError(.validation, "Invalid -o provided with -r argument")
        }
    }

    /// The method that the options ask for.
    var method: RecoveryMethod { isFull ? .full : isDifferential ? .differential : .incremental }

    /// What follows `method` when it fails, as far as the user agreed.
    ///
    /// `full` includes the rung between: moving what differs is tried before everything is copied.
    func fallbacks(after method: RecoveryMethod) -> [RecoveryMethod] {
        guard let last = RecoveryMethod(rawValue: fallback) else { return [] }
        return RecoveryMethod.allCases.filter { $0 > method && $0 <= last }
    }

    /// A rate as `pg_basebackup --max-rate` takes it: kilobytes a second, with `k` or `M` after the number.
    ///
    /// Nil for anything else; its range is 32 kB to 1024 MB.
    static func kilobytes(rate: String) -> Int? {
        let digits = rate.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), number <= 1 << 20 else { return nil }
        let kilobytes: Int
        switch rate.dropFirst(digits.count) {
        case "", "k": kilobytes = number
        case "M": kilobytes = number * 1024
        default: return nil
        }
        return (32...1_048_576).contains(kilobytes) ? kilobytes : nil
    }
}
