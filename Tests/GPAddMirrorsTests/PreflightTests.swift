import ClusterModel
import Testing

@testable import ClusterOperations
@testable import GPAddMirrors

@Suite struct PreflightTests {
    @Test func `every obstacle of every host is listed in one run`() throws {
        var cluster = try PlannedCluster()
        cluster.facts.hosts["sdw1"] = .failure(GatherFailure(OperationError("sdw1: connection refused")))
        cluster.facts.sources[ContentID(3)] = .failure(GatherFailure(OperationError("no route to host")))
        cluster.source(1) { $0.freeWALSenders = 1 }
        cluster.source(0) { $0.slot = SourceSurvey.Slot(isActive: true, file: nil) }
        cluster.host("sdw2") { survey in
            survey.missingPrograms = ["pg_basebackup", "psql"]
            survey.serverVersion = "postgres (PostgreSQL) 15.1"
            survey.places[0].obstacle = "no permission to write in /m1"
            survey.places[0].listeners = ["*"]
            survey.places[1].listeners = ["10.9.9.9"]
            survey.places[1].sourceProblem = "sdw1:6001 - no response"
            survey.places[1].filledTablespaces = ["/space"]
        }
        #expect(
            cluster.plan().problems == [
                "sdw1: connection refused",
                "sdw2: missing server programs: pg_basebackup, psql",
                "sdw2: server programs are 'postgres (PostgreSQL) 15.1', the coordinator's are '\(PlannedCluster.version)'",
                "content 3: primary dbid 5 (sdw2:6001) cannot be asked: no route to host",
                "sdw2:7000: port 7000 is in use on address sdw2",
                "sdw2:7000: no permission to write in /m1",
                "content 0: replication slot internal_wal_replication_slot of primary dbid 2 (sdw1:6000) is in use: "
                    + "another copy of it is running",
                // A name may stand for any address: whoever listens counts.
                "sdw2:7001: port 7001 is in use on address sdw2",
                "sdw2:7001: primary dbid 3 (sdw1:6001) cannot be reached from here: sdw1:6001 - no response",
                "content 1: primary dbid 3 (sdw1:6001) has no two free WAL senders (max_wal_senders)",
                "sdw2:7001: tablespace directory /space is not empty here: it may be the primary's own",
            ])
    }

    @Test func `a port in use by the mirror itself or on another address is no problem`() throws {
        var cluster = try PlannedCluster(addresses: ["127.0.0.3", "127.0.0.4"])
        cluster.host("sdw2") { survey in
            survey.places[0].listeners = ["127.0.0.9"]
            survey.places[1].listeners = ["127.0.0.4"]
            survey.places[1].isRunning = true
        }
        #expect(cluster.plan().problems.isEmpty)
        cluster.host("sdw2") { $0.places[0].listeners = ["127.0.0.9", "127.0.0.4"] }
        #expect(cluster.plan().problems == ["sdw2:7000: port 7000 is in use on address 127.0.0.4"])
    }

    @Test(arguments: ["/m1/$(touch x)", "/m1/`id`", "/m1/a\"b", "/m1/a\\b"])
    func `a directory that pg_ctl would hand to a shell is refused`(directory: String) throws {
        var cluster = try PlannedCluster()
        let old = cluster.facts.wanted[0].placement.dataDirectory
        cluster.facts.wanted[0].placement.dataDirectory = directory
        cluster.host("sdw2") { survey in
            for index in survey.places.indices where survey.places[index].dataDirectory == old {
                survey.places[index].dataDirectory = directory
            }
        }
        let problems = cluster.plan().problems
        #expect(problems.count == 1)
        #expect(problems.first?.contains("pg_ctl would hand it to a shell") == true)
    }

    @Test func `a place that an instance of the catalog has already is a conflict`() throws {
        var cluster = try PlannedCluster()
        cluster.facts.wanted[0].placement.port = 6000
        let problems = cluster.plan().problems
        #expect(problems == ["Segment dbid's 6 and 4 on host sdw2 cannot have the same port 6000."])
    }

    @Test func `a primary that nobody asked is a problem, not an assumption`() throws {
        var cluster = try PlannedCluster()
        cluster.facts.sources[ContentID(2)] = nil
        #expect(cluster.plan().problems == ["content 2: primary dbid 4 (sdw2:6000) was not asked"])
    }

    @Test func `rows with a foreign directory or an unknown host are left to gprecoverseg`() throws {
        let rows = [
            PlannedCluster.segment(20, 0, .mirror, on: "sdw2", port: 7000, directory: "/m1/gpseg0"),
            PlannedCluster.segment(21, 2, .mirror, on: "sdw1", port: 7000, directory: "/m1/gpseg2"),
        ]
        var cluster = try PlannedCluster(rows: rows)
        cluster.host("sdw2") { $0.places[0].directory = .foreign }
        cluster.facts.hosts["sdw1"] = .failure(GatherFailure(OperationError("down")))
        cluster.facts.leaveOutForeignRows()
        #expect(cluster.facts.wanted.map(\.placement.primary.content.rawValue) == [1, 3])
        #expect(cluster.facts.sources.keys.sorted() == [ContentID(1), ContentID(3)])
        let plan = cluster.plan()
        #expect(plan.leftOut == rows)
        #expect(plan.warnings.filter { $0.hasSuffix("gprecoverseg -F builds it") }.count == 2)
        // One that was up once is no part of what was asked for.
        cluster.facts.onceUp = [DatabaseID(20)]
        #expect(cluster.plan().leftOut == [rows[1]])
    }

    @Test func `a lost mirror that was once up does not stand in the way of the others`() throws {
        let row = PlannedCluster.segment(20, 0, .mirror, on: "sdw2", port: 7000, directory: "/m1/gpseg0")
        for directory in [TargetDirectory.absent, .empty] {
            var cluster = try PlannedCluster(rows: [row])
            cluster.host("sdw2") { $0.places[0].directory = directory }
            cluster.facts.sources[ContentID(0)] = .failure(GatherFailure(OperationError("down")))
            var unfinished = cluster.facts
            unfinished.leaveOutForeignRows()
            #expect(unfinished.wanted.count == 4, "one that never was up is this run's work")
            cluster.facts.onceUp = [DatabaseID(20)]
            cluster.facts.leaveOutForeignRows()
            #expect(cluster.facts.wanted.map(\.placement.primary.content.rawValue) == [1, 2, 3])
            #expect(cluster.plan().problems.isEmpty && cluster.plan().leftOut.isEmpty)
        }
    }
}

@Suite struct ProgressReaderTests {
    @Test func `lines are cut at line feeds and carriage returns, however the bytes come`() async {
        await confirmation(expectedCount: 3) { seen in
            let reader = ProgressReader { line in
                if ["1/2 kB (50%)", "2/2 kB (100%)", "größe"].contains(line) { seen() }
            }
            for piece in ["1/2 kB", " (50%)\r", "2/2 kB (100%)\r\n", "gr"] { reader.take(Array(piece.utf8)) }
            for byte in "öße\nrest".utf8 { reader.take([byte]) }
        }
    }
}
