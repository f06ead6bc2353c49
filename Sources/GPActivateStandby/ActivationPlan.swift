import ClusterModel
import ClusterOperations
import Reporting

/// What is done to make the standby the coordinator: a value that is shown, written as JSON, and applied.
struct ActivationPlan: Sendable, Equatable {
    /// The states of an activation, in their order.
    enum State: String, CaseIterable, Sendable {
        case inspect
        case fence
        case promote
        case verify
        case report
    }

    /// One state and what is found or done in it.
    struct Part: Sendable, Equatable {
        var state: State
        var lines: [String]
    }

    /// Why it cannot be applied.
    struct Problem: Sendable, Equatable {
        /// Records that come before the last line, in the original's words where it has some.
        var lines: [ReportLine]
        var text: String
        var hint: String?

        init(_ text: String, lines: [ReportLine] = [], hint: String? = nil) {
            self.text = text
            self.lines = lines
            self.hint = hint
        }
    }

    var situation: ActivationFacts.Situation
    var hostname: String
    /// Where clients find it.
    var clientHost: String
    var port: Int
    var dataDirectory: String
    /// This instance's dbid; nil while the catalog cannot be read.
    var dbid: DatabaseID?
    var former: FormerCoordinator?
    var old: OldCoordinator
    /// Whether the fence command runs.
    var runsFenceCommand: Bool
    /// Nil when no fence is set at the segments.
    var fence: SegmentFence?
    /// Why some address of the old coordinator, or all of it, is not fenced off.
    var fenceObstacles: [String]
    var fencedSegments: [Segment]
    /// Segments out of reach.
    var leftOut: [SegmentFencing.LeftOut]
    /// Addresses that must get in at the segments.
    var stayingAddresses: [String]
    /// Whether nobody but the administrator gets in until the segments, unknown before the promotion, are fenced.
    var shutsGate: Bool
    var startsStandby: Bool
    /// Whether the server is told to end its recovery.
    var promotes: Bool
    /// Whether the catalog is changed by us.
    var changesCatalog: Bool
    /// Whether the old data directory is marked.
    var marksOld: Bool
    var startsService: Bool
    /// How far the standby has come, and whether it was in sync.
    var evidence: [ReportLine]
    var warnings: [String]
    var problems: [Problem]

    /// The five states in words.
    var parts: [Part] { ActivationPlanText(plan: self).parts }
}
