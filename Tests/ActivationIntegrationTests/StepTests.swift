import ClusterModel
import Glibc
import RemoteShell
import TestSupport
import Testing

@testable import EmbeddedCluster
@testable import GPActivateStandby

extension OnLoopback {
    @Suite struct StepTests {
        @Test(arguments: ActivationStep.allCases)
        func `killed at any step, the next run finishes`(_ step: ActivationStep) async throws {
            let cluster = try await ActivationCluster.fresh()
            let first = try await cluster.activate(environment: ["GPHA_KILL_AT": step.rawValue])
            #expect(first.status == 128 + Int(SIGKILL), words(first))
            let second = try await cluster.activate()
            try await cluster.expectActivated(second)
            #expect(PrivateFiles.exists(SupersededMark.path(cluster.coordinator.dataDirectory)))
        }
    }
}
