import ClusterModel
import EmbeddedCluster
import Glibc
import Reporting
import TestClusters
import TestSupport
import Testing

extension RealClusters {
    /// A cluster of two hosts with a primary each, mirrors and a standby, looked at by a monitor in good and bad times.
    @Suite("A monitor", .serialized)
    struct MonitoringTests {
        /// Room on the machine's disk is none of these tests' concern.
        static let anyDisk = ["--warning", "disk=off", "--critical", "disk=off"]

        @Test("sees a cluster well, its mirror stopped, an instance and a host hung, and its coordinator down")
        func monitor() async throws {
            try await SharedCluster.with(hosts: 2, primariesPerHost: 1, standby: true) { shared in
                try await Self.untilStandbyInSync(shared)
                try await healthy(shared)
                try await MonitoringDocument.healthy(shared)
                try await hungInstance(shared)
                try await hungHost(shared)
                try await mirrorStopped(shared)
                try await coordinatorDown(shared)
            }
        }

        private static func untilStandbyInSync(_ shared: SharedCluster) async throws {
            let end = ContinuousClock.now + .seconds(20)
            while try await shared.check("--only", "standby").status != 0 {
                guard ContinuousClock.now < end else { throw TestFailure("the standby did not come in sync") }
                try await Task.sleep(for: .milliseconds(200))
            }
        }

        private func healthy(_ shared: SharedCluster) async throws {
            let run = try await shared.check(Self.anyDisk)
            #expect(run.status == 0 && run.error == "", "\(run.output)\(run.error)")
            #expect(run.firstLine.hasPrefix("GPSTATE OK - 10 aspects checked, nothing is wrong | coordinator_time="))
            #expect(run.output.split(separator: "\n").count { $0.hasPrefix("[OK] ") } == 10, "\(run.output)")
            let quiet = try await shared.check(Self.anyDisk + ["-q"])
            #expect(quiet.status == 0 && quiet.output == "" && quiet.error == "")
            let document = try await shared.check(Self.anyDisk + ["--json"]).json()
            #expect(document["status"].string == "OK" && document["aspects"].elements.count == 10)
            let usage = try await shared.check("--only", "lag")
            #expect(usage.status == 3 && usage.firstLine.hasPrefix("GPSTATE UNKNOWN - "))
            let late = try await shared.check(Self.anyDisk + ["--warning", "replication-lag=off", "--deadline", "1"])
            #expect(late.duration < .seconds(5), "\(late.output)")
            try await healthyMetrics(shared)
        }

        private func healthyMetrics(_ shared: SharedCluster) async throws {
            let run = try await shared.state("--metrics")
            #expect(run.status == 0 && run.error == "", "\(run.error)")
            let samples = try ExpositionReader.read(run.output)
            #expect(samples.values("gpha_coordinator_up") == [1])
            #expect(samples.values("gpha_segment_up") == [1, 1, 1, 1])
            #expect(samples.values("gpha_content_copies") == [2, 2, 2])
            #expect(samples.values("gpha_host_loss_lethal") == [0, 0, 0, 0])
            #expect(samples.values("gpha_replication_lag_bytes").count == 9)
            // Greenplum's service says nowhere that it runs.
            if !TestEngine.isGreenplum {
                #expect(samples.values("gpha_fts_up") == [1])
                let ages = samples.values("gpha_fts_last_probe_age_seconds")
                // gpdemo's service probes every five seconds.
                #expect(ages.count == 2 && ages.allSatisfy { $0 < 15 }, "\(ages)")
            }
            #expect(samples.values("gpha_filesystem_avail_bytes").count >= 4)
            #expect(samples.values("gpha_standby_in_sync") == [1])
        }

        private func hungInstance(_ shared: SharedCluster) async throws {
            let primary = try await shared.instance(0, .primary)
            let process = try await shared.process(0, .primary)
            try await shared.cluster.withoutFaultTolerance {
                try await shared.whileStopped([process]) {
                    let run = try await shared.check(Self.anyDisk + ["--deadline", "4"])
                    #expect(run.status == 2 && run.duration < .seconds(5.5), "\(run.duration) \(run.output)")
                    let place = "\(primary.hostname):\(primary.port)"
                    #expect(
                        run.firstLine.contains("1 of 2 contents unprotected: content 0 (\(place) does not answer)"),
                        "\(run.output)")
                    // Everything else is judged.
                    for aspect in ["coordinator", "standby", "preferred-roles", "disk"] {
                        #expect(run.output.contains("\n[OK] \(aspect): "), "\(aspect): \(run.output)")
                    }
                    #expect(run.output.contains("\n[UNKNOWN] versions: "), "\(run.output)")
                }
            }
        }

