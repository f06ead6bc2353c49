import ClusterModel

/// How the swap of one pair ended.
struct SwapOutcome: Sendable, Equatable {
    enum State: Sendable, Equatable {
        /// In sync in the preferred roles.
        case balanced
        /// It was not begun, or nothing of it took effect.
        case left(String)
        /// The acting primary did not stop.
        case stopFailed(String)
        /// It stopped, was not replaced, and runs as the primary again.
        case undone(String)
        /// It stopped and was not replaced, and whether it may run again could not be told.
        case primaryDown(String)
        /// The roles are the preferred ones; the old primary does not follow.
        case mirrorDown(String)
        /// The roles are the preferred ones and the mirror runs; it was not in sync in time.
        case notInSync(String)
    }

    let item: RebalancePlan.Item
    let state: State
    /// From the order to stop until the new primary took a write.
    var interruption: Duration?

    var succeeded: Bool { state == .balanced }

    /// One word for JSON and the result table.
    var stateName: String {
        switch state {
        case .balanced: "balanced"
        case .left: "left"
        case .stopFailed: "stop-failed"
        case .undone: "undone"
        case .primaryDown: "primary-down"
        case .mirrorDown: "mirror-down"
        case .notInSync: "not-in-sync"
        }
    }

    /// Why it is not balanced.
    var reason: String? {
        switch state {
        case .balanced: nil
        case .left(let text), .stopFailed(let text), .undone(let text), .primaryDown(let text), .mirrorDown(let text),
            .notInSync(let text):
            text
        }
    }
}

/// Ends a swap with a state of the outcome.
struct SwapFailure: Error, Sendable {
    let state: SwapOutcome.State
    init(_ state: SwapOutcome.State) { self.state = state }
}
