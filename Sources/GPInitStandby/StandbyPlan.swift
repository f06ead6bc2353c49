import ClusterModel
import ClusterOperations
import Reporting

/// What is done to give the coordinator its standby: a value that is shown, written as JSON, and applied.
struct StandbyPlan: Sendable, Equatable {
    /// Lines that an instance's `pg_hba.conf` lacks.
    struct AccessChange: Sendable, Equatable {
        var instance: Segment
        var file: String
        var lines: [String]
    }

    /// An instance whose `pg_hba.conf` cannot be changed now.
    struct LeftOut: Sendable, Equatable {
        var instance: Segment
        var reason: String
    }

    /// Why it cannot be applied.
    struct Problem: Sendable, Equatable {
        /// The records that tell it.
        var lines: [ReportLine]
        /// The text of the last line when it is the only problem.
        var text: String

        init(_ text: String, lines: [ReportLine]? = nil) {
            self.text = text
            self.lines = lines ?? [.error(text)]
        }
    }

    /// The row it has or gets, the coordinator it copies, what is copied and how.
    var item: MirrorPlan.Item
    /// The mark of the copy that an earlier run left complete and that this one goes on with.
    var mark: CopyMark?
    /// The standby that goes first (`--replace`).
    var removes: Segment?
    /// The former coordinator's directory, which is moved aside first.
    var movesAside: FormerDirectory?
    /// Lines of ours by which segments turn the standby's host away, a former coordinator's; taken out at the end.
    var fenceLines: [DatabaseID: [String]] = [:]
    /// The instances of `fenceLines`.
    var fencedSegments: [Segment] = []
    /// The coordinator's file.
    var coordinatorAccess: AccessChange?
    /// The segments' files.
    var segmentAccess: [AccessChange]
    var leftOut: [LeftOut]
    var warnings: [String]
    var problems: [Problem]

    var coordinator: Segment { item.source }
    var standby: Segment { item.mirror }
    /// Hosts with instances that were left out, sorted, each once.
    var leftOutHosts: [String] { Set(leftOut.map(\.instance.hostname)).sorted() }
}
