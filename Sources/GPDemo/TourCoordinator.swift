import BlockingWork
import ClusterModel
import EmbeddedCluster
import Synchronization
import ToolSupport

/// Who is the coordinator now: the tour's writer and its tools follow it.
final class CurrentCoordinator: Sendable {
    private let now: Mutex<Segment>

    init(_ segment: Segment) { now = Mutex(segment) }

    var segment: Segment { now.withLock { $0 } }
    func become(_ segment: Segment) { now.withLock { $0 = segment } }
}

/// The end of the tour: the coordinator's host is lost, and its standby takes over.
extension Tour {
    /// Where the standby's data goes.
    var standbyDirectory: String { "\(cluster.state.layout.standbyParent)/gpseg-1" }

    func loseCoordinator(_ ledger: Ledger) async throws {
        let old = coordinator.segment
        guard let standby = try await cluster.instances().first(where: { $0.isCoordinatorPair && $0.role == .mirror })
        else { throw ToolError(.plain, "the cluster has no standby") }
        title("the coordinator's host \(old.hostname) dies: kill -9 of everything on it")
        let start = ContinuousClock.now
        try await cluster.killHost(old.hostname)
        // From here on the tools run on the standby's host.
        coordinator.become(standby)
        try await tool(["gpactivatestandby", "-a", "-d", standbyDirectory, "--fence-timeout", "3"])
        let before = ledger.snapshot
        let deadline = Deadline.after(.seconds(60))
        while before.contains(where: { content, account in
            (ledger.snapshot[content]?.acknowledged.count ?? 0) <= account.acknowledged.count
        }) { try await pause(until: deadline, "take rows for every content and on the new coordinator") }
        context.printPlain(
            "    \(standby.hostname) is the coordinator, and everything takes rows again after "
                + ElapsedTime.text(start.duration(to: .now)))
        try await tool(["gpstate", "-Q"])
    }
}
