import ClusterModel
import ClusterOperations
import Reporting
import Testing
import ToolSupport

@testable import GPRecoverSeg

/// What is said when a run is over, and what scripts read.
@Suite struct ResultTests {
    private func outcomes(_ states: [SegmentOutcome.State], _ method: RecoveryMethod = .incremental) throws
        -> (plan: RecoveryPlan, outcomes: [SegmentOutcome])
    {
        let plan = try PlannedRecovery().plan()
        let outcomes = zip(plan.items, states).map { item, state in
            SegmentOutcome(
                item: item, state: state, method: method,
                failures: state == .done ? [] : [MethodFailure(method: method, error: "oops", evidence: "/e.log")])
        }
        return (plan, outcomes)
    }

    private func text(
        _ states: [SegmentOutcome.State], unsynchronized: [DatabaseID]? = nil, probed: Bool = true
    ) throws -> RecoveryResultText {
        let (plan, outcomes) = try outcomes(states)
        return RecoveryResultText(
            plan: plan, outcomes: outcomes, unsynchronized: unsynchronized, probed: probed, method: .incremental)
    }

    @Test func `success ends in the original's words`() throws {
        let text = try text([.done, .done])
        #expect(text.isComplete)
        let stars = String(repeating: "*", count: 32)
        #expect(
            text.lines.suffix(5).map(\.text) == [
                stars, "Segments successfully recovered.", stars,
                "Recovered mirror segments need to sync WAL with primary segments.",
                "Use 'gpstate -e' to check progress of WAL sync remaining bytes",
            ])
    }

    @Test func `a failure names segment, log file and method, and leaves the others' success alone`() throws {
        let text = try text([.copyFailed("no WAL"), .done])
        #expect(!text.isComplete)
        let lines = text.lines.map(\.text)
        #expect(
            lines.contains(
                "Failed to recover the following segments. You must run either gprecoverseg --differential or "
                    + "gprecoverseg -F for all incremental failures"))
        #expect(
            lines.contains(
                " hostname: sdw2; port: 7000; logfile: /e.log; recoverytype: incremental; error: no WAL"))
        #expect(lines.contains("gprecoverseg failed. Please check the output for more details."))
        #expect(lines.last?.hasPrefix("hint: 1 of 2 segments were recovered") == true)
    }

    @Test func `a start that failed is told apart, and so is an interruption`() throws {
        let start = try text([.startFailed("port taken"), .done]).lines.map(\.text)
        #expect(start.contains(" hostname: sdw2; port: 7000; datadir: /d/4; error: port taken"))
        let interrupted = try text([.interrupted, .done]).lines.map(\.text)
        #expect(interrupted.contains("gprecoverseg process was interrupted by the user."))
    }

    @Test func `not in sync in time, or without a probe, it is not complete`() throws {
        #expect(try !text([.done, .done], unsynchronized: [DatabaseID(4)]).isComplete)
        #expect(try !text([.done, .done], probed: false).isComplete)
        #expect(try text([.done, .done], unsynchronized: []).isComplete)
    }

    @Test func `the document carries plan and result`() throws {
        let (plan, outcomes) = try outcomes([.copyFailed("no WAL"), .done])
        let text = RecoveryJSON.document(plan, applied: outcomes, status: .incomplete).text()
        for part in [
            "\"schema\": 1", "\"tool\": \"gprecoverseg\"", "\"kind\": \"result\"", "\"state\": \"failed\"",
            "\"evidence\": \"/e.log\"", "\"exit_status\": 1", "\"applied_method\": \"incremental\"",
        ] { #expect(text.contains(part), "\(part)") }
        #expect(RecoveryJSON.document(plan, applied: nil, status: .done).text().contains("\"kind\": \"plan\""))
    }
}
