import ClusterModel
import Testing

@testable import ClusterOperations
@testable import GPAddMirrors

/// What is held against one mirror depends on what has to be done for it.
@Suite struct PreflightActionTests {
    private static let walFile = "000000010000000000000007"
    private static let greenplum = Engine(family: .greenplum7, postgresMajor: 12)

    private static let mark = CopyMark(
        run: "earlier", content: ContentID(0), dbid: DatabaseID(6), systemIdentifier: "7000", lastFile: walFile)

    /// A cluster whose content 0 has everything against it that only matters to a copy.
    private func hindered(_ directory: TargetDirectory, rows: [Segment] = []) throws -> PlannedCluster {
        var cluster = try PlannedCluster(rows: rows)
        cluster.source(0) {
            $0.slot = SourceSurvey.Slot(isActive: true, file: Self.walFile)
            $0.freeWALSenders = 0
            $0.tablespaces = [SourceSurvey.Tablespace(directory: "/space", bytes: 1)]
        }
        cluster.host("sdw2") {
            $0.places[0].directory = directory
            $0.places[0].obstacle = "no permission to write in /m1"
            $0.places[0].filledTablespaces = ["/space"]
        }
        return cluster
    }

    @Test func `what hinders a copy does not hinder the adoption or the start of a complete one`() throws {
        let adopted = try hindered(.complete(Self.mark)).plan()
        #expect(adopted.items[0].action == .adopt)
        #expect(adopted.problems.isEmpty)
        let row = PlannedCluster.segment(6, 0, .mirror, on: "sdw2", port: 7000, directory: "/m1/gpseg0")
        let started = try hindered(.complete(Self.mark), rows: [row]).plan()
        #expect(started.items[0].action == .start)
        #expect(started.problems.isEmpty)
    }

    @Test func `a copy is hindered by each of it`() throws {
        let hindrances = [
            "sdw2:7000: no permission to write in /m1",
            "content 0: replication slot internal_wal_replication_slot of primary dbid 2 (sdw1:6000) is in use: "
                + "another copy of it is running",
            "content 0: primary dbid 2 (sdw1:6000) has no two free WAL senders (max_wal_senders)",
        ]
        let filled = "sdw2:7000: tablespace directory /space is not empty here: it may be the primary's own"
        #expect(try hindered(.absent).plan().problems == hindrances + [filled])
        // What the unfinished copy left in the tablespaces goes with it.
        #expect(try hindered(.incomplete(Self.mark)).plan().problems == hindrances)
        #expect(try hindered(.absent).plan(engine: Self.greenplum).problems == hindrances)
    }

    @Test func `what every action needs is held against every action`() throws {
        for directory in [TargetDirectory.absent, .complete(Self.mark)] {
            var cluster = try PlannedCluster()
            cluster.source(0) { $0.slot = SourceSurvey.Slot(isActive: false, file: Self.walFile) }
            cluster.host("sdw2") {
                $0.places[0].directory = directory
                $0.places[0].listeners = ["10.9.9.9"]
                $0.places[0].sourceProblem = "no response"
            }
            cluster.facts.hbaTexts[ContentID(0)] = .failure(GatherFailure(OperationError("permission denied")))
            let plan = cluster.plan()
            #expect(plan.items.first?.action == (directory == .absent ? .copy : .adopt))
            #expect(
                plan.problems == [
                    "sdw2:7000: port 7000 is in use on address sdw2",
                    "sdw2:7000: primary dbid 2 (sdw1:6000) cannot be reached from here: no response",
                    "content 0: pg_hba.conf of primary dbid 2 (sdw1:6000) cannot be read: permission denied",
                ])
        }
    }

    @Test func `a mirror on its primary's host cannot share a tablespace, but where the engine separates them`() throws
    {
        var cluster = try PlannedCluster()
        cluster.facts.wanted[0].placement.hostname = "sdw1"
        cluster.facts.wanted[0].placement.port = 7100
        cluster.host("sdw1") { $0.places.append(PlannedCluster.place("/m1/gpseg0")) }
        cluster.source(0) { $0.tablespaces = [SourceSurvey.Tablespace(directory: "/space", bytes: 1)] }
        #expect(
            cluster.plan().problems == [
                "sdw1:7100: tablespace directory /space would be shared with the primary on this host"
            ])
        #expect(cluster.plan(engine: Self.greenplum).problems.isEmpty)
    }

    @Test(arguments: ["/a\ntablespace /etc", "/a\tb", "/a\u{2028}b"])
    func `a tablespace whose path breaks lines is a problem, not a line of a mark`(path: String) throws {
        var cluster = try PlannedCluster()
        cluster.source(0) { $0.tablespaces = [SourceSurvey.Tablespace(directory: path, bytes: 1)] }
        let problems = cluster.plan().problems
        #expect(problems.count == 1)
        #expect(problems.first?.contains("a tablespace directory with a control character in its path: /a\\") == true)
        #expect(problems.first.map { DataDirectory.isUsable("/" + $0) } == true, "it is shown escaped")
    }
}

