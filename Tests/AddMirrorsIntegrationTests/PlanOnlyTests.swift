import ClusterModel
import EmbeddedCluster
import RemoteShell
import TestSupport
import Testing

extension OnClusters.SmallCluster {
    @Suite struct PlanOnlyTests {
        @Test(arguments: [[], ["--json"]])
        func `a dry run writes nothing anywhere`(_ form: [String]) async throws {
            let cluster = try await TestCluster.fresh()
            let before = try await cluster.everythingWritable()
            let output = try await cluster.addMirrors(["--dry-run"] + form)
            #expect(output.status == 0, words(output))
            #expect(try await cluster.everythingWritable() == before)
            #expect(before.contains("mirror1"))
        }

        @Test func `the text of a dry run tells what is written and what the layout means`() async throws {
            let cluster = try await TestCluster.fresh()
            let text = try await cluster.addMirrors(["--dry-run"]).standardOutput
            let mirror = try #require(cluster.demo.state.layout.mirrorDirectories.first)
            for part in [
                "Mirror 2 of 2", "\(mirror)/gpseg0", "gp_segment_configuration: 2 row(s) added",
                "pg_hba.conf on sdw1", "host replication", "Two-host losses that stop the cluster   = 1 of 1",
            ] {
                #expect(text.contains(part), "\(part)\n\(text)")
            }
        }

        @Test func `with --json standard output is one document and the log is on standard error`() async throws {
            let cluster = try await TestCluster.fresh()
            let output = try await cluster.addMirrors(["--dry-run", "--json"])
            let plan = PlanDocument(cluster: cluster, text: output.standardOutput)
            #expect(try await plan.value("d->>'schema' || (d->>'tool') || (d->>'kind')") == "1gpaddmirrorsplan")
            #expect(try await plan.value("jsonb_array_length(d->'mirrors')") == "2")
            #expect(try await plan.value("d->'problems'") == "[]")
            #expect(output.standardError.contains("Starting gpaddmirrors with args"))
            #expect(!output.standardOutput.contains("[INFO]"))
        }

        @Test func `a written layout read back gives the same plan`() async throws {
            let cluster = try await TestCluster.fresh()
            let file = "\(cluster.demo.directory)/home/layout"
            let written = try await cluster.addMirrors(["-o", file])
            #expect(written.status == 0, words(written))
            let computed = try await PlanDocument.dryRun(cluster).mirrors()
            let read = try await PlanDocument.dryRun(cluster, ["-i", file]).mirrors()
            // The file has addresses only; they stand for the hosts' names too, as in the original.
            #expect(read.map(Self.withoutHost) == computed.map(Self.withoutHost))
            #expect(computed.count == 2)
            #expect(try await cluster.leftovers() == [])
        }

        private static func withoutHost(_ line: String) -> String {
            var fields = line.split(separator: "|")
            fields.remove(at: 2)
            return fields.joined(separator: "|")
        }

        @Test func `mirrors go where a file of one's own says`() async throws {
            let cluster = try await TestCluster.fresh()
            let own = "\(cluster.demo.directory)/own place"
            let hosts = cluster.demo.state.layout.segmentHosts
            let port = cluster.demo.state.layout.portBase + 2_500
            let file = "\(cluster.demo.directory)/home/custom"
            let lines = """
                # content|address|port|data directory
                0|\(hosts[1].address)|\(port)|\(own)/zero

                1|\(hosts[0].address)|\(port + 1)|\(own)/it's one
                """
            try await cluster.shell("rm -rf \"$3\"; printf '%s' \"$2\" > \"$1\"", [file, lines, own])
            let output = try await cluster.addMirrors(["-i", file, "--wait=60"])
            #expect(output.status == 0, words(output))
            let mirrors = try await cluster.mirrors()
            #expect(mirrors.map(\.dataDirectory) == ["\(own)/zero", "\(own)/it's one"])
            #expect(mirrors.map(\.port) == [port, port + 1])
            #expect(mirrors.map(\.address) == [hosts[1].address, hosts[0].address])
        }

        @Test func `directories are asked for line by line where no file names them`() async throws {
            let cluster = try await TestCluster.fresh()
            let directory = try #require(cluster.demo.state.layout.mirrorDirectories.first)
            let output = try await cluster.tool(["-a", "--wait=60"], input: "\nrelative\n\(directory)/asked/\n")
            #expect(output.status == 0, words(output))
            #expect(output.standardOutput.contains("Enter mirror segment data directory location 1 of 1 >"))
            #expect(
                output.standardOutput.contains("Path entered is invalid; it must be a full path.  Path: 'relative'"))
            #expect(try await cluster.mirrors().allSatisfy { $0.dataDirectory.hasPrefix("\(directory)/asked/gpseg") })
            try await cluster.expectSynchronized()
        }
    }
}

extension TestCluster {
    /// What a run could write: catalog, slots, settings, files, directories with the times of their last change.
    func everythingWritable() async throws -> String {
        let script = """
            cd "$1" || exit
            { find mirror* -printf '%p %y %m %U %i %T@\\n'
              find hosts/*/*/gpseg* -maxdepth 1 \\( -name '*.conf*' -o -name '*gpha*' -o -name '*.copy*' \\
                -o -name '*.lock*' -o -name '*.signal' \\) -printf '%p %y %m %U %i %T@\\n'; } | sort
            cksum hosts/*/*/gpseg*/*.conf
            """
        var text = try await shell(script, [demo.directory]).standardOutput
        text += try await rows().map(\.catalogForm).joined(separator: "\n")
        text += try await value("SELECT count(*) FROM pg_catalog.gp_configuration_history")
        for primary in primaries {
            text += try await value("SELECT count(*) FROM pg_replication_slots", on: primary)
            text += try await value(
                "SELECT string_agg(name || setting, ',' ORDER BY name) FROM pg_settings WHERE source LIKE '%file'",
                on: primary)
        }
        return text
    }
}
