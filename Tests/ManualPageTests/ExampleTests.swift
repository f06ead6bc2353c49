import BlockingWork
import EmbeddedCluster
import Glibc
import TestSupport
import Testing

/// What the pages tell a reader to type works as it stands there, the places apart.
@Suite("The examples of the manual pages", .serialized)
struct ExampleTests {
    /// Runs all examples of a page; each ends with 0 unless something else is said of it.
    private func runAll(
        _ page: String, on cluster: ExampleCluster, host: String = "cdw", input: String = "",
        endings: [String: Int] = [:], prepare: ([String]) async throws -> Void = { _ in }
    ) async throws {
        let groups = try await ManualPage(page).examples()
        #expect(!groups.isEmpty, "\(page) has no examples")
        var left = endings
        for group in groups {
            try await prepare(group)
            let (statuses, output) = try await cluster.run(group, on: host, input: input)
            #expect(statuses == group.map { left.removeValue(forKey: $0) ?? 0 }, "\(page): \(group): \(output)")
        }
        #expect(left.isEmpty, "\(page) has no such examples")
    }

    @Test("run, one page after the other, on a cluster without mirrors that has everything in the end")
    func story() async throws {
        try await ExampleCluster.with { cluster in
            // By hand: asked, and declined.
            try await runAll(
                "gpaddmirrors.8", on: cluster, input: "n\n", endings: ["gpaddmirrors -i /tmp/places": 4])
            try await runAll(
                "gpinitstandby.8", on: cluster, input: "n\n", endings: ["gpinitstandby --replace -s scdw": 2])
            // With mirrors and a standby nothing is wrong, and a check says so too; there is no terminal to watch on.
            try await runAll("gpstate.8", on: cluster, endings: ["gpstate -e --watch=5": 2])
            try await runAll("gpha.7", on: cluster)
            try await loseHost(of: cluster)
            try await runAll(
                "gprecoverseg.8", on: cluster, input: "n\n", endings: ["gprecoverseg -i /tmp/moves": 4])
            try await cluster.checkScript()
            try await cluster.checkMetrics()
            try await cluster.checkCrontab()
            try await runAll("gpftsd.8", on: cluster) { group in
                // One service at a time: the page's --once is for a cluster without it.
                if group[0].contains("--once") { try await cluster.cluster.stopFaultTolerance() }
            }
            try await cluster.checkService()
            try await cluster.cluster.startFaultTolerance()
            try await cluster.checkHostCompletion()
            try await cluster.checkHostileCompletion()
            // It is proved to be stopped: shown, declined, done.
            try await cluster.cluster.stop(cluster.cluster.instances()[0])
            try await runAll(
                "gpactivatestandby.8", on: cluster, host: "scdw", input: "n\n",
                endings: ["gpactivatestandby -d /data/standby/gpseg-1": 2])
        }
    }

    /// Kills a host, waits for the catalog to know, and gives the host its power back.
    private func loseHost(of cluster: ExampleCluster) async throws {
        try await cluster.cluster.killHost("sdw1")
        var statuses = [0]
        let deadline = Deadline.after(.seconds(60))
        while statuses == [0], !deadline.isPast {
            statuses = try await cluster.run(
                ["psql -qAtc 'SELECT gp_request_fts_probe_scan()' >/dev/null; gpstate -Q -q"]
            ).statuses
        }
        #expect(statuses == [1], "the catalog does not know that sdw1 is gone")
        try await cluster.cluster.start()
    }

    @Test("run for gpdemo, from the cluster's making to its end")
    func demo() async throws {
        let place = try ExampleCluster.scratch()
        let directory = place.path + "/c"
        let groups = try await ManualPage("gpdemo.8").examples()
        let story = try #require(groups.first { $0.contains { $0.hasPrefix("gpdemo create") } })
        // Where root made the cluster, the page says, its account runs the tools.
        let asAccount = geteuid() == 0 ? "gpdemo exec --dir \(directory) cdw -- " : ""
        let others = groups.filter { $0 != story }.joined()
        let lines = Array(story.dropLast()) + Array(others) + Array(story.suffix(1))
        let commands = lines.map {
            let command = $0.replacing("/var/tmp/demo", with: directory)
                .replacing("gpdemo create", with: "gpdemo create --hosts 2 --primaries-per-host 1")
            let isOther = BuiltPrograms.names.contains { command.hasPrefix($0 + " ") && $0 != "gpdemo" }
            return (isOther ? asAccount : "") + command
        }
        let run = try await ExampleCluster.run(
            commands, in: place,
            environment: ["PATH": "\(BuiltPrograms.debug):/usr/bin:/bin:/usr/sbin:/sbin", "HOME": place.path])
        // Something is wrong after the crash, and -e says so.
        let endings = commands.map { $0.hasSuffix("gpstate -e") || $0.hasSuffix("gpstate -s") ? 1 : 0 }
        #expect(run.statuses == endings, "\(run.output)")
        if access(directory + "/cluster.conf", F_OK) == 0 { try await DemoCluster.destroy(directory: directory) }
        #expect(access(directory, F_OK) != 0)
    }
}
