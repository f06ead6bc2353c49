import ClusterModel
import Testing

@testable import ClusterOperations
@testable import FaultTolerance

/// `Catalog.onceUp` finds what the fault-tolerance service writes.
@Suite struct HistoryPatternTests {
    /// SQL's LIKE: `%` stands for any text, `_` for one character.
    private func matches(_ text: Substring, _ pattern: Substring) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "%" {
            return text.indices.contains { matches(text[$0...], pattern.dropFirst()) }
                || matches("", pattern.dropFirst())
        }
        guard let letter = text.first, first == "_" || first == letter else { return false }
        return matches(text.dropFirst(), pattern.dropFirst())
    }

    private func isFound(_ text: String) -> Bool { matches(text[...], Catalog.onceUpPattern[...]) }

    @Test func `each history line of the service that tells of status u is found, and none of status d`() {
        for dbid in [1, 9, 12_345] {
            let row = Samples.segment(dbid, dbid == 1 ? -1 : 3, .mirror, on: "sdw1")
            for role in SegmentRole.allCases {
                for mode in SegmentMode.allCases {
                    for status in SegmentStatus.allCases {
                        let line = RowChange(row, role: role, status: status, mode: mode).history
                        #expect(isFound(line) == (status == .up), "\(line)")
                    }
                }
            }
        }
    }

    @Test(arguments: [
        "gpaddmirrors: segment config for resync: inserted mirror segment configuration",
        "FTS: update role, status, and mode for dbid 4 with contentid 0 to m, u, and s, or not",
        "FTS: update role, status, and mode for dbid 4 with contentid 0", "",
    ])
    func `other lines are not`(line: String) {
        #expect(!isFound(line))
    }
}
