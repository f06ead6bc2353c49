import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import RemoteShell
import Reporting
import TestClusters
import TestSupport
import Testing

extension RealClusters.ClusterTests {
    /// Each test breaks something, looks, and mends it; the catalog stays as it is meanwhile.
    @Suite("A part that is in trouble", .serialized)
    struct TroubleTests {
        /// What `--host-timeout 3` may cost in all.
        static let bound = Duration.seconds(6)

        private func states(_ run: FinishedProgram) throws -> [Int: String] {
            let pairs = try run.json()["pairs"].elements
            let instances = pairs.flatMap { [$0["primary"], $0["mirror"]] }
            return Dictionary(uniqueKeysWithValues: instances.map { ($0["dbid"].int ?? 0, $0["state"].string ?? "") })
        }

        @Test("a postmaster.pid that is gone is missed in -b and -s, and nowhere else")
        func missingPidFile() async throws {
            let shared = try SharedCluster.get()
            let primary = try await shared.instance(0, .primary)
            let file = primary.dataDirectory + "/postmaster.pid"
            try await shared.cluster.withoutFaultTolerance {
                rename(file, file + ".aside")
                defer { rename(file + ".aside", file) }
                let brief = try await shared.state("-b")
                #expect(brief.status == 0)
                #expect(brief.complaints.count == 4)
                #expect(brief.complaints.allSatisfy { $0.contains("= 1 ") && $0.hasSuffix("<<<<<<<<") })
                let detailed = try await shared.state("-s", "--json")
                #expect(detailed.status == 1)
                #expect(try states(detailed).filter { $0.value != "up" } == [primary.dbid.rawValue: "process_error"])
                let text = try await shared.state("-s")
                #expect(text.complaints.contains { $0.contains("= Not found ") })
                #expect(text.complaints.contains { $0.contains("= Process error -- database process may be down ") })
            }
        }

