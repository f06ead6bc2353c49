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

    @Test func `Greenplum 6 has other words, files and options, and Cloudberry has 7's but for the names it kept`() {
        let six = Engine(family: .greenplum6, postgresMajor: 9)
        let berry = Engine(family: .cloudberry, postgresMajor: 14)
        #expect(six.settings(.utility).first == "gp_session_role=utility")
        #expect(berry.settings(.utility) == greenplum.settings(.utility))
        #expect(six.coordinatorWord == "master" && berry.coordinatorWord == "coordinator")
        #expect(six.dataDirectoryVariables == ["MASTER_DATA_DIRECTORY"])
        #expect(greenplum.dataDirectoryVariables == ["COORDINATOR_DATA_DIRECTORY", "MASTER_DATA_DIRECTORY"])
        #expect(six.eraFile == "pg_log/gp_era" && berry.eraFile == "log/gp_era" && embedded.eraFile == nil)
        #expect(six.wal.directory == "pg_xlog" && berry.wal.directory == "pg_wal")
        #expect(six.standbyFile == "recovery.conf" && berry.standbyFile == "standby.signal")
        #expect(
            six.followingSettings.file == "recovery.conf" && six.followingSettings.fixed.contains("standby_mode = 'on'")
        )
        #expect(greenplum.followingSettings.file == "postgresql.auto.conf" && greenplum.followingSettings.fixed.isEmpty)
        #expect(six.probeCalls == 1 && berry.probeCalls == 2)
        #expect(six.segmentStartOptions == "-c gp_role=utility" && berry.segmentStartOptions == "-c gp_role=execute")
        #expect(!six.hasSessionBackups && berry.hasSessionBackups && berry.hasExclusiveBackups)
        #expect(!six.hasAccessFileView && !six.hasControlFunctions && berry.hasAccessFileView)
        #expect([embedded, greenplum].allSatisfy(\.isTried) && ![six, berry].contains(where: \.isTried))
    }

    @Test func `a copy is asked for in the words of the server's own pg_basebackup`() {
        let six = Engine(family: .greenplum6, postgresMajor: 9)
        let dbid = DatabaseID(7)
        #expect(embedded.identityOptions(dbid: dbid) == [])
        #expect(
            greenplum.identityOptions(dbid: dbid) == [
                "--no-verify-checksums", "--target-gp-dbid", "7", "-E", "./db_dumps", "-E", "./promote", "-E",
                "./db_analyze",
            ])
        #expect(
            six.identityOptions(dbid: dbid) == [
                "--target-gp-dbid", "7", "-E", "./db_dumps", "-E", "./gpperfmon/data", "-E", "./gpperfmon/logs", "-E",
                "./promote",
            ])
        #expect(six.followingOptions(slot: "s") == ["--xlog-method", "stream", "--slot", "s", "--write-recovery-conf"])
        #expect(greenplum.followingOptions(slot: "s") == embedded.followingOptions(slot: "s"))
        #expect(greenplum.followingOptions(slot: "s").contains("--create-slot"))
    }
}
