import ClusterModel
import EmbeddedCluster
import Glibc
import RemoteShell
import TestSupport
import Testing

@testable import GPAddMirrors

extension OnClusters.SmallCluster {
    @Suite struct KillPointTests {
        @Test(arguments: AddMirrorsStep.allCases)
        func `killed at any step, it leaves a true catalog, and the next run finishes`(_ step: AddMirrorsStep)
            async throws
        {
            let cluster = try await TestCluster.fresh()
            let variables = ["GPHA_KILL_AT": step.rawValue]
            let first =
                step == .copyBegun
                ? try await cluster.withFrozenCopy(of: cluster.primaries[0]) { _ in
                    let output = try await cluster.addMirrors(environment: variables)
                    await cluster.expectNoCopies()
                    return output
                } : try await cluster.addMirrors(environment: variables)
            #expect(first.status == 128 + Int(SIGKILL), words(first))
            await cluster.expectNoCopies()
            try await cluster.expectTrueCatalog()
            try await cluster.expectNextRunFinishes()
        }

        // While a copy runs the tool only reads its progress: nothing of its own can fail there.
        @Test(arguments: AddMirrorsStep.allCases.filter { $0 != .copyBegun })
        func `a failure at any step is told, and the next run finishes`(_ step: AddMirrorsStep) async throws {
            let cluster = try await TestCluster.fresh()
            let first = try await cluster.addMirrors(environment: ["GPHA_FAIL_AT": step.rawValue])
            #expect([1, 2].contains(first.status), words(first))
            #expect(first.standardOutput.contains("injected failure at \(step.rawValue)"), words(first))
            await cluster.expectNoCopies()
            try await cluster.expectTrueCatalog()
            try await cluster.expectNextRunFinishes()
        }
    }
}

extension TestCluster {
    /// Runs again with the same options: whatever the first run left undone is done, and no trace of it stays.
    func expectNextRunFinishes(_ more: [String] = [], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        // Where every mirror was started before, there is nothing to do but what the service does.
        let planned = try await addMirrors(["--dry-run", "--json"] + more)
        let isComplete = planned.status == 2 && planned.standardError.contains("already configured with Mirrors")
        let second = try await addMirrors(["--wait=60"] + more)
        if isComplete {
            let running = try await mirrors().filter { demo.process(of: $0) != nil }.count
            #expect(running == primaries.count, words(planned), sourceLocation: sourceLocation)
            #expect(second.status == 2, words(second), sourceLocation: sourceLocation)
        } else {
            #expect(second.status == 0, words(second), sourceLocation: sourceLocation)
        }
        try await expectSynchronized(sourceLocation: sourceLocation)
        try await expectNothingLeft(sourceLocation: sourceLocation)
    }
}
