import BlockingWork
import ClusterModel
import Glibc
import RemoteShell
import TestSupport
import Testing

@testable import EmbeddedCluster
@testable import GPRecoverSeg

extension OnPairs {
    @Suite struct StepTests {
        @Test(arguments: RebalanceStep.allCases)
        func `killed at any step, the next run and recovery finish`(_ step: RebalanceStep) async throws {
            let cluster = try await PairsCluster.balanced()
            try await cluster.prefer(isPresent: false, contents: [0, 2])
            let first = try await cluster.rebalance(environment: ["GPHA_KILL_AT": step.rawValue])
            #expect(first.status == 128 + Int(SIGKILL), words(first))
            try await cluster.awaitService()
            // A stopped old primary is a mirror that is down by now: that is recovery's work.
            let recovery = try await cluster.tool(["-a", "--wait=60"])
            #expect(recovery.status == 0, words(recovery))
            let second = try await cluster.rebalance()
            #expect(second.status == 0, words(second))
            try await cluster.expectBalanced(second)
        }

        @Test func `a failure between stop and promotion starts the old primary again`() async throws {
            let cluster = try await PairsCluster.balanced()
            try await cluster.prefer(isPresent: false, contents: [3])
            let old = try await cluster.instance(3, .primary)
            let output = try await cluster.rebalance(
                environment: ["GPHA_FAIL_AT": RebalanceStep.primaryStopped.rawValue])
            #expect(output.status == 1, words(output))
            #expect(output.standardOutput.contains("\(old.label) was started again as primary"), words(output))
            #expect(try await cluster.value("SELECT pg_is_in_recovery()", on: old) == "f")
            try await cluster.awaitSync()
            #expect(try await cluster.instance(3, .primary).dbid == old.dbid)
        }

        @Test func `an interrupt lets the pair under way finish`() async throws {
            let cluster = try await PairsCluster.balanced()
            try await cluster.prefer(isPresent: false)
            async let running = cluster.rebalance(["-B", "1", "-b", "1"])
            let directory = cluster.coordinatorDirectory
            var sent = false
            let deadline = Deadline.after(.seconds(30))
            while !sent, !deadline.isPast {
                // The first pair is under way when its old primary is no primary any more.
                if try await cluster.rows().contains(where: { !$0.isSwitched }),
                    let text = try? PrivateFiles.read("\(directory)/gprecoverseg.lock/PID"), let tool = pid_t(text)
                {
                    sent = kill(tool, SIGINT) == 0
                }
                try await Task.sleep(for: .milliseconds(10))
            }
            let output = try await running
            #expect(sent && output.status == 1, words(output))
            #expect(
                output.standardOutput.contains("finishing the pairs that are under way; no other is begun"),
                words(output))
            let rows = try await cluster.rows()
            #expect(rows.allSatisfy { $0.status == .up && $0.mode == .inSync }, words(output))
            #expect(rows.filter(\.isSwitched).count == 6, words(output))
        }
    }
}

extension PairsCluster {
    /// Waits for what the service does by itself: a primary for every content, and mirrors that run are up.
    func awaitService() async throws {
        let deadline = Deadline.after(.seconds(30))
        while true {
            try await probe()
            let rows = try await rows()
            var served = 0
            for primary in rows where primary.role == .primary {
                if (try? await value("SELECT pg_is_in_recovery()", on: primary)) == "f" { served += 1 }
            }
            let waiting = rows.filter {
                $0.role == .mirror && $0.mode == .notInSync && demo.process(of: $0) != nil
            }
            if served == 4 && waiting.isEmpty { return }
            guard !deadline.isPast else {
                throw TestFailure("\(served) of 4 contents have a primary; not in sync: \(waiting.map(\.label))")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
