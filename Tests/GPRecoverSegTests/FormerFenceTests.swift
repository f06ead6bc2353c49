import ClusterModel
import Testing

@testable import GPRecoverSeg

/// When a former coordinator is turned away at segments that come back.
@Suite struct FormerFenceTests {
    private static let former = FormerCoordinator(
        dbid: DatabaseID(1), hostname: "cdw", address: "10.0.0.9", port: 5432, dataDirectory: "/d/1",
        fencedAddresses: ["10.0.0.9", "fd00::9"])
    private static let coordinator = PlannedRecovery.segment(6, -1, on: "scdw", port: 5432)
    private static let segment = PlannedRecovery.segment(2, 0, on: "sdw1", port: 6000)

    private static func fence(
        successor: DatabaseID = DatabaseID(6), more: [Segment] = [],
        addresses: [String: [String]] = ["sdw1": ["10.0.0.1"]]
    ) -> SegmentFence? {
        FormerFence.fence(former, successor, [coordinator, segment] + more, addresses)
    }

    @Test func `its addresses of the activation are turned away`() {
        #expect(Self.fence() == SegmentFence(host: "cdw", addresses: ["10.0.0.9", "fd00::9"]))
    }

    @Test func `an address that the cluster has by now gets in`() {
        #expect(
            Self.fence(addresses: ["sdw1": ["10.0.0.9"]]) == SegmentFence(host: "cdw", addresses: ["fd00::9"]))
        #expect(Self.fence(addresses: ["sdw1": ["10.0.0.9", "fd00::9"]]) == nil)
    }

    @Test func `its host gets in when it is one of the cluster's again`() {
        #expect(Self.fence(more: [PlannedRecovery.segment(7, -1, .mirror, on: "cdw", port: 5432)]) == nil)
        #expect(Self.fence(more: [PlannedRecovery.segment(8, 0, .mirror, on: "cdw", port: 7000)]) == nil)
    }

    @Test func `an activation of another coordinator is history`() {
        #expect(Self.fence(successor: DatabaseID(5)) == nil)
    }
}