        @Test("a mirror that was killed leaves a stale postmaster.pid: its process is missed, its partner is up")
        func killedMirror() async throws {
            let shared = try SharedCluster.get()
            let mirror = try await shared.instance(1, .mirror)
            try await shared.cluster.withoutFaultTolerance {
                kill(try await shared.process(1, .mirror), SIGKILL)
                #expect(TextFile.read(mirror.dataDirectory + "/postmaster.pid") != "")
                let run = try await shared.state("-s", "--json")
                #expect(run.status == 1)
                let document = try run.json()
                let pair = document["pairs"][1]
                #expect(pair["mirror"]["state"].string == "process_error")
                #expect(
                    pair["mirror"]["pid_error"].string?.hasPrefix("Have lock file ") == true
                        && pair["mirror"]["pid_error"].string?.hasSuffix(
                            "/.s.PGSQL.\(mirror.port).lock but no process running on port \(mirror.port)") == true
                )
                #expect(try states(run).filter { $0.value != "up" } == [mirror.dbid.rawValue: "process_error"])
                let brief = try await shared.state("-b")
                #expect(
                    brief.complaints.map { $0.split(separator: " ").prefix(5).joined(separator: " ") }
                        == ["[WARNING]:-Total number postmaster processes missing"])
                try await shared.cluster.start(mirror)
            }
            try await shared.untilSynchronized()
        }

        @Test("a mirror that is marked down costs -Q, -m, -e and -s their status, until it is back")
        func downMirror() async throws {
            let shared = try SharedCluster.get()
            let mirror = try await shared.instance(2, .mirror)
            try await shared.cluster.stop(mirror)
            let end = ContinuousClock.now + .seconds(40)
            while try await shared.instance(2, .mirror).status == .up, ContinuousClock.now < end {
                _ = try? await shared.cluster.query("SELECT gp_request_fts_probe_scan()")
                try await Task.sleep(for: .milliseconds(200))
            }
            for mode in ["-Q", "-m", "-e", "-s"] { #expect(try await shared.state(mode).status == 1, "\(mode)") }
            for mode in ["-b", "-c", "-p", "-f", "-i", "-x"] {
                #expect(try await shared.state(mode).status == 0, "\(mode)")
            }
            let quick = try await shared.state("-Q")
            #expect(quick.records.contains { $0.hasSuffix("down segments, from configuration table   = 1") })
            #expect(quick.records.contains { $0.contains(mirror.dataDirectory) })
            let mirrors = try await shared.state("-m")
            #expect(mirrors.complaints.count == 2)
            #expect(mirrors.complaints.last == "[WARNING]:-1 segment(s) configured as mirror(s) have failed")
            let problems = try await shared.state("-e")
            #expect(problems.records.contains("[INFO]:-Unsynchronized Segment Pairs"))
            #expect(problems.records.contains { $0.hasSuffix("Down            Down in configuration") })
            try await shared.cluster.start(mirror)
            try await shared.untilSynchronized()
            #expect(try await shared.state("-e").status == 0)
        }

        @Test(
            "a hung primary costs the host timeout and its own rows",
            arguments: ["-s", "-e", "-b"])
        func hungPrimary(_ mode: String) async throws {
            let shared = try SharedCluster.get()
            let primary = try await shared.instance(0, .primary)
            let process = try await shared.process(0, .primary)
            try await shared.cluster.withoutFaultTolerance {
                try await shared.whileStopped([process]) {
                    let run = try await shared.state(mode, "--json", "--host-timeout", "3")
                    #expect(run.duration < Self.bound)
                    #expect(run.status == (mode == "-b" ? 0 : 1))
                    #expect(try states(run).filter { $0.value != "up" } == [primary.dbid.rawValue: "down"])
                    guard mode == "-e" else { return }
                    let text = try await shared.state(mode, "--host-timeout", "3")
                    let complaint = "[WARNING]:-could not query segment \(primary.dbid) (sdw1:\(primary.port))"
                    #expect(text.complaints == [complaint, complaint])
                }
            }
            #expect(try await shared.state("-e").status == 0)
        }

        @Test("a mirror whose postmaster hangs is down, although its WAL receiver streams on")
        func hungMirror() async throws {
            let shared = try SharedCluster.get()
            let mirror = try await shared.instance(0, .mirror)
            let process = try await shared.process(0, .mirror)
            try await shared.cluster.withoutFaultTolerance {
                try await shared.whileStopped([process]) {
                    let run = try await shared.state("-s", "--json", "--host-timeout", "3")
                    #expect(run.duration < Self.bound)
                    #expect(try states(run).filter { $0.value != "up" } == [mirror.dbid.rawValue: "down"])
                }
            }
            #expect(try await shared.state("-e").status == 0)
        }

        @Test(
            "a host whose sshd is gone or hangs costs its own rows, in the original's words", arguments: [false, true])
        func secureShell(hangs: Bool) async throws {
            let shared = try SharedCluster.get()
            let server = try shared.secureShell(of: "sdw2")
            let host = try #require(shared.cluster.hosts.first { $0.name == "sdw2" })
            if !hangs { kill(server, SIGTERM) }
            try await shared.cluster.withoutFaultTolerance {
                try await shared.whileStopped(hangs ? [server] : []) {
                    let run = try await shared.state("-s", "--host-timeout", "3")
                    #expect(run.status == 1)
                    #expect(run.duration < Self.bound)
                    let sentence = "Error getting status from host \(host.address)"
                    #expect(run.records.count { $0.contains("= \(sentence)") } == 4)
                    let unknown = run.complaints.count { $0.contains("Unknown -- unable to load segment status") }
                    #expect(unknown == 4)
                    #expect(run.records.count { $0.hasSuffix("= Up") } == 4 * 2 + 4)
                    let document = try await shared.state("-b", "--json", "--host-timeout", "3").json()
                    let failed = document["pairs"].elements.flatMap { [$0["primary"], $0["mirror"]] }
                        .filter { $0["fetched"] == .bool(false) }
                    #expect(failed.allSatisfy { $0["hostname"].string == "sdw2" } && failed.count == 4)
                    #expect(failed.allSatisfy { $0["fetch_error"].string == sentence })
                    let versions = try await shared.state("-i", "--host-timeout", "3")
                    #expect(versions.complaints.first == "[WARNING]:-\(sentence)", "\(versions.output)")
                    #expect(versions.complaints.count { $0.contains("unable to retrieve version") } == 4)
                    let reason = failed.first?["fetch_error_reason"].string ?? ""
                    #expect(reason.contains(hangs ? "did not come within 3" : "refused"), "\(reason)")
                }
            }
            try await shared.cluster.startHost("sdw2")
            #expect(try await shared.state("-e").status == 0)
        }

        @Test(
            "a host that swallows every packet costs the host timeout and its own rows",
            .enabled(if: SharedCluster.network == .namespaces, "hosts can be cut off in namespaces only, as root"),
            arguments: ["-s", "-e", "-b", "-i"])
        func blackHole(_ mode: String) async throws {
            let shared = try SharedCluster.get()
            try await shared.cluster.withoutFaultTolerance {
                try await shared.cluster.cutHost("sdw2")
                do {
                    let run = try await shared.state(mode, "--json", "--host-timeout", "3")
                    #expect(run.duration < Self.bound)
                    #expect(run.status == (["-s", "-e"].contains(mode) ? 1 : 0))
                    for instance in try run.json()["pairs"].elements.flatMap({ [$0["primary"], $0["mirror"]] }) {
                        let isReached = instance["hostname"].string == "sdw1"
                        #expect(instance["version"].isNull != isReached)
                        if mode != "-i" { #expect(instance["state"].string == (isReached ? "up" : "unknown")) }
                    }
                } catch {
                    try await shared.cluster.joinHost("sdw2")
                    throw error
                }
                try await shared.cluster.joinHost("sdw2")
            }
            try await shared.untilSynchronized()
        }
    }
}
