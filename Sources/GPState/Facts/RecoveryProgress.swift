import ClusterModel

/// How far the copy of one mirror is.
struct RecoveryProgress: Sendable, Equatable {
    var dbid: DatabaseID
    /// `full` or `incremental`.
    var kind: String
    /// In `unit`.
    var completed: Int
    /// In `unit`.
    var total: Int
    /// `kB` or `mB`.
    var unit: String
    var percent: Int

    /// Reads `recovery_progress.file`: lines `kind:dbid:text`, of which the last of each instance counts.
    ///
    /// Lines without `completed/total kB (percent%)` say nothing and are passed over, as the original does.
    static func parse(_ file: String) -> [RecoveryProgress] {
        var latest: [DatabaseID: RecoveryProgress] = [:]
        for line in file.split(whereSeparator: \.isNewline) {
            guard let progress = RecoveryProgress(line: line) else { continue }
            latest[progress.dbid] = progress
        }
        return latest.values.sorted { $0.dbid < $1.dbid }
    }

    init(dbid: DatabaseID, kind: String, completed: Int, total: Int, unit: String, percent: Int) {
        self.dbid = dbid
        self.kind = kind
        self.completed = completed
        self.total = total
        self.unit = unit
        self.percent = percent
    }

    private init?(line: Substring) {
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, let number = Int(fields[1]) else { return nil }
        let words = fields[2].split(separator: " ")
        for (index, word) in words.enumerated().dropLast(2) {
            let counts = word.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
            let unit = words[index + 1]
            guard counts.count == 2, let completed = counts[0], let total = counts[1],
                unit == "kB" || unit == "mB", let percent = Self.percent(words[index + 2])
            else { continue }
            self.init(
                dbid: DatabaseID(number), kind: String(fields[0]), completed: completed, total: total,
                unit: String(unit), percent: percent)
            return
        }
        return nil
    }

    /// The number in `(18%)`, whatever follows it.
    private static func percent(_ word: Substring) -> Int? {
        guard word.hasPrefix("("), let sign = word.firstIndex(of: "%"),
            word[word.index(after: sign)...].hasPrefix(")")
        else { return nil }
        return Int(word.dropFirst().prefix(upTo: sign))
    }
}
