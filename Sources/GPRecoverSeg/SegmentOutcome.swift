import ClusterModel

/// A method that was tried and did not work.
struct MethodFailure: Sendable, Equatable {
    let method: RecoveryMethod
    let error: String
    /// The file on the segment's host that keeps the state before and what the program said.
    let evidence: String?
}

/// How one segment's work ended.
struct SegmentOutcome: Sendable, Equatable {
    enum State: Sendable, Equatable {
        case done
        /// Its primary does not let its host in.
        case refused(String)
        /// What ran of it could not be stopped, or was not marked down.
        case notStopped(String)
        /// The last method that was allowed failed.
        case copyFailed(String)
        case rowFailed(String)
        case startFailed(String)
        /// The user ended the run.
        case interrupted

        /// One word for JSON and the result table.
        var name: String {
            switch self {
            case .done: "started"
            case .refused: "refused"
            case .notStopped: "not-stopped"
            case .copyFailed: "failed"
            case .rowFailed: "catalog-failed"
            case .startFailed: "start-failed"
            case .interrupted: "interrupted"
            }
        }

        /// Why it failed.
        var error: String? {
            switch self {
            case .done: nil
            case .interrupted: "the run was ended"
            case .refused(let text), .notStopped(let text), .copyFailed(let text), .rowFailed(let text),
                .startFailed(let text):
                text
            }
        }
    }

    let item: RecoveryPlan.Item
    var state: State
    /// The method that worked, or the last that was tried; nil when none was.
    var method: RecoveryMethod?
    var failures: [MethodFailure] = []
    /// Things that are not as they should be although the segment runs.
    var notes: [String] = []

    var succeeded: Bool { state == .done }
}
