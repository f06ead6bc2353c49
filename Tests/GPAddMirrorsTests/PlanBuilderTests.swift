import ClusterModel
import Testing

@testable import ClusterOperations
@testable import GPAddMirrors

@Suite struct PlanBuilderTests {
    private func mark(_ content: Int, _ dbid: Int) -> CopyMark {
        CopyMark(
            run: "earlier", content: ContentID(content), dbid: DatabaseID(dbid), systemIdentifier: "700\(content)",
            lastFile: Self.walFile)
    }

    private static let walFile = "000000010000000000000007"
    private static let slot = SourceSurvey.Slot(isActive: false, file: walFile)

    private static let greenplum = Engine(family: .greenplum7, postgresMajor: 12)

    @Test func `a fresh cluster gets a copy per content, dbids in order after the highest`() throws {
        let plan = try PlannedCluster().plan()
        #expect(plan.problems.isEmpty)
        #expect(plan.warnings.isEmpty)
        #expect(plan.items.map(\.mirror.dbid.rawValue) == [6, 7, 8, 9])
        #expect(plan.items.map(\.mirror.label).first == "dbid 6 (sdw2:7000)")
        #expect(plan.items.allSatisfy { $0.action == .copy && $0.bytes == 100 << 20 })
        #expect(plan.items.allSatisfy { $0.mirror.mode == .notInSync && $0.mirror.status == .down })
        #expect(plan.items.map(\.settings) == [7000, 7001, 7000, 7001].map { [InstanceSetting("port", "\($0)")] })
    }

    @Test func `the same facts give the same plan`() throws {
        let cluster = try PlannedCluster()
        #expect(cluster.plan() == cluster.plan())
    }

    @Test func `a complete copy is adopted with its dbid, which no other mirror gets`() throws {
        var cluster = try PlannedCluster()
        cluster.host("sdw2") { $0.places[1].directory = .complete(mark(1, 7)) }
        cluster.source(1) { $0.slot = Self.slot }
        let plan = cluster.plan()
        #expect(plan.items.map(\.mirror.dbid.rawValue) == [6, 7, 8, 9])
        #expect(plan.items.map(\.action) == [.copy, .adopt, .copy, .copy])
        #expect(plan.items[1].bytes == 0)
        #expect(plan.items[1].removes == nil)
        cluster.host("sdw2") { $0.places[1].directory = .complete(mark(1, 6)) }
        #expect(cluster.plan().items.map(\.mirror.dbid.rawValue) == [7, 6, 8, 9])
    }

    @Test func `a complete copy whose slot is lost is made again`() throws {
        var cluster = try PlannedCluster()
        cluster.host("sdw2") { $0.places[0].directory = .complete(mark(0, 6)) }
        for slot in [nil, SourceSurvey.Slot(isActive: false, file: nil)] {
            cluster.source(0) { $0.slot = slot }
            #expect(cluster.plan().items[0].action == .copyAgain)
            #expect(cluster.plan().items[0].removes == mark(0, 6))
        }
    }

    @Test func `what an earlier run left for another content or system, or was started, stops a new mirror`() throws {
        var otherSystem = mark(0, 6)
        otherSystem.systemIdentifier = "1"
        for directory in [TargetDirectory.incomplete(mark(1, 6)), .complete(mark(1, 6)), .incomplete(otherSystem)] {
            var cluster = try PlannedCluster()
            cluster.source(0) { $0.slot = Self.slot }
            cluster.host("sdw2") { $0.places[0].directory = directory }
            #expect(cluster.plan().problems == ["sdw2:7000: Segment directory '/m1/gpseg0' exists but is not empty!"])
        }
        for change in [{ $0.wasStarted = true }, { $0.isRunning = true }] as [(inout HostSurvey.Place) -> Void] {
            var cluster = try PlannedCluster()
            cluster.host("sdw2") {
                $0.places[0].directory = .incomplete(mark(0, 6))
                change(&$0.places[0])
            }
            #expect(cluster.plan().problems == ["sdw2:7000: Segment directory '/m1/gpseg0' exists but is not empty!"])
        }
    }

    @Test func `a row without directory that was once up is left to gprecoverseg`() throws {
        let row = PlannedCluster.segment(20, 0, .mirror, on: "sdw2", port: 7000, directory: "/m1/gpseg0")
        var cluster = try PlannedCluster(rows: [row])
        cluster.facts.onceUp = [DatabaseID(20), DatabaseID(1)]
        #expect(cluster.plan().problems.isEmpty)
        #expect(cluster.plan().items.map(\.source.content.rawValue) == [1, 2, 3])
    }

    @Test func `the tablespace directories a copy fills are in the plan, Greenplum's by the mirror's dbid`() throws {
        var cluster = try PlannedCluster()
        cluster.source(0) { $0.tablespaces = [SourceSurvey.Tablespace(directory: "/space", bytes: 5 << 20)] }
        #expect(cluster.plan().items[0].tablespaces == ["/space"])
        #expect(cluster.plan().items[0].bytes == 105 << 20)
        let greenplum = cluster.plan(engine: Self.greenplum)
        #expect(greenplum.items[0].tablespaces == ["/space/6"])
        #expect(greenplum.items[0].bytes == 105 << 20)
    }

