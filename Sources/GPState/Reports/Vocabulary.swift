/// What a line of Greenplum calls its first server: `Coordinator` (7) or `Master` (6).
struct Vocabulary: Sendable, Equatable {
    /// At the start of a label.
    let title: String

    static let greenplum7 = Vocabulary(title: "Coordinator")
    static let greenplum6 = Vocabulary(title: "Master")

    /// Inside a sentence.
    var word: String { title.lowercased() }
    /// In SQL.
    var keyword: String { title.uppercased() }
    /// The label of the row that names the standby.
    var standby: String { "\(title) standby" }
    /// The label of the row that tells the standby's state.
    var standbyState: String { "Standby \(word) state" }
    /// The value when there is none.
    var noStandby: String { "No \(word) standby configured" }
}
