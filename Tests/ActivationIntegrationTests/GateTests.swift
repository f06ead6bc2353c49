import ClusterModel
import Glibc
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster
@testable import GPActivateStandby

extension OnNamespaces {
    /// A standby that takes no sessions, as every one of Greenplum's: the segments are known only once it is promoted.
    @Suite struct GateTests {
        private static let steps: [ActivationStep] = [
            .gateShut, .promotionRequested, .promoted, .segmentsFencedLate, .gateOpen,
        ]
        private static let fast = ["-a", "--fence-timeout", "1"]

        /// The cluster with such a standby, and the standby's `pg_hba.conf`.
        private func hidden() async throws -> (ActivationCluster, String) {
            let cluster = try await ActivationCluster.fresh()
            // Without the catalog the old one's directory is looked for where the standby's own is, and these hosts share
            // their files: what is found there proves nothing.
            try cluster.showOldHostAll()
            if !TestEngine.isGreenplum {
                try await cluster.demo.stop(cluster.standby)
                try await cluster.shell(
                    "echo 'hot_standby = off' >> \"$1\"/postgresql.conf", [cluster.standby.dataDirectory], on: "scdw")
                try await cluster.demo.start(cluster.standby)
            }
            return (cluster, try PrivateFiles.read(ActivationCluster.accessFile(cluster.standby)))
        }

        private func accessText(_ cluster: ActivationCluster) throws -> String {
            try PrivateFiles.read(ActivationCluster.accessFile(cluster.standby))
        }

        private func fenced(_ cluster: ActivationCluster) throws -> Int {
            try cluster.segments.filter {
                try PrivateFiles.read(ActivationCluster.accessFile($0))
                    .hasPrefix("host all all \(cluster.coordinator.address)/32 reject # gpha-fence")
            }.count
        }

        @Test(arguments: Self.steps)
        func `killed behind its gate, the next run fences the segments, then opens it`(_ step: ActivationStep)
            async throws
        {
            let (cluster, text) = try await hidden()
            let first = try await cluster.activate(Self.fast, environment: ["GPHA_KILL_AT": step.rawValue])
            #expect(first.status == 128 + Int(SIGKILL), words(first))
            // What it follows is an address: the host is named all the same.
            #expect(first.standardOutput.contains("old coordinator cdw:"), words(first))
            #expect(first.standardOutput.contains("there is this standby's own; where the old"), words(first))
            let isFenced = step == .segmentsFencedLate || step == .gateOpen
            #expect(try fenced(cluster) == (isFenced ? cluster.segments.count : 0))
            if step == .gateOpen {
                #expect(try accessText(cluster) == text)
            } else {
                let now = try accessText(cluster)
                #expect(now.hasSuffix(text) && ActivationGate.isIn(now))
            }
            if step == .promoted {
                for host in ["cdw", cluster.segments[0].hostname] {
                    let refused = try await cluster.write(from: host, to: cluster.standby)
                    #expect(refused.standardError.contains("pg_hba.conf rejects connection"), words(refused))
                }
            }
            let second = try await cluster.activate(Self.fast)
            try await cluster.expectActivated(second)
            #expect(try fenced(cluster) == cluster.segments.count)
            #expect(try accessText(cluster) == text)
            #expect(second.standardOutput.contains("everybody is let in again as before") == (step != .gateOpen))
        }

        @Test func `a gate that came to no promotion is taken out by the same run or the next, whatever that one does`()
            async throws
        {
            let (cluster, text) = try await hidden()
            let takenOut = "are taken out again"
            let failed = try await cluster.activate(Self.fast, environment: ["GPHA_FAIL_AT": "gateShut"])
            #expect(failed.status == 2 && failed.standardOutput.contains(takenOut), words(failed))
            #expect(try accessText(cluster) == text)
            // pg_ctl asks for the promotion with a file of this name.
            try await cluster.shell("ln -s /nowhere/x \"$1\"/promote", [cluster.standby.dataDirectory], on: "scdw")
            let refused = try await cluster.activate(Self.fast)
            try await cluster.shell("rm \"$1\"/promote", [cluster.standby.dataDirectory], on: "scdw")
            #expect(refused.status == 2 && refused.standardOutput.contains(takenOut), words(refused))
            #expect(refused.standardOutput.contains("pg_ctl promote: "), words(refused))
            #expect(try accessText(cluster) == text)

            let killed = try await cluster.activate(Self.fast, environment: ["GPHA_KILL_AT": "gateShut"])
            #expect(killed.status == 128 + Int(SIGKILL), words(killed))
            let shut = try accessText(cluster)
            let dry = try await cluster.activate(Self.fast + ["--dry-run"])
            #expect(dry.status == 0 && dry.standardOutput.contains("--finish: both take that out"), words(dry))
            #expect(try accessText(cluster) == shut && shut != text)
            let finish = try await cluster.activate(["--finish"])
            #expect(finish.status == 2 && finish.standardOutput.contains(takenOut), words(finish))
            #expect(finish.standardOutput.contains("this instance is not the coordinator"), words(finish))
            #expect(try accessText(cluster) == text && fenced(cluster) == 0)
        }

        @Test func `--finish fences behind a gate that an activation left shut, and opens it`() async throws {
            let (cluster, text) = try await hidden()
            let killed = try await cluster.activate(Self.fast, environment: ["GPHA_KILL_AT": "promoted"])
            #expect(killed.status == 128 + Int(SIGKILL), words(killed))
            let finish = try await cluster.activate(["--finish"])
            #expect(finish.standardOutput.contains("everybody is let in again as before"), words(finish))
            #expect(try fenced(cluster) == cluster.segments.count)
            #expect(try accessText(cluster) == text)
            // The embedded engine's catalog is the tool's to change.
            let isOpen = finish.standardOutput.contains("run gpactivatestandby without --finish")
            #expect(isOpen != TestEngine.isGreenplum, words(finish))
            let output = try await cluster.activate(Self.fast)
            try await cluster.expectActivated(output)
        }
    }
}
