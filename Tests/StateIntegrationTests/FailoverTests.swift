import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import RemoteShell
import Reporting
import TestClusters
import TestSupport
import Testing

extension RealClusters {
    /// After a failover nothing leads back to the first roles yet: these have a cluster of their own.
    @Suite("A cluster that failed over", .serialized)
    struct FailoverTests {
        @Test("is told by every mode, and a double fault is called one")
        func failover() async throws {
            try await SharedCluster.with(hosts: 2, primariesPerHost: 1) { shared in
                let primary = try await shared.instance(0, .primary)
                // A WAL that ends with the switch after the mirror's copy has no broken record to tell its end.
                if TestEngine.isGreenplum { try await shared.cluster.query("CREATE TABLE public.seen ()", on: primary) }
                kill(try await shared.process(0, .primary), SIGKILL)
                let end = ContinuousClock.now + .seconds(60)
                while try await shared.instance(0, .mirror).role == .mirror {
                    guard ContinuousClock.now < end else { throw TestFailure("no failover within 60 s") }
                    _ = try? await shared.cluster.query("SELECT gp_request_fts_probe_scan()")
                    try await Task.sleep(for: .milliseconds(200))
                }
                try await Self.untilPromoted(shared)
                let mirror = try await shared.instance(0, .mirror)
                try await check(shared, primary: primary, mirror: mirror)
                try await doubleFault(shared, mirror)
                try await restart(shared)
            }
        }

        /// Waits until the new primary takes writes.
        private static func untilPromoted(_ shared: SharedCluster) async throws {
            let mirror = try await shared.instance(0, .mirror)
            let end = ContinuousClock.now + .seconds(30)
            // A Greenplum mirror refuses sessions until it is promoted.
            while (try? await shared.cluster.query("SELECT pg_is_in_recovery()", on: mirror))?.rows.first?.first != "f"
            {
                guard ContinuousClock.now < end else { throw TestFailure("not promoted within 30 s") }
                try await Task.sleep(for: .milliseconds(100))
            }
        }

