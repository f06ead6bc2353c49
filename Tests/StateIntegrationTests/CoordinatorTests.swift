import ClusterModel
import ClusterOperations
import EmbeddedCluster
import Glibc
import PostgresClient
import RemoteShell
import Reporting
import TestClusters
import TestSupport
import Testing

extension RealClusters.ClusterTests {
    @Suite("A coordinator that cannot be asked", .serialized)
    struct CoordinatorTests {
        /// The one complaint of a run that ended with 2 and printed no report.
        private func refusal(_ run: FinishedProgram) -> String {
            #expect(run.status == 2)
            #expect(run.error == "")
            let complaints = run.complaints
            #expect(!complaints.isEmpty && complaints.dropFirst().allSatisfy { $0.contains("]:-hint: ") })
            #expect(!run.records.contains { $0.contains("Gathering data") })
            return complaints.first ?? ""
        }

        @Test("because it is stopped ends with 2 and the original's text")
        func stopped() async throws {
            let shared = try SharedCluster.get()
            let coordinator = try await shared.instance(-1, .primary)
            try await shared.cluster.withoutFaultToleranceProgram {
                try await shared.cluster.stop(coordinator)
                for mode in ["-s", "-Q", "-e"] {
                    let run = try await shared.state(mode)
                    #expect(
                        refusal(run)
                            == "[CRITICAL]:-gpstate failed. "
                            + "(Reason='Greenplum database appears to be stopped') exiting...")
                    #expect(!run.records.contains { $0.contains("Greenplum Version") })
                }
                try await shared.cluster.start(coordinator)
            }
        }

        @Test("because it hangs ends with 2 within --timeout, after --retries tries")
        func hung() async throws {
            let shared = try SharedCluster.get()
            let process = try await shared.process(-1, .primary)
            let database = TestEngine.current.facts.database
            try await shared.cluster.withoutFaultTolerance {
                try await shared.whileStopped([process]) {
                    let run = try await shared.state("-Q", "--timeout", "2", "--retries", "2")
                    #expect(run.status == 2)
                    #expect(run.duration > .seconds(3.5) && run.duration < .seconds(8))
                    #expect(
                        run.complaints == [
                            "[WARNING]:-Timeout expired connecting to \(database), attempt 1/2",
                            "[WARNING]:-Timeout expired connecting to \(database), attempt 2/2",
                            "[CRITICAL]:-gpstate failed. (Reason='Failed to connect to \(database)') exiting...",
                        ])
                }
            }
        }

        @Test(
            "because PGHOST leads elsewhere ends with 2 and one record",
            arguments: [
                "192.0.2.1.invalid", "/no/such/socket", "-oProxyCommand=touch hit", "$(touch hit)", "a b", "'\"",
                "host=cdw",
            ])
        func wrongHost(_ host: String) async throws {
            let shared = try SharedCluster.get()
            let run = try await shared.state("-Q", "--timeout", "2", changes: ["PGHOST": host])
            #expect(refusal(run).hasPrefix("[CRITICAL]:-gpstate failed. (Reason='"))
            #expect(try await shared.shell("ls \"$HOME\"").contains("hit") == false)
        }

        @Test(
            "is found whatever PGPORT, PGDATABASE, PGOPTIONS and an empty PGHOST say",
            arguments: [
                ["PGPORT": "1"], ["PGPORT": "x"], ["PGPORT": ""], ["PGPORT": "99999999"], ["PGDATABASE": "none"],
                ["PGOPTIONS": "-c search_path=public -c statement_timeout=1"],
                ["PGHOST": ""], ["PGHOST": nil, "PGPORT": nil, "PGUSER": nil, "PGDATABASE": nil],
            ])
        func oddVariables(_ changes: [String: String?]) async throws {
            let run = try await SharedCluster.get().state("-Q", changes: changes)
            #expect(run.status == 0, "\(run.output)\(run.error)")
        }

        @Test("because no data directory is set ends with 2 and the original's text")
        func unset() async throws {
            let shared = try SharedCluster.get()
            for value in ["", nil] as [String?] {
                let run = try await shared.state("-s", changes: ["COORDINATOR_DATA_DIRECTORY": value])
                #expect(
                    refusal(run)
                        == "[CRITICAL]:-gpstate failed. "
                        + "(Reason='Environment Variable COORDINATOR_DATA_DIRECTORY not set!') exiting...")
            }
            let directory = try await shared.instance(-1, .primary).dataDirectory
            let old = ["COORDINATOR_DATA_DIRECTORY": "", "MASTER_DATA_DIRECTORY": directory]
            #expect(try await shared.state("-Q", changes: old).status == 0)
            for option in ["-d", "--coordinator_data_directory", "--master-data-directory"] {
                #expect(
                    try await shared.state("-Q", option, directory, changes: old.mapValues { _ in "/x" }).status == 0)
            }
        }

        @Test("because the data directory is none ends with 2 and names the file")
        func wrongDirectory() async throws {
            let shared = try SharedCluster.get()
            let scratch = try await shared.scratch()
            for (path, named) in [
                ("/no/such/directory", "'/no/such/directory/postgresql.conf'"),
                (scratch, "'\(scratch)/postgresql.conf'"), ("/etc/hosts", "'/etc/hosts/postgresql.conf'"),
                ("/dev/null", "'/dev/null/postgresql.conf'"), ("relative", "'"),
            ] {
                #expect(refusal(try await shared.state("-s", "-d", path)).contains(named), "\(path)")
            }
            try await shared.shell("touch \"$1/postgresql.conf\"", scratch)
            #expect(refusal(try await shared.state("-s", "-d", scratch)).contains("'\(scratch)/PG_VERSION'"))
        }

        @Test("because nobody listens at its port ends with 2 and names the port")
        func wrongPort() async throws {
            let shared = try SharedCluster.get()
            let scratch = try await shared.scratch()
            let port = try Loopback.freePort()
            try await shared.shell(
                """
                cd "$1" && touch postgresql.conf && echo 15 > PG_VERSION && echo /bin/postgres > postmaster.opts &&
                printf '1\n%s\n1\n%s\n\n127.0.0.1\n' "$1" "$2" > postmaster.pid
                """, scratch, "\(port)")
            let complaint = refusal(try await shared.state("-s", "-d", scratch, changes: ["PGHOST": nil]))
            #expect(complaint.contains("port \(port) failed"), "\(complaint)")
        }

        @Test(
            "because its version is not supported ends with 2 and says which are",
            arguments: ["9.4", "11", "14", "x", ""])
        func version(_ version: String) async throws {
            let shared = try SharedCluster.get()
            let scratch = try await shared.scratch()
            try await shared.shell("touch \"$1/postgresql.conf\"; echo \"$2\" > \"$1/PG_VERSION\"", scratch, version)
            let run = try await shared.state("-s", "-d", scratch)
            #expect(refusal(run).contains("server version '\(version)' in PG_VERSION is not supported"))
        }
    }
}
