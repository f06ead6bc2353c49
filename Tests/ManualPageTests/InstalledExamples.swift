import BlockingWork
import EmbeddedCluster
import Glibc
import TestSupport
import Testing

/// What docs/scripts.md describes and an installation brings along, as it is written there.
extension ExampleCluster {
    private static let packaging = BuiltPrograms.package + "/packaging"

    /// The value of a setting in a unit, as it runs for the instance `warehouse` of what is built here.
    private func setting(_ name: String, of unit: String) throws -> String {
        let lines = try LocalFiles.read("\(Self.packaging)/systemd/\(unit)").split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix(name + "=") })
        return String(line.dropFirst(name.count + 1)).replacing("%i", with: "warehouse")
            .replacing("@BINDIR@", with: BuiltPrograms.debug)
    }

    /// The command of a unit in the environment that systemd would make: almost none, and the cluster's file.
    private func command(of unit: String, folder: String) throws -> String {
        let file = "\(place.path)/warehouse.env"
        var variables = onThisCluster(try LocalFiles.read("\(Self.packaging)/examples/cluster.env"))
        // What a cluster of one's own needs besides, and the folder of the metrics.
        variables += "GP_SSH_CONFIG=\(cluster.secureShellConfiguration)\nGPHA_TEXTFILE_DIRECTORY=\(folder)\n"
        try place.write(variables, to: "warehouse.env", mode: 0o644)
        #expect(try setting("EnvironmentFile", of: unit) == "/etc/gpha/warehouse.env")
        return "env -i HOME=\"$HOME\" USER=\"$USER\" PATH=/usr/bin:/bin sh -c 'set -a; . \(file); exec "
            + (try setting("ExecStart", of: unit)) + "'"
    }

    /// The service under its unit's command: it answers a request to probe, and ends with 0 when it is asked to.
    func checkService() async throws {
        let service = try command(of: "gpftsd@.service", folder: place.path)
        let run = try await run([
            """
            \(service) & service=$!
            until psql -qAtc 'SELECT gp_request_fts_probe_scan()'; do kill -0 $service || break; done
            kill $service; wait $service
            """
        ])
        #expect(run.statuses == [0], "\(run.output)")
    }

    /// The metrics under their unit's command, twice: a file that node_exporter reads.
    func checkMetrics() async throws {
        let metrics = try command(of: "gpha-metrics@.service", folder: place.path)
        let run = try await run([metrics, metrics, "cat \(place.path)/gpha-warehouse.prom"])
        #expect(run.statuses == [0, 0, 0], "\(run.output)")
        #expect(run.output.contains("\n# TYPE "), "\(run.output)")
        #expect(access("\(place.path)/gpha-warehouse.prom", F_OK) == 0)
    }

    /// The line for cron, in cron's environment: it prints something exactly where something is wrong.
    func checkCrontab() async throws {
        let lines = try LocalFiles.read("\(Self.packaging)/examples/crontab").split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.map(String.init)
        let settings = lines.filter { $0.first?.isLetter == true }
        let entries = lines.filter { $0.first?.isLetter == false }
        #expect(entries.count == 1)
        let command = try #require(entries.first).split(separator: " ", maxSplits: 5).last ?? ""
        let variables = settings.map(onThisCluster).map { $0.replacing("PATH=", with: "PATH=\(BuiltPrograms.debug):") }
        let cron =
            "env -i HOME=\"$HOME\" LOGNAME=\"$USER\" GP_SSH_CONFIG=\(cluster.secureShellConfiguration) "
            + (variables + [String(command)]).joined(separator: " ")
        let run = try await run([cron])
        let printed = run.output.split(separator: "\n").filter { !$0.hasPrefix("@@status ") }
        #expect(run.statuses.count == 1 && (0...2).contains(run.statuses[0]), "\(run.output)")
        #expect(printed.isEmpty == (run.statuses == [0]), "\(run.output)")
    }

    /// The script: roles are switched after a recovery, so it has something to do, and nothing the second time.
    func checkScript() async throws {
        let before = try await run(["gpstate -e -q"])
        #expect(before.statuses == [1], "\(before.output)")
        let script = "\(Self.packaging)/examples/recover-segments"
        let run = try await run([script, "gpstate -e", script])
        #expect(run.statuses == [0, 0, 0], "\(run.output)")
    }

    /// The hosts of the catalog, in the shells.
    func checkHostCompletion() async throws {
        let environment = cluster.environment
        for shell in CompletingShell.installed {
            for line in ["gprecoverseg -p sd", "gpinitstandby -s sd"] {
                let offered = try await shell.complete(line, environment: environment)
                // zsh writes what both have in common.
                let expected = shell == .zsh ? [line + "w"] : ["sdw1", "sdw2"]
                #expect(offered == expected, "\(shell): \(line)")
            }
            let demo = try await shell.complete("gpdemo exec --dir \(directory) scd", environment: [:])
            #expect(
                demo.map { $0.filter { $0 != " " } }
                    == (shell == .zsh ? ["gpdemoexec--dir\(directory)scdw"] : ["scdw"]))
        }
    }

    /// A name that is more than a name, and a coordinator that hangs: nothing is offered, and soon.
    func checkHostileCompletion() async throws {
        try await cluster.query(
            "UPDATE gp_segment_configuration SET hostname = '$(touch \(place.path)/hit)' WHERE dbid = 2")
        for shell in CompletingShell.installed {
            let offered = try await shell.complete("gprecoverseg -p ", environment: cluster.environment)
            #expect(!offered.contains { $0.contains("touch") }, "\(shell): \(offered)")
        }
        #expect(access("\(place.path)/hit", F_OK) != 0)
        try await cluster.query("UPDATE gp_segment_configuration SET hostname = 'sdw1' WHERE dbid = 2")
        let coordinator = try await cluster.instances()[0]
        let process = try #require(cluster.process(of: coordinator))
        kill(process, SIGSTOP)
        defer { kill(process, SIGCONT) }
        let start = ContinuousClock.now
        #expect(try await CompletingShell.bash.complete("gprecoverseg -p sd", environment: cluster.environment) == [])
        #expect(start.duration(to: .now) < .seconds(3))
    }
}