    @Test func `tablespaces of an unfinished copy are not removed by a dbid that somebody else has now`() throws {
        var cluster = try PlannedCluster()
        cluster.host("sdw2") { $0.places[0].directory = .incomplete(mark(0, 4)) }
        #expect(cluster.plan(engine: Self.greenplum).problems.isEmpty, "no tablespaces")
        cluster.source(0) { $0.tablespaces = [SourceSurvey.Tablespace(directory: "/space", bytes: 1)] }
        #expect(
            cluster.plan(engine: Self.greenplum).problems == [
                "sdw2: the unfinished copy in /m1/gpseg0 was made for dbid 4, "
                    + "which dbid 4 (sdw2:6000) has now: remove it by hand"
            ])
        cluster.host("sdw2") { $0.places[0].directory = .incomplete(mark(0, 6)) }
        #expect(cluster.plan(engine: Self.greenplum).items[0].action == .copyAgain)
    }

    @Test func `a row without directory is built again under its own dbid; the rest gets new ones`() throws {
        let row = PlannedCluster.segment(
            20, 0, .mirror, on: "sdw2", port: 7000, directory: "/m1/gpseg0")
        let plan = try PlannedCluster(rows: [row]).plan()
        #expect(plan.problems.isEmpty)
        #expect(plan.items.map(\.mirror.dbid.rawValue) == [20, 21, 22, 23])
        #expect(plan.items.map(\.action) == [.rebuild(removeFirst: false), .copy, .copy, .copy])
    }

    @Test func `somebody else's directory stops a new mirror, and leaves one with a row to gprecoverseg`() throws {
        var cluster = try PlannedCluster()
        cluster.host("sdw2") { $0.places[0].directory = .foreign }
        #expect(cluster.plan().problems == ["sdw2:7000: Segment directory '/m1/gpseg0' exists but is not empty!"])
        let row = PlannedCluster.segment(20, 0, .mirror, on: "sdw2", port: 7000, directory: "/m1/gpseg0")
        var rebuilt = try PlannedCluster(rows: [row])
        rebuilt.host("sdw2") { $0.places[0].directory = .foreign }
        #expect(rebuilt.plan().problems.isEmpty)
        #expect(rebuilt.plan().items.map(\.source.content.rawValue) == [1, 2, 3])
    }

    @Test func `settings that bind the source to its host are given anew`() throws {
        var cluster = try PlannedCluster(addresses: ["127.0.0.3", "127.0.0.4"])
        cluster.source(0) { $0.listenAddresses = "127.0.0.3" }
        cluster.host("sdw2") { $0.socketDirectory = "/run/sdw2" }
        #expect(
            cluster.plan().items[0].settings == [
                InstanceSetting("port", "7000"), InstanceSetting("listen_addresses", "127.0.0.4"),
                InstanceSetting("unix_socket_directories", "/run/sdw2"),
            ])
    }

    @Test func `both hosts of a pair are let in, by the host's addresses`() throws {
        let change = try #require(try PlannedCluster().plan().authentication.first)
        #expect(change.file == "/p/0/pg_hba.conf")
        #expect(
            change.lines == [
                "host replication gpadmin samehost trust", "host all gpadmin 10.0.0.2/32 trust",
                "host all gpadmin 2001:db8::2/128 trust", "host all gpadmin 10.0.0.1/32 trust",
                "host replication gpadmin 10.0.0.2/32 trust", "host replication gpadmin 2001:db8::2/128 trust",
                "host replication gpadmin 10.0.0.1/32 trust",
            ])
    }

    @Test func `on loop-back addresses only the catalog's own and 127.0.0.1 are let in`() throws {
        let change = try #require(
            try PlannedCluster(addresses: ["127.0.0.3", "127.0.0.4"]).plan(method: "md5").authentication.first)
        #expect(
            change.lines == [
                "host replication gpadmin samehost md5", "host all gpadmin 127.0.0.4/32 md5",
                "host all gpadmin 127.0.0.1/32 md5", "host all gpadmin 127.0.0.3/32 md5",
                "host replication gpadmin 127.0.0.4/32 md5", "host replication gpadmin 127.0.0.1/32 md5",
                "host replication gpadmin 127.0.0.3/32 md5",
            ])
    }

    @Test func `with --hba-hostnames names are written, and what is there is not written again`() throws {
        var cluster = try PlannedCluster()
        let lines = try #require(cluster.plan(usesHostnames: true).authentication.first).lines
        #expect(lines.contains("host replication gpadmin sdw2 trust"))
        cluster.facts.hbaTexts[ContentID(0)] = .success(lines.joined(separator: "\n"))
        #expect(cluster.plan(usesHostnames: true).authentication.map(\.segment.content.rawValue) == [1, 2, 3])
    }

    @Test func `a mirror on its primary's own host is warned of with its content`() throws {
        var cluster = try PlannedCluster()
        cluster.facts.wanted[0].placement.hostname = "sdw1"
        cluster.facts.wanted[0].placement.port = 7100
        cluster.host("sdw1") {
            $0.places.append(PlannedCluster.place("/m1/gpseg0"))
        }
        let plan = cluster.plan()
        #expect(plan.warnings.count == 1)
        #expect(plan.warnings.first?.hasSuffix("(content 0)") == true)
        #expect(plan.risk.contentsOnOneHost == 1)
    }
}
