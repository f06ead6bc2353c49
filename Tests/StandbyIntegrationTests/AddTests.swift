import ClusterModel
import Glibc
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

extension OnOneCluster {
    @Suite struct AddTests {
        @Test func `added under a writer, it is in sync, and the writer lost nothing and went on`() async throws {
            let cluster = try await StandbyCluster.fresh()
            let connection = cluster.demo.connection(to: cluster.coordinator)
            try await cluster.demo.query("TRUNCATE public.ledger")
            let ledger = Ledger(contents: [-1]) { _ in connection }
            async let writing: Void = ledger.write()
            let output = try await cluster.add()
            try await Task.sleep(for: .milliseconds(300))
            ledger.stop()
            await writing
            #expect(output.status == 0, words(output))
            #expect(output.standardOutput.contains("Successfully created standby coordinator on scdw"), words(output))
            let verdict = try #require(try await ledger.verify().first)
            #expect(verdict.lost == [])
            #expect(verdict.invented == [])
            #expect(verdict.inFlight == 0)
            #expect(verdict.acknowledged > 50)
            #expect(ledger.snapshot[-1]?.longestPause ?? .zero < .seconds(5))
            try await cluster.expectStandby()
            let line = "host all \(cluster.demo.accountName) \(cluster.demo.hosts[1].address)/32 trust"
            for instance in try await cluster.demo.instances() where !instance.isCoordinatorPair {
                #expect(
                    try StandbyCluster.read(StandbyCluster.accessFile(instance)).contains(line), "\(instance.label)")
            }
        }

