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
    @Suite("A healthy cluster", .serialized)
    struct HealthyTests {
        static let modes = [
            "-b", "-s", "-e", "-m", "-c", "-Q", "-p", "-i", "-f", "-x", "--segmentStatusPipeSeparatedForTableUse",
            "--printSampleExternalTableSql",
        ]

        @Test("is reported by every mode with status 0, without a warning, in the committed words", arguments: modes)
        func text(_ mode: String) async throws {
            let shared = try SharedCluster.get()
            let run = try await shared.state(mode)
            #expect(run.status == 0)
            #expect(run.error == "")
            #expect(run.complaints == [])
            let lines = try await NormalForm(shared).lines(run)
            let name = "gpstate" + (mode.hasPrefix("--") ? "-" + mode.dropFirst(2) : mode)
            #expect(lines == (try Golden.lines(name, recording: lines)))
        }

        @Test("without a mode is reported as by -b")
        func defaultMode() async throws {
            let shared = try SharedCluster.get()
            let plain = try await shared.state()
            let brief = try await shared.state("-b")
            #expect(Array(plain.records.dropFirst()) == Array(brief.records.dropFirst()))
            #expect(plain.records.first == "[INFO]:-Starting gpstate with args: ")
        }

        @Test("is up everywhere in -s, and the labels are the original's")
        func detailed() async throws {
            let shared = try SharedCluster.get()
            let run = try await shared.state("-s")
            #expect(run.records.count { $0.hasSuffix("= Up") } == 16)
            #expect(run.records.count { $0.hasSuffix("= Streaming") } == 4)
            // The original's recording has a standby and three contents; a pair's labels are the same everywhere.
            let sample = Golden.labels(ofSample: "gpstate-s").filter { $0 != "[INFO]:-   Standby coordinator state" }
            let labels = Golden.labels(run.records)
            let head = sample.prefix { !$0.hasSuffix("Hostname") }
            #expect(Array(labels.prefix { !$0.hasSuffix("Hostname") }) == Array(head))
            let pair = (sample.count - head.count) / 3
            let original = Array(sample.dropFirst(head.count).prefix(pair))
            let own = labels.dropFirst(head.count)
            #expect(own.count == 4 * pair)
            for number in 0..<4 { #expect(Array(own.dropFirst(number * pair).prefix(pair)) == original) }
        }

        @Test("has one version for both of -s, that of the server")
        func versions() async throws {
            let shared = try SharedCluster.get()
            let answer = try await shared.cluster.query("SHOW server_version")
            let version = try #require(answer.rows.first?.first.flatMap { $0 })
            let records = try await shared.state("-s").records
            // Greenplum has a version of its own beside PostgreSQL's.
            let labels = TestEngine.isGreenplum ? [] : ["Greenplum initsystem version"]
            for label in labels + ["Postgres version"] {
                let line = try #require(records.first { $0.contains("   \(label) ") })
                #expect(line.hasSuffix("= \(version)"), "\(line)")
            }
        }

        @Test("has the values of -s and -b in one column each")
        func columns() async throws {
            let shared = try SharedCluster.get()
            for mode in ["-s", "-b"] {
                let lines = try await shared.state(mode).records.filter { $0.hasPrefix("[INFO]:-   ") }
                let tables = [
                    lines.filter { $0.hasPrefix("[INFO]:-      ") }, lines.filter { !$0.hasPrefix("[INFO]:-      ") },
                ]
                for table in tables {
                    let offsets = table.compactMap { line in
                        line.firstRange(of: " = ").map { line.distance(from: line.startIndex, to: $0.lowerBound) }
                    }
                    #expect(Set(offsets).count == (offsets.isEmpty ? 0 : 1), "\(mode): \(offsets)")
                }
            }
        }

        @Test("is one JSON document on standard output in every mode, the log on standard error", arguments: modes)
        func json(_ mode: String) async throws {
            let shared = try SharedCluster.get()
            let run = try await shared.state(mode, "--json")
            #expect(run.status == 0)
            let document = try run.json()
            #expect(document["schema"].int == 1)
            #expect(document["tool"].string == "gpstate")
            let expected = try #require(DocumentedMembers.modes[mode])
            #expect(document["mode"].string == expected.name)
            #expect(document.names == DocumentedMembers.frame + expected.members)
            #expect(document["exit_status"].int == 0)
            #expect(document["mirror_layout"].string == "group")
            #expect(document["pairs"].elements.map { $0["content"].int } == [0, 1, 2, 3])
            for instance in [document["coordinator"]]
                + document["pairs"].elements.flatMap({ [$0["primary"], $0["mirror"]] })
            {
                #expect(instance.names == DocumentedMembers.catalog + expected.instance)
            }
            #expect(run.errorRecords.first == "[INFO]:-Starting gpstate with args: \(mode) --json")
            #expect(run.errorRecords.allSatisfy { $0.hasPrefix("[INFO]:-") })
        }
    }
}

/// The members that docs/json.md names.
enum DocumentedMembers {
    struct Mode: Sendable {
        let name: String
        var members: [String] = []
        var instance: [String] = []
    }

    static let frame = ["schema", "tool", "mode", "exit_status", "mirror_layout", "coordinator", "standby", "pairs"]
    static let catalog = [
        "dbid", "content", "role", "preferred_role", "mode", "status", "hostname", "address", "port", "datadir",
    ]
    private static let fetch = ["fetched", "fetch_error", "fetch_error_reason"]
    private static let full =
        fetch + [
            "pid", "pid_error", "pid_file", "lock_file", "database_status", "state", "warnings", "version",
        ]

    static let modes: [String: Mode] = [
        "-b": Mode(name: "brief", members: ["summary"], instance: full),
        "-s": Mode(name: "detailed", members: ["coordinator_session", "summary"], instance: full),
        "-e": Mode(name: "problems", members: ["recoveries", "double_faults", "summary"], instance: full),
        "-m": Mode(name: "mirrors", members: ["summary"]),
        "-c": Mode(name: "mapping", members: ["summary"]),
        "-Q": Mode(name: "quick", members: ["summary"]),
        "-p": Mode(name: "ports"),
        "-i": Mode(name: "versions", members: ["summary"], instance: fetch + ["version"]),
        "-f": Mode(name: "standby", members: ["standby_replication", "standby_stream", "summary"]),
        "-x": Mode(name: "expansion", members: ["expansion"]),
        "--segmentStatusPipeSeparatedForTableUse": Mode(name: "segment-rows", instance: full),
        "--printSampleExternalTableSql": Mode(name: "sample-table", members: ["sql"]),
    ]
}