        private func check(_ shared: SharedCluster, primary: Segment, mirror: Segment) async throws {
            for (mode, status) in [
                ("-b", 0), ("-s", 1), ("-e", 1), ("-m", 0), ("-c", 0), ("-Q", 1), ("-p", 0), ("-i", 0), ("-f", 0),
                ("-x", 0),
            ] as [(String, Int32)] {
                let run = try await shared.state(mode)
                #expect(run.status == status, "\(mode): \(run.output)")
            }
            let problems = try await shared.state("-e").records
            let switched = try #require(
                problems.firstIndex(of: "[INFO]:-Segments with Primary and Mirror Roles Switched"))
            let row = problems[switched + 2].split(separator: " ").map(String.init)
            #expect(row == ["[INFO]:-", mirror.address, "\(mirror.port)", primary.address, "\(primary.port)"])
            #expect(problems.contains("[INFO]:-Unsynchronized Segment Pairs"))
            #expect(problems.contains { $0.hasSuffix("Down            Down in configuration") })
            #expect(!problems.contains("[WARNING]:-DATABASE IS PROBABLY UNAVAILABLE"))
            let mirrors = try await shared.state("-m")
            #expect(mirrors.records.contains { $0.contains("   Acting as Primary   Not In Sync") })
            #expect(
                Array(mirrors.complaints.suffix(2)) == [
                    "[WARNING]:-1 segment(s) configured as mirror(s) are acting as primaries",
                    "[WARNING]:-1 mirror segment(s) acting as primaries are not synchronized",
                ])
            let document = try await shared.state("-s", "--json").json()
            let pair = document["pairs"][0]
            #expect(pair["switched"] == .bool(true) && pair["served"] == .bool(true))
            #expect(pair["primary"]["dbid"].int == mirror.dbid.rawValue)
            #expect(pair["primary"]["state"].string == "up")
            #expect(pair["mirror"]["state"].string == "down_in_configuration")
            #expect(pair["replication"]["state"].isNull)
            #expect(document["pairs"][1]["mirror"]["state"].string == "up")
        }

        private func doubleFault(_ shared: SharedCluster, _ mirror: Segment) async throws {
            // Its last record may be the one that switches files: nothing is behind it.
            try await shared.cluster.query("SELECT pg_switch_wal()", on: mirror)
            try await shared.cluster.stop(mirror, mode: "immediate")
            let problems = try await shared.state("-e")
            #expect(problems.status == 1)
            #expect(problems.records.contains("[WARNING]:-DATABASE IS PROBABLY UNAVAILABLE"))
            try await evidence(shared, mirror, problems)
            let detailed = try await shared.state("-s", "--json")
            #expect(detailed.status == 1)
            #expect(try detailed.json()["summary"]["unserved_contents"].elements.map(\.int) == [0])
            let acting = try detailed.json()["pairs"][0]["primary"]
            #expect(acting["state"].string == "process_error")
            try await typed(shared)
        }

        /// What `-e` tells of both copies, with the fault-tolerance service and without it.
        private func evidence(_ shared: SharedCluster, _ mirror: Segment, _ problems: FinishedProgram) async throws {
            let title = try #require(
                problems.records.firstIndex(of: "[WARNING]:-Double fault: both copies of content 0 are down"))
            let rows = problems.records[(title + 2)...(title + 3)].map { $0.split(separator: " ").map(String.init) }
            #expect(rows.map { $0[3] } == ["Primary", "Mirror"], "\(rows)")
            #expect(rows.map { $0[4] } == ["2", "1"] && rows.map { $0.last } == ["crashed", "crashed"], "\(rows)")
            #expect(
                problems.records.contains {
                    $0.hasPrefix(
                        "[WARNING]:-Better to start from: dbid \(mirror.dbid): it is the acting primary, and its timeline 2"
                    )
                })
            #expect(
                problems.records.contains {
                    $0.hasPrefix("[INFO]:-   on \(mirror.hostname): ") && $0.hasSuffix(" start")
                })
            try await shared.cluster.withoutFaultTolerance {
                let fault = try await shared.state("-e", "--json").json()["double_faults"][0]
                #expect(fault["better_dbid"].int == mirror.dbid.rawValue && fault["was_in_sync"] == .bool(false))
                #expect(fault["copies"].elements.allSatisfy { $0["last_wal_record"].string?.contains("/") == true })
                #expect(fault["copies"].elements.allSatisfy { $0["cluster_state"].string != nil })
                #expect(fault["commands"].elements.count == 4)
            }
        }

        /// The commands that `-e` tells, typed: they bring the content back.
        private func typed(_ shared: SharedCluster) async throws {
            let fault = try await shared.state("-e", "--json").json()["double_faults"][0]
            let first = fault["commands"][0]
            try await shared.shell(try #require(first["command"].string), on: try #require(first["host"].string))
            let document = try await shared.state("-e", "--json").json()
            #expect(document["double_faults"] == .array([]))
            #expect(document["pairs"][0]["served"] == .bool(true))
        }

        /// A crash of all of it, then `gpdemo start`: every instance comes back in its catalog role.
        private func restart(_ shared: SharedCluster) async throws {
            for host in shared.cluster.hosts { try await shared.cluster.killHost(host.name) }
            let demo = "\(BuiltPrograms.debug)/gpdemo"
            let environment = ["HOME": shared.place.path, "GPDEMO_DIR": shared.cluster.directory]
            let status = try await FinishedProgram.run([demo, "status"], environment: environment)
            #expect(status.status == 0)
            #expect(status.output.contains("catalog not read: "))
            #expect(try await FinishedProgram.run([demo, "start"], environment: environment).status == 0)
            let document = try await shared.state("-s", "--json").json()
            #expect(document["pairs"][0]["switched"] == .bool(true))
            #expect(document["pairs"][0]["primary"]["state"].string == "up", "\(document.text())")
            #expect(document["pairs"][0]["mirror"]["state"].string == "down_in_configuration")
            #expect(document["pairs"][1]["primary"]["state"].string == "up")
            #expect(document["pairs"][1]["mirror"]["state"].string == "up")
        }
    }
}