        @Test func `gpstate shows it as it is, running and stopped`() async throws {
            let cluster = try await StandbyCluster.fresh()
            let output = try await cluster.add()
            #expect(output.status == 0, words(output))
            let standby = try #require(try await cluster.standby())
            let process = try #require(cluster.demo.process(of: standby))
            let full = try await cluster.demo.exec("cdw", ["gpstate", "-f"])
            #expect(full.standardOutput.contains("Standby PID              = \(process)"), words(full))
            #expect(full.standardOutput.contains("Standby status           = Standby host passive"), words(full))
            #expect(full.standardOutput.contains("-WAL Sender State: streaming"), words(full))
            #expect(full.standardOutput.contains("-Sync state: sync"), words(full))
            #expect(full.standardOutput.contains("Commits wait for the standby   = Yes"), words(full))
            #expect(full.standardOutput.contains("= internal_wal_replication_slot, active, reserved"), words(full))
            // The service's record, within one probe; Greenplum's service keeps none.
            try await cluster.demo.query("SELECT pg_catalog.gp_request_fts_probe_scan()")
            let line = "SELECT description FROM gp_configuration_history ORDER BY time DESC LIMIT 1"
            if !TestEngine.isGreenplum {
                #expect(
                    try await cluster.value(line)
                        == "FTS: standby coordinator dbid \(standby.dbid) is in sync: commits wait for it")
            }
            for mode in ["-b", "-s"] {
                let brief = try await cluster.demo.exec("cdw", ["gpstate", mode])
                #expect(brief.standardOutput.contains("= Standby host passive"), words(brief))
            }
            try await cluster.demo.stop(standby)
            let stopped = try await cluster.demo.exec("cdw", ["gpstate", "-f"])
            #expect(stopped.standardOutput.contains("Standby process not running"), words(stopped))
            #expect(stopped.standardOutput.contains("= not connected "), words(stopped))
            #expect(stopped.standardOutput.contains("= internal_wal_replication_slot, not active"), words(stopped))
        }

        @Test func `a dry run shows the plan and writes nothing`() async throws {
            let cluster = try await StandbyCluster.fresh()
            let stamps = "find \"$1\" -name pg_hba.conf -exec stat -c '%n %i %Z' {} + | sort"
            let before = try await cluster.shell(stamps, [cluster.demo.directory]).standardOutput
            let output = try await cluster.add(["--dry-run", "--json"])
            #expect(output.status == 0, words(output))
            #expect(output.standardOutput.hasPrefix("{"), words(output))
            #expect(output.standardOutput.contains("\"kind\": \"plan\""), words(output))
            #expect(try await cluster.shell(stamps, [cluster.demo.directory]).standardOutput == before)
            try await cluster.expectNoStandby()
        }

        @Test func `a second one is refused in the original's words`() async throws {
            let cluster = try await StandbyCluster.fresh()
            _ = try await cluster.add()
            let output = try await cluster.add()
            #expect(output.status == 2, words(output))
            #expect(output.standardOutput.contains("Standby coordinator already configured"), words(output))
            #expect(
                output.standardOutput.contains(
                    "Error initializing standby coordinator: standby coordinator already configured"), words(output))
            try await cluster.expectStandby()
        }

        @Test func `the coordinator's own place is refused with every reason, nothing changed`() async throws {
            let cluster = try await StandbyCluster.fresh()
            let output = try await cluster.tool(["-a", "-s", "cdw"])
            #expect(output.status == 2, words(output))
            #expect(output.standardOutput.contains("cannot create standby on the same host and port"), words(output))
            #expect(output.standardOutput.contains("Data directory already exists on host cdw"), words(output))
            #expect(output.standardOutput.contains("2 problem(s) found, nothing was changed"), words(output))
            try await cluster.expectNoStandby()
            try cluster.expectOwnAccessFiles()
        }

        @Test func `another port and directory on the coordinator's host are taken, with a warning`() async throws {
            let cluster = try await StandbyCluster.fresh()
            let port = "\(cluster.coordinator.port + 5)"
            let output = try await cluster.tool(["-a", "-s", "cdw", "-P", port, "-S", cluster.place])
            #expect(output.status == 0, words(output))
            #expect(output.standardOutput.contains("on the coordinator's own host"), words(output))
            try await cluster.expectStandby()
        }

        @Test func `a tablespace is copied with the coordinator: inside its data directory, or Greenplum's by dbid`()
            async throws
        {
            let cluster = try await StandbyCluster.fresh()
            try await cluster.demo.makeTablespace("narrow", on: cluster.coordinator)
            try await cluster.demo.queryAlone("CREATE TABLE public.spaced TABLESPACE narrow AS SELECT 42 AS answer")
            let output = try await cluster.add()
            #expect(output.status == 0, words(output))
            try await cluster.expectStandby()
            let standby = try #require(try await cluster.standby())
            if TestEngine.isGreenplum {
                #expect(try await cluster.demo.isFileEqual(of: "public.spaced", cluster.coordinator, standby))
            } else {
                #expect(try await cluster.value("SELECT answer FROM public.spaced", on: standby) == "42")
            }
            _ = try await StandbyCluster.fresh()
            try await cluster.demo.queryAlone("DROP TABLE public.spaced")
            try await cluster.demo.dropTablespace("narrow", on: cluster.coordinator)
        }

        @Test(.enabled(if: geteuid() == 0, "a file system of one's own needs root"))
        func `a file system without the room is found before anything is changed`() async throws {
            let cluster = try await StandbyCluster.fresh()
            let parent = cluster.demo.state.layout.standbyParent
            try runProgram(["/bin/mount", "-t", "tmpfs", "-o", "size=8m,mode=777", "gpha-test", parent])
            let output: CommandOutput
            do {
                try cluster.showMounts()
                output = try await cluster.add()
            } catch {
                try runProgram(["/bin/umount", parent])
                throw error
            }
            try runProgram(["/bin/umount", parent])
            try cluster.showMounts()
            #expect(output.status == 2, words(output))
            #expect(output.standardOutput.contains("scdw: not enough space: "), words(output))
            try await cluster.expectNoStandby()
            try cluster.expectOwnAccessFiles()
        }

        @Test(arguments: ["gpaddmirrors", "gprecoverseg", "gpinitstandby"])
        func `another tool's lock is respected`(_ tool: String) async throws {
            let cluster = try await StandbyCluster.fresh()
            let lock = "\(cluster.coordinator.dataDirectory)/\(tool).lock"
            let process = try #require(cluster.demo.process(of: cluster.coordinator))
            try await cluster.shell("mkdir \"$1\" && printf '%s' \"$2\" > \"$1/PID\"", [lock, "\(process)"])
            let output = try await cluster.add()
            #expect(output.status == 2, words(output))
            #expect(
                output.standardOutput.contains("an instance of \(tool) is already running with PID \(process)"),
                words(output))
            try await cluster.shell("rm -r \"$1\"", [lock])
            try await cluster.expectNoStandby()
        }

        @Test func `a host that cannot be reached is refused by name`() async throws {
            let cluster = try await StandbyCluster.fresh()
            cluster.demo.secureShells.stop(cluster.demo.hosts[1])
            let output = try await cluster.add()
            #expect(output.status == 2, words(output))
            #expect(output.standardOutput.contains("Error initializing standby coordinator: scdw"), words(output))
            try await cluster.expectNoStandby()
        }

        @Test func `a segment host out of reach does not stop it, and --finish lets the standby in there later`()
            async throws
        {
            let cluster = try await StandbyCluster.fresh()
            let away = cluster.demo.hosts[3]
            cluster.demo.secureShells.stop(away)
            let output = try await cluster.add()
            #expect(output.status == 0, words(output))
            #expect(
                output.standardOutput.contains(
                    "One or more segment hosts are not currently reachable: \(away.name)"), words(output))
            #expect(output.standardOutput.contains("gpinitstandby --finish"), words(output))
            let early = try await cluster.tool(["--finish"])
            #expect(early.status == 2, words(early))
            try cluster.demo.secureShells.start(away)
            let late = try await cluster.tool(["--finish"])
            #expect(late.status == 0, words(late))
            let line = "host all \(cluster.demo.accountName) \(cluster.demo.hosts[1].address)/32 trust"
            for instance in try await cluster.demo.instances() where !instance.isCoordinatorPair {
                #expect(
                    try StandbyCluster.read(StandbyCluster.accessFile(instance)).contains(line), "\(instance.label)")
            }
            try await cluster.expectStandby()
        }
    }
}