/// Room, by file system.
@Suite struct PreflightSpaceTests {
    private typealias Space = HostSurvey.Space

    /// Both directories of sdw2 on file systems with so much room.
    private func cluster(
        _ first: Int?, _ second: Int?, devices: [String] = ["/dev/sda", "/dev/sda"]
    ) throws -> PlannedCluster {
        var cluster = try PlannedCluster()
        cluster.host("sdw2") { survey in
            for (index, free) in [first, second].enumerated() {
                let directory = survey.places[index].dataDirectory
                survey.places[index].spaces[directory] = Space(device: devices[index], freeBytes: free.map { $0 << 20 })
            }
        }
        return cluster
    }

    private func shortage(_ needed: Int, _ free: Int) -> [String] {
        ["sdw2: not enough space: \(needed) MB needed for data, WAL and growth, \(free) MB free"]
    }

    // Each mirror needs 100 MB data, 16 MB WAL and 64 MB growth: two of them 360 MB.

    @Test func `space is summed per file system, with WAL and growth`() throws {
        #expect(try cluster(359, 359).plan().problems == shortage(360, 359))
        #expect(try cluster(360, 360).plan().problems.isEmpty)
        #expect(try cluster(180, 180, devices: ["/dev/sda", "/dev/sdb"]).plan().problems.isEmpty)
        #expect(try cluster(180, 179, devices: ["/dev/sda", "/dev/sdb"]).plan().problems == shortage(180, 179))
    }

    @Test func `a big primary's growth is a tenth of its data`() throws {
        var cluster = try cluster(2264, 10_000, devices: ["/dev/sda", "/dev/sdb"])
        cluster.source(0) { $0.dataBytes = 2000 << 20 }
        #expect(cluster.plan().problems == [])
        cluster.source(0) { $0.walBytes += 49 << 20 }
        #expect(cluster.plan().problems == shortage(2265, 2264))
    }

    @Test func `tablespaces count on the file system they lie on`() throws {
        var cluster = try cluster(400, 400)
        cluster.source(0) { $0.tablespaces = [SourceSurvey.Tablespace(directory: "/space", bytes: 50 << 20)] }
        cluster.host("sdw2") { $0.places[0].spaces["/space"] = Space(device: "/dev/sda", freeBytes: 400 << 20) }
        #expect(cluster.plan().problems == shortage(410, 400))
        cluster.host("sdw2") { $0.places[0].spaces["/space"] = Space(device: "/dev/sdb", freeBytes: 49 << 20) }
        #expect(cluster.plan().problems == shortage(50, 49))
        cluster.host("sdw2") { $0.places[0].spaces["/space"] = Space(device: "/dev/sdb", freeBytes: 50 << 20) }
        #expect(cluster.plan().problems.isEmpty)
    }

    @Test func `what is removed first is room gained, what is not is none`() throws {
        let mark = CopyMark(
            run: "earlier", content: ContentID(0), dbid: DatabaseID(6), systemIdentifier: "7000")
        var cluster = try cluster(300, 300)
        cluster.host("sdw2") { $0.places[0].usedBytes = 60 << 20 }
        #expect(cluster.plan().problems == shortage(360, 300))
        cluster.host("sdw2") { $0.places[0].directory = .incomplete(mark) }
        #expect(cluster.plan().problems.isEmpty)
        cluster.host("sdw2") { $0.places[0].usedBytes = 59 << 20 }
        #expect(cluster.plan().problems == shortage(301, 300))
        // More than is needed is no credit for others.
        cluster.host("sdw2") { $0.places[0].usedBytes = 5000 << 20 }
        #expect(cluster.plan().problems.isEmpty)
        cluster.source(1) { $0.dataBytes = 300 << 20 }
        #expect(cluster.plan().problems == shortage(380, 300))
    }

    @Test func `a start needs no room`() throws {
        let row = PlannedCluster.segment(6, 0, .mirror, on: "sdw2", port: 7000, directory: "/m1/gpseg0")
        var cluster = try PlannedCluster(rows: [row])
        cluster.host("sdw2") {
            $0.places[0].directory = .complete(
                CopyMark(run: "r", content: ContentID(0), dbid: DatabaseID(6), systemIdentifier: "7000"))
            $0.places[0].wasStarted = true
            $0.places[0].spaces["/m1/gpseg0"] = Space(device: "/dev/sdx", freeBytes: 0)
        }
        let plan = cluster.plan()
        #expect(plan.items[0].action == .start)
        #expect(plan.problems.isEmpty && plan.warnings.isEmpty)
    }

    @Test func `sizes that are not known are warned of and do not stop the work`() throws {
        var cluster = try cluster(nil, 10_000)
        cluster.source(1) { $0.dataBytes = nil }
        let plan = cluster.plan()
        #expect(plan.problems.isEmpty)
        #expect(
            plan.warnings == [
                "content 0: free space on sdw2 is not known", "content 1: the size of the primary is not known",
            ])
        #expect(plan.items[1].bytes == 0)
    }
}
