import ClusterModel
import Testing

@testable import ClusterOperations

/// The facts in which the engines differ, and no other place that knows them.
@Suite struct EngineTests {
    private let embedded = Engine(family: .embedded, postgresMajor: 15)
    private let greenplum = Engine(family: .greenplum7, postgresMajor: 12)
    private let segment = Segment(
        dbid: DatabaseID(5), content: ContentID(0), role: .primary, preferredRole: .primary, mode: .inSync, status: .up,
        hostname: "sdw1", address: "10.0.0.1", port: 6000, dataDirectory: "/p/gpseg0")

    @Test func `the two engines differ in just the known facts`() {
        func facts(_ engine: Engine) -> [String] {
            [
                engine.database, engine.segmentDatabase, engine.connectionHost(of: segment),
                "\(engine.probeCalls)", "\(engine.mirrorsAcceptSessions)", engine.segmentStartOptions ?? "none",
                "\(engine.addsMirrorRowsTogether)", engine.tablespaceDirectory("/ts", of: segment.dbid),
                engine.versionArgument, "\(engine.setsCoordinatorSync)", "\(engine.hasUtilityMode)",
                "\(engine.hasPackages)",
            ]
        }
        #expect(
            facts(embedded) == [
                "postgres", "postgres", "10.0.0.1", "1", "true", "none", "false", "/ts", "--version", "true", "false",
                "false",
            ])
        #expect(
            facts(greenplum) == [
                "template1", "template1", "sdw1", "2", "false", "-c gp_role=execute", "true", "/ts/5", "--gp-version",
                "false", "true", "true",
            ])
        #expect(Engine.walReceiverName == "gp_walreceiver")
        #expect(Engine.replicationSlot == "internal_wal_replication_slot")
    }

    @Test func `only Greenplum's utility sessions say so, and both engines' catalog sessions may change tables`() {
        func has(_ engine: Engine, _ kind: Engine.SessionKind, _ setting: String) -> Bool {
            engine.settings(kind).contains(setting)
        }
        #expect(has(greenplum, .utility, "gp_role=utility") && !has(embedded, .utility, "gp_role=utility"))
        for engine in [embedded, greenplum] {
            #expect(has(engine, .catalogChange, "allow_system_table_mods=true"))
            #expect(!has(engine, .dispatch, "allow_system_table_mods=true"))
        }
        #expect(has(embedded, .catalogChange, "synchronous_commit=local"))
        #expect(!has(greenplum, .catalogChange, "synchronous_commit=local"))
    }
}
