import BlockingWork
import ClusterModel
import ClusterOperations
import Logging
import RemoteShell
import TestClusters
import TestSupport
import Testing
import ToolSupport

@testable import EmbeddedCluster
@testable import GPRecoverSeg

extension OnPairs {
    @Suite struct ComebackTests {
        @Test func `an old primary that crashed is rewound, with its own settings, before it follows`() async throws {
            try TestEngine.skipOnGreenplum("it asks a mirror, from outside of the hosts' network")
            let cluster = try await PairsCluster.balanced()
            try await cluster.failOver("sdw2")
            let (old, successor) = (try await cluster.instance(3, .mirror), try await cluster.instance(3, .primary))
            let swap = try cluster.pairSwap()
            try await swap.bringBack(old, successor)
            await swap.access.shell.close()
            let port = try await cluster.value("SHOW port", on: old)
            #expect(port == "\(old.port)")
            #expect(try await cluster.value("SELECT pg_is_in_recovery()", on: old) == "t")
            let senders = try await cluster.value(
                "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'", on: successor)
            #expect(senders == "1")
        }
    }
}

extension PairsCluster {
    /// The swap of pairs as the tool makes it, in this process.
    func pairSwap() throws -> PairSwap {
        let location = try CoordinatorLocation(dataDirectory: coordinatorDirectory)
        let shell = SSHShell(settings: RemoteShell.SSHSettings(configFile: demo.secureShellConfiguration))
        let access = ClusterAccess(
            location: location, environment: ["PGUSER": demo.accountName], shell: shell)
        let build = MirrorBuild(
            engine: location.engine, binaryDirectory: location.binaryDirectory, user: demo.accountName)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return PairSwap(
            recovery: SegmentRecovery(access: access, build: build, runID: "test.1", logger: logger), lagLimit: nil,
            syncTimeout: .seconds(30), board: ProgressBoard(.off, screen: Screen(CapturedTerminal())),
            logger: logger, killPoint: { _ in }, onPhase: { _ in })
    }
}