        private func hungHost(_ shared: SharedCluster) async throws {
            let server = try shared.secureShell(of: "sdw2")
            try await shared.whileStopped([server]) {
                let run = try await shared.check("--only", "disk,segments-up", "--deadline", "2")
                #expect(run.duration < .seconds(3.5) && run.status != 0, "\(run.duration)")
                #expect(run.output.contains("[OK] segments-up: "), "\(run.output)")
                #expect(run.output.contains("    sdw2: "), "\(run.output)")
                let samples = try ExpositionReader.read(try await shared.state("--metrics", "--deadline", "2").output)
                #expect(samples.values("gpha_host_up", ["hostname": "sdw2"]) == [0])
                #expect(samples.values("gpha_host_up", ["hostname": "sdw1"]) == [1])
                #expect(samples.values("gpha_segment_up") == [1, 1, 1, 1])
            }
        }

        private func mirrorStopped(_ shared: SharedCluster) async throws {
            let mirror = try await shared.instance(1, .mirror)
            // Read before each cycle: no waiting for a mirror to come back.
            let directory = try await shared.instance(-1, .primary).dataDirectory
            try TextFile.write(
                "gp_fts_probe_interval=1\ngp_fts_probe_timeout=2\ngp_fts_mark_mirror_down_grace_period=1\n",
                to: directory + "/gpftsd.conf")
            try await shared.cluster.stop(mirror)
            let end = ContinuousClock.now + .seconds(40)
            while try await shared.instance(1, .mirror).status == .up, ContinuousClock.now < end {
                _ = try? await shared.cluster.query("SELECT gp_request_fts_probe_scan()")
                try await Task.sleep(for: .milliseconds(200))
            }
            let primary = try await shared.instance(1, .primary)
            // Something to keep for the mirror that is away.
            _ = try await shared.cluster.query(
                "CREATE TABLE kept AS SELECT g, repeat('x', 100) FROM generate_series(1, 20000) AS g", on: primary)
            let run = try await shared.check(Self.anyDisk)
            #expect(run.status == 2, "\(run.output)")
            let place = "\(mirror.hostname):\(mirror.port)"
            #expect(
                run.firstLine.hasPrefix("GPSTATE CRITICAL - 1 of 2 contents unprotected: content 1 (\(place) down); "))
            #expect(run.firstLine.contains(" segments_down=1;;0;0;4 "), "\(run.firstLine)")
            #expect(run.firstLine.contains("losing \(primary.hostname) now stops the cluster"), "\(run.firstLine)")
            let samples = try ExpositionReader.read(try await shared.state("--metrics").output)
            #expect(samples.values("gpha_content_copies", ["content": "1"]) == [1])
            #expect(samples.values("gpha_host_loss_lethal", ["hostname": primary.hostname]) == [1])
            let own = ["dbid": "\(primary.dbid)"]
            #expect(samples.values("gpha_replication_slot_active", own) == [0])
            #expect(samples.values("gpha_replication_slot_retained_bytes", own).allSatisfy { $0 > 2_000_000 })
            #expect(samples.values("gpha_wal_growth_bytes_per_second", own).count == 1)
            try await MonitoringDocument.mirrorStopped(shared)
        }

        private func coordinatorDown(_ shared: SharedCluster) async throws {
            let coordinator = try await shared.instance(-1, .primary)
            let process = try #require(shared.cluster.process(of: coordinator))
            if !TestEngine.isGreenplum { try await shared.cluster.stopFaultTolerance() }
            try await shared.whileStopped([process]) {
                let run = try await shared.check("--deadline", "3")
                #expect(run.status == 2 && run.duration < .seconds(4.5), "\(run.duration)")
                #expect(run.firstLine.contains("coordinator does not answer: "), "\(run.firstLine)")
            }
            try await shared.cluster.stop(coordinator)
            let run = try await shared.check(Self.anyDisk)
            #expect(run.status == 2)
            #expect(
                run.firstLine.hasPrefix(
                    "GPSTATE CRITICAL - coordinator does not answer: Greenplum database appears to be stopped; "))
            #expect(run.output.contains("\n[UNKNOWN] standby: "), "\(run.output)")
            #expect(run.output.contains("    judged by the catalog as it was "))
            let metrics = try await shared.state("--metrics")
            #expect(metrics.status == 0)
            let samples = try ExpositionReader.read(metrics.output)
            #expect(samples.values("gpha_coordinator_up") == [0])
            #expect(samples.values("gpha_segment_up").reduce(0, +) == 3)
            #expect(samples.values("gpha_standby_up") == [1])
        }
    }
}

extension SharedCluster {
    /// Runs `gpstate --check`.
    func check(_ arguments: [String]) async throws -> FinishedProgram {
        try await tool(["gpstate", "--check"] + arguments)
    }

    func check(_ arguments: String...) async throws -> FinishedProgram { try await check(arguments) }
}

extension FinishedProgram {
    /// The line that a monitor reads.
    var firstLine: String { output.split(separator: "\n").first.map(String.init) ?? "" }
}
