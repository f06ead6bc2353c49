import BlockingWork
import ClusterModel
import Glibc
import PostgresClient
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

/// The main scenario of the suites beside this one, on a Greenplum cluster of its own: it goes one way only.
@Suite(.enabled(if: TestEngine.isGreenplum, "on the embedded engine every scenario has a test of its own"))
struct GreenplumTests {
    @Test func `a coordinator's host that dies under a writer loses no row, and comes back as the standby`()
        async throws
    {
        let directory = try makeTemporaryDirectory(named: "gact")
        let demo = try await DemoCluster.create(
            DemoSpecification(
                directory: directory, hosts: 2, primariesPerHost: 1, mirrors: .group, standby: true,
                toolPrograms: BuiltPrograms.debug
            ).underTest)
        do { try await scenario(demo) } catch {
            try await demo.destroy()
            throw error
        }
        try await demo.destroy()
    }

    private func scenario(_ demo: DemoCluster) async throws {
        let coordinator = demo.state.layout.coordinator
        let standby = try #require(try await demo.instances().first { $0.isCoordinatorPair && $0.role == .mirror })
        try await demo.query(Ledger.tableSQL)
        let (old, new) = (demo.connection(to: coordinator), demo.connection(to: standby))
        let isActivated = Flag()
        let ledger = Ledger(contents: [-1]) { _ in isActivated.isSet ? new : old }
        async let writing: Void = ledger.write()
        try await Task.sleep(for: .seconds(2))
        try await demo.killHost("cdw")
        let output = try await activate(demo, standby)
        isActivated.set()
        let before = ledger.acknowledgedCount
        _ = await eventually(within: .seconds(20)) { ledger.acknowledgedCount > before + 10 }
        ledger.stop()
        await writing
        #expect(output.status == 0, words(output))
        let verdict = try #require(try await ledger.verify().first)
        #expect(verdict.lost == [] && verdict.invented == [])
        #expect(verdict.acknowledged > before + 10)
        let again = try await activate(demo, standby)
        #expect(again.status == 0, words(again))
        #expect(again.standardOutput.contains("this instance is the coordinator already"), words(again))
        try await comeBack(demo, coordinator, standby)
    }

    private func activate(_ demo: DemoCluster, _ standby: Segment) async throws -> CommandOutput {
        try await demo.exec(
            DemoLayout.standbyHost,
            ["gpactivatestandby", "-a", "-d", standby.dataDirectory, "--fence-timeout", "3"], timeout: .seconds(150))
    }

    /// The old coordinator's host is switched on again: its old directory makes room for a standby's.
    private func comeBack(_ demo: DemoCluster, _ coordinator: Segment, _ standby: Segment) async throws {
        try demo.secureShells.start(try demo.host("cdw"))
        let here = ["env", "-u", "PGHOST", "COORDINATOR_DATA_DIRECTORY=\(standby.dataDirectory)"]
        let back = try await demo.exec(
            DemoLayout.standbyHost, here + ["gpinitstandby", "-a", "-s", "cdw", "-S", coordinator.dataDirectory],
            timeout: .seconds(150))
        #expect(back.status == 0, words(back))
        let rows = try await demo.query(
            "SELECT role, hostname FROM gp_segment_configuration WHERE content = -1 ORDER BY role", on: standby
        ).rows.map { $0.map { $0 ?? "" } }
        #expect(rows == [["m", "cdw"], ["p", "scdw"]])
        let state = try await demo.exec(DemoLayout.standbyHost, here + ["gpstate", "-f"])
        #expect(state.standardOutput.contains("-Sync state: sync"), words(state))
    }
}
