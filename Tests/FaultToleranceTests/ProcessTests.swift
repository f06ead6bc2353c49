import BlockingWork
import ClusterOperations
import FaultTolerance
import Glibc
import PostgresClient
import TestSupport
import Testing

@Suite("The program gpftsd", .serialized, .ownThreads, .timeLimit(.minutes(2)))
struct ProcessTests {
    /// The demo's settings.
    private func useDemoSettings(_ cluster: PairCluster) throws {
        let text = """
            gp_fts_probe_interval = 5
            gp_fts_probe_timeout = 2
            gp_fts_probe_retries = 2
            gp_fts_mark_mirror_down_grace_period = 5
            """
        try LocalFiles.write(text, to: cluster.coordinator.directory + "/" + FTSSettings.fileName)
    }

    @Test("Killed for good after the swap, its next run finishes the promotion")
    func killedAfterSwap() async throws {
        let cluster = try PairCluster()
        let logs = try TemporaryDirectory()
        #expect(try runProgram(Service.command(cluster, logs, ["--once"])) == 0)
        #expect(try cluster.state() == "p s u, m s u")
        let written = WrittenCluster(cluster)
        try await written.writing {
            cluster.primaries[0].kill()
            let status = try runProgram(Service.command(cluster, logs, ["--once"], killAt: .rolesSwapped))
            #expect(status & 0x7f == SIGKILL)
            #expect(try cluster.state() == "p n u, m n d")
            #expect(try cluster.mirrors[0].sql("SELECT pg_catalog.pg_is_in_recovery()").value() == "t")
            #expect(try runProgram(Service.command(cluster, logs, ["--once"])) == 0)
            try await written.progress()
        }
    }

    @Test("With the demo's settings a killed primary is replaced within ten seconds, and SIGTERM ends the daemon")
    func daemon() async throws {
        let cluster = try PairCluster()
        let logs = try TemporaryDirectory()
        try useDemoSettings(cluster)
        let daemon = try startProgram(Service.command(cluster, logs))
        let inSync = await eventually(within: .seconds(20)) { (try? cluster.state()) == "p s u, m s u" }
        #expect(inSync)
        #expect(try runProgram(Service.command(cluster, logs, ["--once"])) >> 8 == 2)
        let written = WrittenCluster(cluster)
        try await written.writing {
            cluster.primaries[0].kill()
            let killed = ContinuousClock.now
            try await written.progress(within: .seconds(15))
            let taken = ContinuousClock.now - killed
            print("primary killed, rows acknowledged again after \(taken)")
            #expect(taken < .seconds(10))
        }
        kill(daemon, SIGTERM)
        #expect(Service.finish(daemon) == 0)
        #expect(!LocalFiles.exists(cluster.coordinator.directory + "/gpftsd.pid"))
    }

    @Test("A bad settings file is one line and exit status 2")
    func badSettings() throws {
        let cluster = try PairCluster(mirrored: false)
        let logs = try TemporaryDirectory()
        let path = cluster.coordinator.directory + "/" + FTSSettings.fileName
        try LocalFiles.write("gp_fts_probe_retries = many\n", to: path)
        #expect(try runProgram(Service.command(cluster, logs, ["--once"])) >> 8 == 2)
        try runProgram(["/bin/sh", "-c", "cat \(logs.path)/*.log > \(logs.path)/all"])
        #expect(logs.read("all").contains("\(path):1: gp_fts_probe_retries takes a whole number from 0 to 100"))
    }
}
